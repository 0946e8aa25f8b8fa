/* SPDX-License-Identifier: ISC */
/* sitensctl: the operator's switch and window on one host; see conf/ctl.h for how it asks. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/ctl.h"
#include "show.h"

enum { EXIT_NOT_WELL = 3 }; /* as systemctl status has it */

/* Where to read why sitens does not run, or does not answer. */
#ifdef WITHOUT_SYSTEMD
static const char see_state[] = "its log", see_log[] = "its log";
#else
static const char see_state[] = "`systemctl status sitens`", see_log[] = "`journalctl -u sitens`";
#endif

static const char usage[] =
    "usage: sitensctl [OPTION]... status [NAME]\n"
    "       sitensctl [OPTION]... out|in|auto NAME|--all\n"
    "Show what sitens does on this host, and take a name out or keep it in.\n"
    "\n"
    "  status        every name: its state and why, each check, whose addresses are given\n"
    "  out NAME      withdraw now, while the web server goes on; also after a reboot\n"
    "  in NAME       serve whatever the checks say; or end a hold of `return = manual`\n"
    "  auto NAME     let the checks decide again\n"
    "\n"
    "  -a, --all        every name of this host\n"
    "  -r, --runtime    out, in: only until sitens ends\n"
    "  -j, --json       status: for machines\n"
    "  -s, --socket FILE  the socket of sitens; default /run/sitens/control\n"
    "  -V, --version    print the version\n"
    "  -h, --help       print this text\n"
    "\n"
    "It asks the running sitens, as root or in the group sitens. See sitensctl(8).\n";

struct options {
    bool all, runtime, json;
    const char *socket;
    const char *verb, *name; /* name: NULL, or one zone */
};

static const struct option long_options[] = {
    {"all", no_argument, NULL, 'a'},
    {"runtime", no_argument, NULL, 'r'},
    {"json", no_argument, NULL, 'j'},
    {"socket", required_argument, NULL, 's'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void bad_usage(const char *text)
{
    fprintf(stderr, "sitensctl: %s\nTry `sitensctl --help`.\n", text);
    exit(EX_USAGE);
}

static void parse_options(int argc, char **argv, struct options *o)
{
    int c;

    while ((c = getopt_long(argc, argv, "arjs:Vh", long_options, NULL)) != -1)
        switch (c) {
        case 'a':
            o->all = true;
            break;
        case 'r':
            o->runtime = true;
            break;
        case 'j':
            o->json = true;
            break;
        case 's':
            o->socket = optarg;
            break;
        case 'V':
            puts("sitensctl " SITENS_VERSION);
            exit(EX_OK);
        case 'h':
            fputs(usage, stdout);
            exit(EX_OK);
        default:
            fputs("Try `sitensctl --help`.\n", stderr);
            exit(EX_USAGE);
        }
}

static void parse(int argc, char **argv, struct options *o)
{
    bool status;

    parse_options(argc, argv, o);
    o->verb = optind < argc ? argv[optind++] : "status";
    o->name = optind < argc ? argv[optind++] : NULL;
    status = !strcmp(o->verb, "status");
    if (!status && strcmp(o->verb, "in") && strcmp(o->verb, "out") && strcmp(o->verb, "auto"))
        bad_usage("the commands are status, out, in and auto");
    if (optind < argc || (o->name && o->all))
        bad_usage("one NAME, or --all");
    if (!status && !o->name && !o->all)
        bad_usage("which name? `sitensctl status` lists them; --all means every one");
    if (o->name &&
        (strchr(o->name, ' ') || strchr(o->name, '\n') || !*o->name || strlen(o->name) > 255))
        bad_usage("that is no name");
    if (o->runtime && (status || !strcmp(o->verb, "auto")))
        bad_usage("--runtime goes with `out` and `in`");
    if (o->json && !status)
        bad_usage("--json goes with `status`");
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {CTL_PATIENCE_MS / 1000, 0};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

/* The whole answer, for free(); NULL with errno set: there is none. */
static char *ask(const char *path, const char *question)
{
    char *answer = NULL, part[4096];
    size_t length = 0;
    int fd = connect_to(path);
    ssize_t n = fd < 0 ? -1 : send(fd, question, strlen(question), MSG_NOSIGNAL);
    FILE *out = n < 0 ? NULL : open_memstream(&answer, &length);

    while (out && (n = read(fd, part, sizeof part)) > 0)
        fwrite(part, 1, (size_t)n, out);
    if (out && (fclose(out) != 0 || n < 0 || length == 0)) {
        errno = n < 0 ? errno : length == 0 ? EPIPE : ENOMEM;
        free(answer);
        answer = NULL;
    }
    if (fd >= 0) {
        int error = errno;

        close(fd);
        errno = error;
    }
    return answer;
}

static int tell_why_not(const char *path)
{
    switch (errno) {
    case ENOENT:
    case ECONNREFUSED:
        fprintf(stderr, "sitensctl: sitens is not running (nobody listens at %s); see %s\n", path,
                see_state);
        return EX_UNAVAILABLE;
    case EACCES:
        fprintf(stderr,
                "sitensctl: %s: permission denied; run it as root, or join the group "
                "sitens\n",
                path);
        return EX_NOPERM;
    case EAGAIN:
        fprintf(stderr, "sitensctl: sitens does not answer within %d s; see %s\n",
                CTL_PATIENCE_MS / 1000, see_log);
        return EX_UNAVAILABLE;
    default:
        fprintf(stderr, "sitensctl: %s: %s\n", path, strerror(errno));
        return EX_UNAVAILABLE;
    }
}

/* Prints the lines of an answer to a command. */
static int show_lines(char *answer)
{
    int status = EX_OK;
    char *rest = NULL;

    for (char *line = strtok_r(answer, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (!strncmp(line, "ok ", 3)) {
            puts(line + 3);
        } else {
            fprintf(stderr, "sitensctl: %s\n", strncmp(line, "error ", 6) ? line : line + 6);
            status = EXIT_FAILURE;
        }
    return status;
}

static int show_status(const struct options *o, char *answer)
{
    json_error_t error;
    json_t *status;
    bool well;

    if (!strncmp(answer, "error ", 6))
        return show_lines(answer);
    status = json_loads(answer, 0, &error);
    if (!status) {
        fprintf(stderr, "sitensctl: the answer of sitens is not understood: %s\n", error.text);
        return EXIT_FAILURE;
    }
    if (o->json)
        fputs(answer, stdout);
    else
        show(stdout, status, time(NULL));
    well = show_is_well(status);
    json_decref(status);
    return well ? EX_OK : EXIT_NOT_WELL;
}

static int run(const struct options *o)
{
    char question[CTL_LINE_MAX], *answer;
    int status;

    snprintf(question, sizeof question, "%s %s%s\n", o->verb, o->name ? o->name : "*",
             o->runtime ? " runtime" : "");
    answer = ask(o->socket, question);
    if (!answer)
        return tell_why_not(o->socket);
    status = strcmp(o->verb, "status") ? show_lines(answer) : show_status(o, answer);
    free(answer);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {.socket = "/run/sitens/" CTL_SOCKET};

    parse(argc, argv, &options);
    return run(&options);
}
