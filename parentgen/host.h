/* SPDX-License-Identifier: ISC */
/* host: what can be seen of this host, to be offered as answers. */
#ifndef PARENTGEN_HOST_H
#define PARENTGEN_HOST_H

#include <stddef.h>

/* The first label of the host's name, or "". */
void host_id(char *text, size_t size);

/* The addresses under which the world may reach it, separated by spaces, or "". */
void host_addresses(char *text, size_t size);

/* The URL of the web server that accepts connections on it, or NULL. */
const char *host_url(void);

#endif
