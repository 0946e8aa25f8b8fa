/* SPDX-License-Identifier: ISC */
/*
 * url: where an HTTP check goes.
 *
 * The host of the URL must be an address or "localhost": a health check that needs the DNS would
 * fail with the resolver, and might reach another site by the very name it guards.
 */
#ifndef SITENS_CONF_URL_H
#define SITENS_CONF_URL_H

#include "conf.h"

/* Parses http://ADDRESS[:PORT]/PATH, https://…, or unix:/SOCKET[:/PATH]. Returns 0 and owned
 * strings in *ret, released with url_done(); VALUE_MALFORMED when text is none of these; or
 * -ENOMEM. */
int url_parse(const char *text, struct conf_url *ret);

void url_done(struct conf_url *url);

#endif
