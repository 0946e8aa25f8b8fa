/* SPDX-License-Identifier: ISC */
/*
 * holder: which process has a port that we were refused.
 */
#ifndef SITENS_CONTROL_HOLDER_H
#define SITENS_CONTROL_HOLDER_H

#include <stddef.h>

#include "conf/conf.h"

/* Writes the name and pid of the process that holds endpoint over UDP or TCP, such as
 * "systemd-resolve (pid 412)", or "" when that is not visible from here (it is to root). */
void holder_find(const struct endpoint *endpoint, char *ret, size_t size);

#endif
