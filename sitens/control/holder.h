/* SPDX-License-Identifier: ISC */
/*
 * holder: which process has a port that we were refused.
 */
#ifndef SITENS_CONTROL_HOLDER_H
#define SITENS_CONTROL_HOLDER_H

#include <stddef.h>

#include "conf/conf.h"

struct holder {
    unsigned long inode; /* of its socket; 0: nobody has the port */
    char name[48]; /* "unbound (pid 412)"; "": not visible from here. Root sees it, the service
                    * in its sandbox does not. */
};

/* Finds who has each of the n endpoints over UDP or TCP, as far as the system tells. One look at
 * all sockets and processes, however many endpoints there are. */
void holder_find(const struct endpoint *endpoints, size_t n, struct holder *ret);

#endif
