/* SPDX-License-Identifier: ISC */
/*
 * host_options: the options that the service has on this host, for who tries out by hand what the
 * service would do.
 *
 * They are in the file that the unit names as EnvironmentFile=, on one line:
 *
 *     SITENS_OPTIONS=--site dc2 --listen 10.0.0.5
 */
#ifndef SITENS_CONTROL_HOST_OPTIONS_H
#define SITENS_CONTROL_HOST_OPTIONS_H

#include <stdbool.h>

#include "conf/input.h"

enum { HOST_OPTIONS_WORDS_MAX = 64, HOST_OPTIONS_LINE_MAX = 4096 };

struct host_options {
    int argc;
    char *argv[HOST_OPTIONS_WORDS_MAX + 1]; /* the path comes first, as a program would */
    char text[HOST_OPTIONS_LINE_MAX];       /* what argv points to */
    char line[HOST_OPTIONS_LINE_MAX];       /* the options as they are written, without quotes */
};

/*
 * Reads them from the file at path; none if it does not exist. Splits them at white space, as
 * systemd does; quotes around all of them are left out, others are not understood. False: why,
 * INPUT_WHY_MAX octets, says what is wrong.
 */
bool host_options_read(char *path, struct host_options *ret, char *why);

#endif
