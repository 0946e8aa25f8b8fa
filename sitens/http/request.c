/* SPDX-License-Identifier: ISC */
/*
 * The URL carries the name that users ask for, CURLOPT_CONNECT_TO carries the address: so Host,
 * SNI and the certificate's name are what a browser would use, and nothing is ever resolved. The
 * response passes when its status is expected, and it ends, or reaches BODY_MAX, with the expected
 * text in it. Redirects are not followed: where they lead is another server's health. No connection
 * and no TLS session is ever used again: that a new one can be had is what is to be checked.
 */
#include "request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "outcome.h"
#include "reply.h"

static enum source best_source; /* what the last certificate was found in */

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What libcurl calls */

static void set_stage(struct request *request, const char *stage)
{
    request->stage = stage;
    request->stage_told = false;
}

/* Called between connect() and the handshake. */
static CURLcode on_tls(CURL *easy, void *context, void *userdata)
{
    (void)easy, (void)context;
    set_stage(userdata, "the TLS handshake");
    return CURLE_OK;
}

/* A TCP socket that looks for a port in the range of its own may meet itself. */
static int on_connected(void *userdata, char *to, char *from, int to_port, int from_port)
{
    struct request *request = userdata;

    request->itself = to_port == from_port && to_port != 0 && !strcmp(to, from);
    set_stage(request, "the response");
    return request->itself ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static size_t on_header(char *data, size_t size, size_t n, void *userdata)
{
    struct request *request = userdata;

    (void)data;
    if (request->headers == 0)
        set_stage(request, "the end of the response");
    request->headers += size * n;
    return request->headers <= HEADERS_MAX ? size * n : 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *userdata)
{
    struct request *request = userdata;
    size_t left = BODY_MAX - request->body;
    size_t wanted = size * n < left ? size * n : left;

    if (request->text)
        memcpy(request->text + request->body, data, wanted);
    request->body += wanted;
    return request->body < BODY_MAX ? size * n : 0;
}

/* What to ask */

/* Where to go. The default port stays in the URL so that the Host header is the bare name, as in
 * the requests of users; the real port is in CURLOPT_CONNECT_TO. localhost is both its addresses,
 * told here lest anybody looks it up. Returns whether there was memory for it. */
static bool set_target(struct request *request)
{
    const struct http_ask *ask = &request->ask;
    char address[INET6_ADDRSTRLEN] = "localhost";
    char text[2 * HTTP_WORD_MAX + sizeof "https://"];

    snprintf(text, sizeof text, "http%s://%s%s", ask->tls ? "s" : "", ask->host, ask->path);
    if (curl_easy_setopt(request->easy, CURLOPT_URL, text) != CURLE_OK)
        return false;
    if (*ask->socket)
        return curl_easy_setopt(request->easy, CURLOPT_UNIX_SOCKET_PATH, ask->socket) == CURLE_OK;
    if (!ask->localhost)
        inet_ntop(ask->address.family, ask->address.octets, address, sizeof address);
    snprintf(text, sizeof text, strchr(address, ':') ? "::[%s]:%u" : "::%s:%u", address, ask->port);
    request->connect_to = curl_slist_append(NULL, text);
    snprintf(text, sizeof text, "localhost:%u:[::1],127.0.0.1", ask->port);
    request->resolve = curl_slist_append(NULL, text);
    curl_easy_setopt(request->easy, CURLOPT_CONNECT_TO, request->connect_to);
    if (ask->localhost)
        curl_easy_setopt(request->easy, CURLOPT_RESOLVE, request->resolve);
    return request->connect_to && request->resolve;
}

/* libcurl keeps what it has read of a bundle, but only the last one, and only without a directory:
 * so the system's, which is large, for good, since this process ends when it changes; and none of
 * the ca-files, which are small. */
static void set_trust(struct request *request)
{
    const struct trust *trust = request->trust;
    const char *file = *request->ask.ca_file ? request->ask.ca_file : NULL;
    bool directory = !file && request->source == SOURCE_DIRECTORY;

    curl_easy_setopt(request->easy, CURLOPT_CAPATH, directory ? trust->directory : NULL);
    curl_easy_setopt(request->easy, CURLOPT_CAINFO, directory ? NULL : file ? file : trust->bundle);
    curl_easy_setopt(request->easy, CURLOPT_CA_CACHE_TIMEOUT, file ? 0L : -1L);
}

static void set_tls(struct request *request)
{
    CURL *easy = request->easy;
    bool insecure = request->ask.insecure;

    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, insecure ? 0L : 2L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, request);
    request->source = best_source;
    if (!request->trust->directory)
        request->source = SOURCE_BUNDLE;
    else if (!request->trust->bundle)
        request->source = SOURCE_DIRECTORY;
    set_trust(request);
}

static void set_rules(struct request *request)
{
    CURL *easy = request->easy;
    /* An end for the case that nobody keeps the deadline. */
    const long limit_ms = 2 * (long)request->ask.timeout_ms + 1000;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers_out);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, limit_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, limit_ms);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, request);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
}

static bool begin(struct request *request)
{
    request->headers = request->body = 0;
    *request->faults.text = '\0';
    set_stage(request, "the connection");
    return curl_multi_add_handle(request->multi, request->easy) == CURLM_OK;
}

/* A certificate that is not found in one source may be in the other. */
static bool try_other_source(struct request *request, CURLcode result)
{
    const struct trust *trust = request->trust;

    if (result != CURLE_PEER_FAILED_VERIFICATION || *request->ask.ca_file || request->retried ||
        !trust->bundle || !trust->directory ||
        access(request->source == SOURCE_BUNDLE ? trust->directory : trust->bundle, R_OK) < 0)
        return false;
    request->retried = true;
    request->source = request->source == SOURCE_BUNDLE ? SOURCE_DIRECTORY : SOURCE_BUNDLE;
    set_trust(request);
    return begin(request);
}

bool request_ended(struct request *request, CURLcode result)
{
    curl_multi_remove_handle(request->multi, request->easy);
    if (try_other_source(request, result))
        return false;
    if (result == CURLE_OK && request->retried)
        best_source = request->source;
    outcome_reply(request, result);
    return true;
}

uint64_t request_tell_stage(struct request *request, uint64_t now)
{
    if (request->stage_told)
        return UINT64_MAX;
    if (now < request->stage_due_ms)
        return request->stage_due_ms - now;
    reply(HTTP_STAGE, request->ask.number, "%s", request->stage);
    request->stage_told = true;
    return UINT64_MAX;
}

struct request *request_of(CURL *easy)
{
    struct request *request = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &request);
    return request;
}

int request_new(const struct http_ask *ask, CURLM *multi, const struct trust *trust,
                struct request **ret)
{
    struct request *request = calloc(1, sizeof *request);
    uint32_t patience_ms = ask->timeout_ms / 4;

    if (!request)
        return -ENOMEM;
    request->ask = *ask;
    request->multi = multi;
    request->trust = trust;
    request->stage_due_ms = now_ms() + (patience_ms < HTTP_STAGE_MS ? patience_ms : HTTP_STAGE_MS);
    request->headers_out = curl_slist_append(NULL, "Accept-Encoding: identity");
    request->easy = curl_easy_init();
    if (*ask->expect_body)
        request->text = malloc(BODY_MAX);
    if (!request->headers_out || !request->easy || (*ask->expect_body && !request->text) ||
        !set_target(request) ||
        !easy_set_rules(request->easy, "sitens health check", &request->faults)) {
        request_free(request);
        return -ENOMEM;
    }
    set_tls(request);
    set_rules(request);
    if (!begin(request)) {
        request_free(request);
        return -ENOMEM;
    }
    *ret = request;
    return 0;
}

void request_free(struct request *request)
{
    if (request->easy) {
        curl_multi_remove_handle(request->multi, request->easy);
        curl_easy_cleanup(request->easy);
    }
    curl_slist_free_all(request->connect_to);
    curl_slist_free_all(request->resolve);
    curl_slist_free_all(request->headers_out);
    free(request->text);
    free(request);
}

void request_trust(struct trust *trust)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    trust->bundle = info->cainfo;
    trust->directory = info->capath;
    if (!trust->bundle && !trust->directory) {
        trust->bundle = X509_get_default_cert_file();
        trust->directory = X509_get_default_cert_dir();
    }
}
