/* SPDX-License-Identifier: ISC */
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* No source location in the journal: it would be that of this file. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

/* $JOURNAL_STREAM names the device and inode that stderr has when it leads to the journal
 * (systemd.exec(5)); after a redirection it does not match. */
bool journal_is_stderr(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

bool journal_send(const struct iovec *fields, size_t n)
{
    return sd_journal_sendv(fields, (int)n) >= 0;
}
