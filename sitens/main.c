/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <sodium/core.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/dns.h"
#include "conf/value.h"
#include "control/host_options.h"
#include "control/inspect.h"
#include "control/server.h"
#include "log.h"

enum mode { MODE_RUN, MODE_TEST, MODE_PRINT };

static const char usage[] =
    "usage: sitens [OPTION]... [FILE|DIRECTORY]...\n"
    "Answer for one delegated name with this site's own address, as long as the local web\n"
    "server passes its check. Reads every *.conf of /etc/sitens when no FILE is given.\n"
    "\n"
    "  -s, --site ID              which site of the files this host is\n"
    "  -l, --listen ADDR[@PORT]   answer there (repeatable); default: this site's addresses\n"
    "  -w, --workers N            threads that answer queries; default 1\n"
    "  -r, --rrl N                answers a second to one network, 0: no limit; default "
    "%d\n"
    "  -m, --metrics FILE         write metrics there; default $RUNTIME_DIRECTORY/sitens.prom\n"
    "  -t, --test                 read everything, say what would be served, and exit\n"
    "  -p, --print-zone           print the zone this site would answer, and exit\n"
    "  -v, --verbose              log more\n"
    "  -V, --version              print the version\n"
    "  -h, --help                 print this text\n"
    "\n"
    "See sitens(8) and sitens.conf(5).\n";

enum {
    RATE_DEFAULT = 1000,
    LARGE_BLOCK = 16 * 1024, /* octets; more than a connection takes */
};

static const struct option long_options[] = {
    {"site", required_argument, NULL, 's'},
    {"listen", required_argument, NULL, 'l'},
    {"workers", required_argument, NULL, 'w'},
    {"metrics", required_argument, NULL, 'm'},
    {"rrl", required_argument, NULL, 'r'},
    {"test", no_argument, NULL, 't'},
    {"print-zone", no_argument, NULL, 'p'},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static char *const default_paths[] = {"/etc/sitens"};
static const struct server_options defaults = {
    .paths = default_paths, .n_paths = 1, .workers = 1, .rate = RATE_DEFAULT};

static void bad_usage(const char *option, const char *value, const char *allowed)
{
    fprintf(stderr, "sitens: --%s %s: must be %s\n", option, value, allowed);
    exit(EX_USAGE);
}

static void add_listen(struct server_options *o, const char *text)
{
    if (o->n_listen == SERVER_LISTEN_MAX ||
        !endpoint_parse(text, DNS_PORT, &o->listen[o->n_listen]))
        bad_usage("listen", text, "ADDRESS or ADDRESS@PORT, at most 64 of them");
    o->n_listen++;
}

static enum mode parse(int argc, char **argv, struct server_options *o, bool *verbose)
{
    enum mode mode = MODE_RUN;
    uint32_t number;
    int c;

    optind = 0; /* from the beginning */
    while ((c = getopt_long(argc, argv, "s:l:w:m:r:tpvVh", long_options, NULL)) != -1)
        switch (c) {
        case 's':
            o->site = optarg;
            break;
        case 'l':
            add_listen(o, optarg);
            break;
        case 'w':
            if (!value_number(optarg, 1, CONF_WORKERS_MAX, &number))
                bad_usage("workers", optarg, "a number from 1 to 64");
            o->workers = number;
            break;
        case 'm':
            o->metrics = optarg;
            break;
        case 'r':
            if (!value_number(optarg, 0, 1000000, &o->rate))
                bad_usage("rrl", optarg, "a number from 0 to 1000000");
            break;
        case 't':
            mode = MODE_TEST;
            break;
        case 'p':
            mode = MODE_PRINT;
            break;
        case 'v':
            *verbose = true;
            break;
        case 'V':
            puts("sitens " SITENS_VERSION);
            exit(EX_OK);
        case 'h':
            printf(usage, RATE_DEFAULT);
            exit(EX_OK);
        default:
            fputs("Try `sitens --help`.\n", stderr);
            exit(EX_USAGE);
        }
    if (optind < argc) {
        o->paths = argv + optind;
        o->n_paths = (size_t)(argc - optind);
    }
    return mode;
}

static int run(const struct server_options *options)
{
    int status;

    log_start();
    status = server_run(options);
    log_end();
    return status;
}

/* What --test and --print-zone show is what the service would do, so they have its options. The
 * service itself has them on its command line, and what it runs to test them has that too. */
static void add_host_options(int argc, char **argv, struct server_options *o)
{
    static char path[] = "/etc/default/sitens";
    static struct host_options host; /* o points into it */
    struct server_options all = defaults;
    char why[INPUT_WHY_MAX];
    bool verbose;

    if (getenv("SITENS_OPTIONS"))
        return;
    if (!host_options_read(path, &host, why)) {
        fprintf(stderr, "%s: %s\n", path, why);
        exit(EX_USAGE);
    }
    if (host.argc == 1)
        return;
    fprintf(stderr, "INFO: with the options of %s: %s\n", path, host.line);
    parse(host.argc, host.argv, &all, &verbose);
    if (o->n_listen > 0)
        all.n_listen = 0; /* those of the command line are instead of them */
    parse(argc, argv, &all, &verbose);
    *o = all;
}

/* What a load, or a client that does not read, took of memory goes back to the kernel. Left alone,
 * glibc keeps ever larger blocks for itself, in pieces between small ones that live longer: so
 * reloads would leave some more behind each time. */
static void set_up_memory(void)
{
#ifdef M_MMAP_THRESHOLD /* musl has none */
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
#endif
}

/* What who started us may have left in a state that we cannot work in: blocked signals are never
 * delivered, and the first sockets must not become standard output. No core, since our memory holds
 * the signing keys; root can still ask for one, by prlimit(1). */
static void set_up_process(void)
{
    struct rlimit core;
    sigset_t none;
    int fd;

    if (getrlimit(RLIMIT_CORE, &core) == 0) {
        core.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &core);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct server_options options = defaults;
    bool verbose = false;
    enum mode mode;

    set_up_process();
    set_up_memory();
    /* While there is one thread: it opens the source of random numbers. */
    if (sodium_init() < 0) {
        fputs("sitens: the kernel gives no random numbers\n", stderr);
        return EX_OSERR;
    }
    mode = parse(argc, argv, &options, &verbose);
    if (mode != MODE_RUN)
        add_host_options(argc, argv, &options);
    log_init(verbose);
    switch (mode) {
    case MODE_TEST:
        return inspect_test(&options);
    case MODE_PRINT:
        return inspect_print_zones(&options);
    default:
        return run(&options);
    }
}
