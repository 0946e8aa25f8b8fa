/* SPDX-License-Identifier: ISC */
/*
 * holder: which process has a port that we were refused.
 */
#ifndef SITENS_CONTROL_HOLDER_H
#define SITENS_CONTROL_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

/* Whether a process holds endpoint over UDP or TCP, as far as the system tells. Writes its name and
 * pid, such as "systemd-resolve (pid 412)", or "" when that is not visible from here: root sees it,
 * the service in its sandbox does not. */
bool holder_find(const struct endpoint *endpoint, char *ret, size_t size);

#endif
