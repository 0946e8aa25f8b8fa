/* SPDX-License-Identifier: ISC */
#include "confine.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What libcurl and OpenSSL read: configuration, certificates, modules; and what the reports of
 * sanitizers need. */
static const char *const readable[] = {"/usr", "/etc/ssl", "/etc/pki", "/etc/crypto-policies",
                                       "/proc/self"};

static void allow(int ruleset, const char *path)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};
    struct stat status;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return;
    if (fstat(rule.parent_fd, &status) == 0 && S_ISDIR(status.st_mode))
        rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

void confine(const char *ca_file)
{
    const struct landlock_ruleset_attr all = {
        .handled_access_fs = 2 * LANDLOCK_ACCESS_FS_MAKE_SYM - 1, /* what the first version knows */
    };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);

    prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
    if (ruleset < 0)
        return;
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++)
        allow(ruleset, readable[i]);
    if (ca_file)
        allow(ruleset, ca_file);
    syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
}
