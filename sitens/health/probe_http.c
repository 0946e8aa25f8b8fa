/* SPDX-License-Identifier: ISC */
/*
 * probe_http: one GET request over http, https or a unix socket, each on a new connection.
 *
 * The URL carries the name that users ask for, CURLOPT_CONNECT_TO carries the address: so Host,
 * SNI and the certificate's name are what a browser would use, and nothing is ever resolved. The
 * response passes when its status is expected, and it ends, or reaches BODY_MAX, with the expected
 * text in it. Redirects are not followed: where they lead is another server's health.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "health/multi.h"
#include "health/probe.h"
#include "value.h"

enum {
    BODY_MAX = 64 * 1024,    /* octets of the body that are looked at */
    HEADERS_MAX = 64 * 1024, /* octets of headers; web servers stop at 8 to 32 KiB */
    CA_CACHE_S = 600,        /* parsing Debian's bundle takes 10 ms; renewed CAs count after this */
};

struct probe_http {
    struct probe probe;
    const struct conf_check *conf;
    struct multi *multi;
    struct multi_transfer transfer;
    struct curl_slist *connect_to;
    size_t headers, body; /* octets received */
    char *text;           /* of the body, BODY_MAX; NULL unless a text is expected */
    int open_error;       /* errno of the socket that could not be opened */
    char error[CURL_ERROR_SIZE];
};

/* As libcurl would; but it keeps to itself why that fails. */
static curl_socket_t on_open(void *userdata, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct probe_http *http = userdata;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    http->open_error = fd < 0 ? errno : 0;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static size_t on_header(char *data, size_t size, size_t n, void *userdata)
{
    struct probe_http *http = userdata;

    (void)data;
    http->headers += size * n;
    return http->headers <= HEADERS_MAX ? size * n : 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *userdata)
{
    struct probe_http *http = userdata;
    size_t wanted = size * n < BODY_MAX - http->body ? size * n : BODY_MAX - http->body;

    if (http->text)
        memcpy(http->text + http->body, data, wanted);
    http->body += wanted;
    return http->body < BODY_MAX ? size * n : 0;
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

static void end_response(struct probe_http *http)
{
    const struct conf_check *conf = http->conf;
    char ranges[CONF_STATUS_RANGES_MAX * sizeof "599-599"] = "";
    long status = 0;

    curl_easy_getinfo(http->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (!is_expected(&conf->expect_status, status))
        probe_end(&http->probe, false, "HTTP status %ld, expected %s", status,
                  status_text(&conf->expect_status, ranges, sizeof ranges));
    else if (http->text &&
             !memmem(http->text, http->body, conf->expect_body, strlen(conf->expect_body)))
        probe_end(&http->probe, false, "HTTP status %ld, but the body lacks `%s`", status,
                  conf->expect_body);
    else
        probe_end(&http->probe, true, "HTTP status %ld", status);
}

static void end_unconnected(struct probe_http *http)
{
    const struct conf_url *url = &http->conf->url;
    char address[INET6_ADDRSTRLEN];
    long error = http->open_error;

    if (!error)
        curl_easy_getinfo(http->transfer.easy, CURLINFO_OS_ERRNO, &error);
    if (url->unix_path)
        probe_end(&http->probe, false, "no connection to %s: %s", url->unix_path,
                  error ? strerror((int)error) : http->error);
    else
        probe_end(&http->probe, false, "no connection to %s port %u: %s",
                  value_address_text(&url->address, address), url->port,
                  error ? strerror((int)error) : http->error);
}

static void on_end(void *userdata, CURLcode result)
{
    struct probe_http *http = userdata;

    if (result == CURLE_OK || (result == CURLE_WRITE_ERROR && http->body == BODY_MAX))
        end_response(http);
    else if (result == CURLE_COULDNT_CONNECT)
        end_unconnected(http);
    else if (http->headers > HEADERS_MAX)
        probe_end(&http->probe, false, "HTTP response: headers without end, gave up after %d KiB",
                  HEADERS_MAX / 1024);
    else
        probe_end(&http->probe, false, "%s: %s", http->conf->url.tls ? "HTTPS" : "HTTP",
                  *http->error ? http->error : curl_easy_strerror(result));
}

static void start(struct probe *probe)
{
    struct probe_http *http = (struct probe_http *)probe;
    int r;

    http->headers = http->body = 0;
    http->open_error = 0;
    *http->error = '\0';
    r = multi_add(http->multi, &http->transfer);
    if (r < 0)
        probe_end(probe, false, "cannot start an HTTP request: %s", strerror(-r));
}

static const char *cancel(struct probe *probe)
{
    struct probe_http *http = (struct probe_http *)probe;
    curl_off_t connected = 0, secured = 0;

    curl_easy_getinfo(http->transfer.easy, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(http->transfer.easy, CURLINFO_APPCONNECT_TIME_T, &secured);
    multi_remove(http->multi, &http->transfer);
    if (!connected)
        return "the connection";
    if (http->conf->url.tls && !secured)
        return "the TLS handshake";
    return http->headers ? "the end of the response" : "the response";
}

static void destroy(struct probe *probe)
{
    struct probe_http *http = (struct probe_http *)probe;

    curl_easy_cleanup(http->transfer.easy);
    curl_slist_free_all(http->connect_to);
    free(http->text);
    free(http);
}

static const struct probe_class class = {start, cancel, destroy};

/* Where to go. The default port stays in the URL so that the Host header is the bare name, as in
 * the requests of users; the real port is in CURLOPT_CONNECT_TO. */
static bool set_target(struct probe_http *http)
{
    const struct conf_url *url = &http->conf->url;
    CURL *easy = http->transfer.easy;
    char address[INET6_ADDRSTRLEN], target[INET6_ADDRSTRLEN + sizeof "::[]:65535"];
    char *text;
    CURLcode r;

    if (asprintf(&text, "http%s://%s%s", url->tls ? "s" : "", http->conf->host, url->path) < 0)
        return false;
    r = curl_easy_setopt(easy, CURLOPT_URL, text);
    free(text);
    if (r != CURLE_OK)
        return false;
    if (url->unix_path)
        return curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, url->unix_path) == CURLE_OK;
    value_address_text(&url->address, address);
    snprintf(target, sizeof target, url->address.family == AF_INET6 ? "::[%s]:%u" : "::%s:%u",
             address, url->port);
    http->connect_to = curl_slist_append(NULL, target);
    return http->connect_to &&
           curl_easy_setopt(easy, CURLOPT_CONNECT_TO, http->connect_to) == CURLE_OK;
}

static bool set_tls(CURL *easy, const struct conf_check *conf)
{
    bool good = true;

    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, conf->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, conf->insecure ? 0L : 2L);
    /* A resumed session would not show the certificate again. */
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_CACHE_S);
    if (conf->ca_file)
        good = curl_easy_setopt(easy, CURLOPT_CAINFO, conf->ca_file) == CURLE_OK;
    /* One bundle and no directory: libcurl caches only that, and a ca-file is to be trusted alone.
     */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    return good;
}

static void set_rules(struct probe_http *http)
{
    CURL *easy = http->transfer.easy;

    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sitens health check");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    /* The only deadline is the check's; this one is out of its reach. */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 2L * (long)http->conf->timeout_ms + 1000);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->error);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, http);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
}

int probe_http_new(struct watch_env *env, const struct conf_check *check, struct probe **ret)
{
    struct probe_http *http = calloc(1, sizeof *http);

    if (!http)
        return -ENOMEM;
    http->probe.class = &class;
    http->conf = check;
    http->multi = env->multi;
    http->transfer = (struct multi_transfer){curl_easy_init(), on_end, http};
    if (!http->transfer.easy || (check->expect_body && !(http->text = malloc(BODY_MAX))) ||
        !set_target(http) || !set_tls(http->transfer.easy, check)) {
        destroy(&http->probe);
        return -ENOMEM;
    }
    set_rules(http);
    *ret = &http->probe;
    return 0;
}
