/* SPDX-License-Identifier: ISC */
/*
 * endpoints: the addresses and ports to answer on.
 */
#ifndef SITENS_CONTROL_ENDPOINTS_H
#define SITENS_CONTROL_ENDPOINTS_H

#include "generation.h"
#include "listeners.h"
#include "options.h"

/*
 * The endpoints for a generation: those of the command line, where the wildcard stands for every
 * address of the host in its family; else the addresses of the site in each zone
 * (self_listen_addresses()), port 53. ret has room for LISTENERS_MAX + 1. Returns how many there
 * are; more than LISTENERS_MAX are not used, with a warning.
 */
size_t endpoints_wanted(const struct server_options *options, const struct generation *generation,
                        const struct self_host *host, struct endpoint *ret);

#endif
