/* SPDX-License-Identifier: ISC */
/*
 * The URL carries the name that users ask for, CURLOPT_CONNECT_TO carries the address: so Host,
 * SNI and the certificate's name are what a browser would use, and nothing is ever resolved. The
 * response passes when its status is expected, and it ends, or reaches BODY_MAX, with the expected
 * text in it. Redirects are not followed: where they lead is another server's health.
 */
#include "request.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    BODY_MAX = 64 * 1024,    /* octets of the body that are looked at */
    HEADERS_MAX = 64 * 1024, /* octets of headers; web servers stop at 8 to 32 KiB */
};

struct transfer {
    const struct request *request;
    CURL *easy;
    size_t headers, body; /* octets received */
    char text[BODY_MAX];  /* of the body */
    int open_error;       /* errno of the socket that could not be opened */
    char error[CURL_ERROR_SIZE];
};

/* As libcurl would; but it keeps to itself why that fails. */
static curl_socket_t on_open(void *userdata, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = userdata;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    transfer->open_error = fd < 0 ? errno : 0;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* Called between connect() and the handshake. */
static CURLcode on_tls(CURL *easy, void *context, void *userdata)
{
    (void)easy, (void)context, (void)userdata;
    puts("the TLS handshake");
    return CURLE_OK;
}

static int on_connected(void *userdata, char *to, char *from, int to_port, int from_port)
{
    (void)userdata, (void)to, (void)from, (void)to_port, (void)from_port;
    puts("the response");
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *data, size_t size, size_t n, void *userdata)
{
    struct transfer *transfer = userdata;

    (void)data;
    if (transfer->headers == 0)
        puts("the end of the response");
    transfer->headers += size * n;
    return transfer->headers <= HEADERS_MAX ? size * n : 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *userdata)
{
    struct transfer *transfer = userdata;
    size_t left = BODY_MAX - transfer->body;
    size_t wanted = size * n < left ? size * n : left;

    memcpy(transfer->text + transfer->body, data, wanted);
    transfer->body += wanted;
    return transfer->body < BODY_MAX ? size * n : 0;
}

static bool is_expected(const struct conf_status *expected, long status)
{
    for (size_t i = 0; i < expected->n; i++)
        if (status >= expected->at[i].low && status <= expected->at[i].high)
            return true;
    return false;
}

/* The ranges as the user wrote them: "200-399", "200 204". */
static char *status_text(const struct conf_status *expected, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < expected->n && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, i ? " %u" : "%u", expected->at[i].low);
        if (expected->at[i].high != expected->at[i].low && used < size)
            used += (size_t)snprintf(out + used, size - used, "-%u", expected->at[i].high);
    }
    return out;
}

static enum result judge_response(const struct transfer *transfer)
{
    const struct request *request = transfer->request;
    const char *text = request->expect_body;
    char ranges[CONF_STATUS_RANGES_MAX * sizeof "599-599"] = "";
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!is_expected(&request->expect_status, status)) {
        printf("HTTP status %ld, expected %s\n", status,
               status_text(&request->expect_status, ranges, sizeof ranges));
        return RESULT_FAIL;
    }
    if (text && !memmem(transfer->text, transfer->body, text, strlen(text))) {
        printf("HTTP status %ld, but the body lacks `%s`\n", status, text);
        return RESULT_FAIL;
    }
    printf("HTTP status %ld\n", status);
    return RESULT_PASS;
}

static void tell_unconnected(const struct transfer *transfer)
{
    const struct request *request = transfer->request;
    const char *reason = transfer->error;
    long error = transfer->open_error;

    if (!error)
        curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &error);
    if (error)
        reason = strerror((int)error);
    if (request->socket)
        printf("no connection to %s: %s\n", request->socket, reason);
    else
        printf("no connection to %s port %s: %s\n", request->address, request->port, reason);
}

static enum result judge(const struct transfer *transfer, CURLcode result)
{
    if (result == CURLE_OK || (result == CURLE_WRITE_ERROR && transfer->body == BODY_MAX))
        return judge_response(transfer);
    if (result == CURLE_COULDNT_CONNECT)
        tell_unconnected(transfer);
    else if (transfer->headers > HEADERS_MAX)
        printf("HTTP response: headers without end, gave up after %d KiB\n", HEADERS_MAX / 1024);
    else
        printf("%s: %s\n", strncmp(transfer->request->url, "https:", 6) ? "HTTP" : "HTTPS",
               *transfer->error ? transfer->error : curl_easy_strerror(result));
    return RESULT_FAIL;
}

/* Where to go. The default port stays in the URL so that the Host header is the bare name, as in
 * the requests of users; the real port is in CURLOPT_CONNECT_TO. */
static void set_target(CURL *easy, const struct request *request, struct curl_slist **connect_to)
{
    char *target;

    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    if (request->socket) {
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->socket);
        return;
    }
    if (asprintf(&target, strchr(request->address, ':') ? "::[%s]:%s" : "::%s:%s", request->address,
                 request->port) < 0)
        abort();
    *connect_to = curl_slist_append(NULL, target);
    free(target);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, *connect_to);
}

static void set_tls(CURL *easy, const struct request *request)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request->insecure ? 0L : 2L);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls);
    if (request->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    } else if (curl_version_info(CURLVERSION_NOW)->capath) {
        /* In a directory of hashed names only what is needed is read; the bundle takes 10 ms. */
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    }
}

static void set_rules(CURL *easy, struct transfer *transfer)
{
    /* An end for the case that nobody keeps the deadline. */
    const long limit_ms = 2 * (long)transfer->request->timeout_ms + 1000;

    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sitens health check");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, limit_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, limit_ms);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
}

enum result request_run(const struct request *request)
{
    bool tls = !strncmp(request->url, "https:", 6);
    struct transfer *transfer = calloc(1, sizeof *transfer);
    struct curl_slist *connect_to = NULL;
    enum result result;

    puts("the connection");
    if (!transfer || curl_global_init(tls ? CURL_GLOBAL_SSL : CURL_GLOBAL_NOTHING) != CURLE_OK ||
        !(transfer->easy = curl_easy_init()))
        abort();
    transfer->request = request;
    set_target(transfer->easy, request, &connect_to);
    set_tls(transfer->easy, request);
    set_rules(transfer->easy, transfer);
    result = judge(transfer, curl_easy_perform(transfer->easy));
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(connect_to);
    curl_global_cleanup();
    free(transfer);
    return result;
}
