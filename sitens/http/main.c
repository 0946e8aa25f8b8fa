/* SPDX-License-Identifier: ISC */
/*
 * sitens-http: makes the requests of all HTTP checks, for sitens, which starts it.
 */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "confine.h"
#include "reply.h"
#include "request.h"
#include "requests.h"
#include "trust.h"

static bool is_run_by_sitens(void)
{
    int type = 0;
    socklen_t length = sizeof type;

    return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
           type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
    static struct trust trust;
    char lacks[HTTP_WORD_MAX] = "";
    unsigned landlock;
    CURLM *multi;

    (void)argc;
    if (!is_run_by_sitens()) {
        fputs("usage: sitens-http [CA-FILE]...\nMakes the requests of HTTP checks, for sitens(8), "
              "which runs it.\n",
              stderr);
        return EX_USAGE;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* also if it hangs */
    signal(SIGPIPE, SIG_IGN);
    confine_resources();
    request_trust(&trust);
    trust_read(&trust, argv + 1);
    landlock = confine_files(&trust, lacks, sizeof lacks);
    if (curl_global_init(CURL_GLOBAL_SSL) != CURLE_OK || !(multi = curl_multi_init())) {
        fputs("libcurl does not start\n", stderr);
        return EX_SOFTWARE;
    }
    confine_calls(lacks, sizeof lacks);
    reply(HTTP_READY, landlock, "%s", lacks);
    /* There is nothing to clean up, and who looks for leaks at the end needs calls that are
     * refused. */
    _exit(requests_run(multi, &trust) < 0 ? EX_OSERR : EX_OK);
}
