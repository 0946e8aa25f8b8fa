/* SPDX-License-Identifier: ISC */
/*
 * name: host names as the site file has them: once they are read in lower case, without a final
 * dot.
 */
#ifndef SITENS_CONF_NAME_H
#define SITENS_CONF_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the first length octets of text are a host name, in any case and without a final dot: RFC
 * 952 and RFC 1123 section 2.1: letters, digits and inner hyphens; 63 octets a label. */
bool name_is_well_formed(const char *text, size_t length);

/* Whether name lies below ancestor. */
bool name_is_below(const char *name, const char *ancestor);

/* Whether name is ancestor or lies below it. */
bool name_is_within(const char *name, const char *ancestor);

size_t name_labels(const char *name);

/* Why a well-formed host name is of no use anywhere, a static text that completes "NAME ..."; NULL:
 * it may be. */
const char *name_objection(const char *name);

#endif
