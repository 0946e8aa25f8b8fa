/* SPDX-License-Identifier: ISC */
/*
 * sitens-http: makes the request of one HTTP check, for sitens, which runs it each time.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>

#include "conf/value.h"
#include "confine.h"
#include "request.h"

static const char usage[] =
    "usage: sitens-http OPTION... URL\n"
    "Make the request of one HTTP check, for sitens(8). Prints what it waits for, then the "
    "reason;\n"
    "exits with 0 if the check passes and 1 if it fails.\n"
    "\n"
    "  --address=ADDR         connect there, whatever the host of URL is\n"
    "  --port=PORT            and to this port\n"
    "  --socket=PATH          instead: connect to a unix socket\n"
    "  --expect-status=LIST   as in sitens.conf(5); so are the next three\n"
    "  --expect-body=TEXT\n"
    "  --ca-file=FILE\n"
    "  --insecure\n"
    "  --timeout-ms=N         of the check; this program ends by itself some time after that\n";

static const struct option options[] = {
    {"address", required_argument, NULL, 'a'},
    {"port", required_argument, NULL, 'p'},
    {"socket", required_argument, NULL, 's'},
    {"expect-status", required_argument, NULL, 'e'},
    {"expect-body", required_argument, NULL, 'b'},
    {"ca-file", required_argument, NULL, 'c'},
    {"insecure", no_argument, NULL, 'i'},
    {"timeout-ms", required_argument, NULL, 't'},
    {NULL, 0, NULL, 0},
};

static bool take(struct request *request, int option, const char *text)
{
    static const struct value_bounds none;

    switch (option) {
    case 'a':
        request->address = text;
        return true;
    case 'p':
        request->port = text;
        return true;
    case 's':
        request->socket = text;
        return true;
    case 'e':
        return value_type_status.parse(text, &none, &request->expect_status) == 0;
    case 'b':
        request->expect_body = text;
        return true;
    case 'c':
        request->ca_file = text;
        return true;
    case 'i':
        request->insecure = true;
        return true;
    case 't':
        return value_number(text, 1, UINT32_MAX, &request->timeout_ms);
    default:
        return false;
    }
}

static bool parse(int argc, char **argv, struct request *ret)
{
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take(ret, option, optarg))
            return false;
    ret->url = argv[optind];
    return optind + 1 == argc && (ret->socket || (ret->address && ret->port)) &&
           ret->expect_status.n > 0 && ret->timeout_ms > 0;
}

int main(int argc, char **argv)
{
    struct request request = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive who waits for the result */
    setvbuf(stdout, NULL, _IOLBF, 0); /* sitens reads each line as it comes */
    if (!parse(argc, argv, &request)) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    confine(request.ca_file);
    return (int)request_run(&request);
}
