/* SPDX-License-Identifier: ISC */
/* directories: where the daemon's own files are, as the service manager says (systemd.exec(5)). */
#ifndef SITENS_CONTROL_DIRECTORIES_H
#define SITENS_CONTROL_DIRECTORIES_H

#include <stdlib.h>

/* Of state files, metrics and the socket of sitensctl. */
static inline const char *directories_run_time(void)
{
    const char *directory = getenv("RUNTIME_DIRECTORY");

    return directory ? directory : "/run/sitens";
}

/* Of what outlives a restart. */
static inline const char *directories_state(void)
{
    const char *directory = getenv("STATE_DIRECTORY");

    return directory ? directory : "/var/lib/sitens";
}

#endif
