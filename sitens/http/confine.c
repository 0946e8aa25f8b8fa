/* SPDX-License-Identifier: ISC */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0 /* a sanitizer needs far more memory, and its own files in /proc */
#endif

/* The arguments of mmap are in memory there, where no filter sees them. */
#ifdef __s390x__
#define MMAP_IN_MEMORY 1
#else
#define MMAP_IN_MEMORY 0
#endif

enum {
    MEMORY_MAX = 256 * 1024 * 1024, /* a thousand HTTPS requests at a time */
    DESCRIPTORS_MAX = 4096,
};

/* What headers older than the kernel lack: <linux/landlock.h> as of version 6. */
struct ruleset {
    uint64_t handled_access_fs, handled_access_net, scoped;
};

#define FS_FIRST    ((1ULL << 13) - 1)          /* version 1 */
#define FS_REFER    (1ULL << 13)                /* 2 */
#define FS_TRUNCATE (1ULL << 14)                /* 3 */
#define FS_IOCTL    (1ULL << 15)                /* 5 */
#define NET_BIND    (1ULL << 0)                 /* 4; where it connects to only sitens knows */
#define SCOPES      ((1ULL << 0) | (1ULL << 1)) /* 6: abstract sockets and signals */

/* What libcurl and OpenSSL read: configuration, modules, and where distributions keep certificates
 * that the links in the other places lead to. */
static const char *const readable[] = {"/usr",
                                       "/etc/ssl",
                                       "/etc/pki",
                                       "/etc/crypto-policies",
                                       "/etc/ca-certificates",
                                       "/var/lib/ca-certificates"};

__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size,
                                                         const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;

    if (used && used + 2 < size)
        used += (size_t)snprintf(text + used, size - used, ", ");
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

static struct rlimit at_most(struct rlimit now, rlim_t most)
{
    now.rlim_max = now.rlim_max < most ? now.rlim_max : most;
    now.rlim_cur = now.rlim_max;
    return now;
}

/* No function, for which the C libraries differ in the type of a resource. */
#define LIMIT(resource, most)                                                                      \
    do {                                                                                           \
        struct rlimit now;                                                                         \
                                                                                                   \
        if (getrlimit(resource, &now) == 0) {                                                      \
            now = at_most(now, most);                                                              \
            setrlimit(resource, &now);                                                             \
        }                                                                                          \
    } while (0)

void confine_resources(void)
{
    if (!SANITIZED)
        LIMIT(RLIMIT_DATA, MEMORY_MAX);
    LIMIT(RLIMIT_NOFILE, DESCRIPTORS_MAX);
    LIMIT(RLIMIT_CORE, 0); /* a core holds what was received, if nothing worse */
    LIMIT(RLIMIT_FSIZE, 0);
}

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

static int make_ruleset(int version)
{
    const struct ruleset all = {
        .handled_access_fs = FS_FIRST | (version >= 2 ? FS_REFER : 0) |
                             (version >= 3 ? FS_TRUNCATE : 0) | (version >= 5 ? FS_IOCTL : 0),
        .handled_access_net = version >= 4 ? NET_BIND : 0,
        .scoped = version >= 6 ? SCOPES : 0,
    };

    /* Kernels accept members that they do not know if these are zero. */
    return (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
}

/* Whether a directory that everybody may list is out of reach. */
static bool is_confined(void)
{
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == EACCES;
}

unsigned confine_files(const struct trust *trust, char *lacks, size_t size)
{
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, 1U /* only ask for that */);
    int ruleset = version > 0 ? make_ruleset(version) : version;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
        append(lacks, size, "no_new_privs (%s)", strerror(errno));
    if (prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) < 0)
        append(lacks, size, "not dumpable (%s)", strerror(errno));
    if (ruleset < 0) {
        append(lacks, size, "no Landlock (%s)", strerror(errno));
        return 0;
    }
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++)
        allow(ruleset, readable[i]);
    for (size_t i = 0; i < trust->n; i++)
        allow(ruleset, trust->at[i].path);
    if (SANITIZED)
        allow(ruleset, "/proc/self");
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0) {
        append(lacks, size, "no Landlock (%s)", strerror(errno));
        version = 0;
    } else if (!is_confined()) {
        append(lacks, size, "Landlock without effect");
        version = 0;
    }
    close(ruleset);
    return (unsigned)version;
}

/* Calls that may be made whatever their arguments are. Those that this architecture does not have
 * are no fault: one with 32 bits has some that end in 64 or 32 in place of others. */
static const int calls[] = {
    /* its sockets, and files that are open */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(recv),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(send),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(connect),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),
    SCMP_SYS(ioctl),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(getdents64),
    /* names of files, and what Landlock lets it see of them */
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64),
    SCMP_SYS(stat),
    SCMP_SYS(stat64),
    SCMP_SYS(lstat),
    SCMP_SYS(lstat64),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    /* memory, and threads of which there is one */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(sched_yield),
    SCMP_SYS(membarrier),
    /* time, random numbers, and who it is */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(getuid32),
    SCMP_SYS(geteuid),
    SCMP_SYS(geteuid32),
    SCMP_SYS(getgid),
    SCMP_SYS(getgid32),
    SCMP_SYS(getegid),
    SCMP_SYS(getegid32),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrusage),
    /* signals that it gets, and its end */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Those of which one argument matters. Returns 0 or -errno. */
static int allow_some(scmp_filter_ctx filter)
{
    const uint64_t writes = O_ACCMODE | O_CREAT | O_TRUNC;
    const uint64_t executable = SANITIZED ? 0 : PROT_EXEC;
    const struct {
        int call;
        struct scmp_arg_cmp argument;
    } some[] = {
        {SCMP_SYS(openat), {2, SCMP_CMP_MASKED_EQ, writes, O_RDONLY}},
        {SCMP_SYS(open), {1, SCMP_CMP_MASKED_EQ, writes, O_RDONLY}},
        {SCMP_SYS(mmap), {2, SCMP_CMP_MASKED_EQ, MMAP_IN_MEMORY ? 0 : executable, 0}},
        {SCMP_SYS(mmap2), {2, SCMP_CMP_MASKED_EQ, executable, 0}},
        {SCMP_SYS(mprotect), {2, SCMP_CMP_MASKED_EQ, executable, 0}},
        {SCMP_SYS(tgkill), {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0}}, /* abort() */
        {SCMP_SYS(socket), {0, SCMP_CMP_EQ, AF_UNIX, 0}},
        {SCMP_SYS(socket), {0, SCMP_CMP_EQ, AF_INET, 0}},
        {SCMP_SYS(socket), {0, SCMP_CMP_EQ, AF_INET6, 0}},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof some / sizeof *some; i++)
        r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, some[i].call, 1, &some[i].argument);
    return r;
}

void confine_calls(char *lacks, size_t size)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int r = filter ? allow_some(filter) : -ENOMEM;

    for (size_t i = 0; r == 0 && i < sizeof calls / sizeof *calls; i++)
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    if (r == 0)
        r = seccomp_load(filter);
    if (r < 0)
        append(lacks, size, "no filter of system calls (%s)", strerror(-r));
    seccomp_release(filter);
}
