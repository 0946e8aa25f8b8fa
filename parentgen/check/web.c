/* SPDX-License-Identifier: ISC */
/* The URL goes to libcurl as it is, CURLOPT_CONNECT_TO carries the address: nothing is ever looked
 * up. Of the response the first part is read: the page may be a large download. */
#include "web.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "conf/value.h"
#include "http/easy.h"

enum {
    BATCH = 100, /* at a time: reading the trusted certificates takes up to 25 ms for each */
    HEADERS_MAX = 64 * 1024, /* octets; browsers take less */
    BODY_MAX = 64 * 1024,
    LATE_MS = 1000, /* past the time limit: then this host was too busy to read */
};

struct web_request {
    CURL *easy;
    struct curl_slist *connect_to;
    bool connected, asked; /* TLS has begun; the request is sent */
    size_t headers, body;
    struct easy_faults faults;
};

bool web_url_is_good(const char *text)
{
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL, *user = NULL;
    CURLUcode r = url ? curl_url_set(url, CURLUPART_URL, text, 0) : CURLUE_OUT_OF_MEMORY;
    bool good = true;

    for (const char *c = text; good && *c; c++)
        good = isgraph((unsigned char)*c);
    if (r == CURLUE_OK)
        r = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
    if (r == CURLUE_OK)
        r = curl_url_get(url, CURLUPART_HOST, &host, 0);
    if (r == CURLUE_OK) {
        r = curl_url_get(url, CURLUPART_USER, &user, 0);
        good = good && (!strcmp(scheme, "http") || !strcmp(scheme, "https")) && !user;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(url);
    /* Without memory asking fails, and says so. */
    return good && (r == CURLUE_NO_USER || r == CURLUE_OUT_OF_MEMORY);
}

/* What libcurl calls */

/* Called between connect() and the handshake. */
static CURLcode on_tls(CURL *easy, void *context, void *userdata)
{
    struct web_request *request = userdata;

    (void)easy, (void)context;
    request->connected = true;
    return CURLE_OK;
}

static int on_ready(void *userdata, char *to, char *from, int to_port, int from_port)
{
    struct web_request *request = userdata;

    (void)to, (void)from, (void)to_port, (void)from_port;
    request->asked = true;
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *data, size_t size, size_t n, void *userdata)
{
    struct web_request *request = userdata;

    (void)data;
    request->headers += size * n;
    return request->headers <= HEADERS_MAX ? size * n : 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *userdata)
{
    struct web_request *request = userdata;

    (void)data;
    request->body += size * n;
    return request->body < BODY_MAX ? size * n : 0;
}

/* What to ask */

static void set_options(struct web_request *request, unsigned timeout_ms)
{
    CURL *easy = request->easy;

    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, request->connect_to);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, request);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, request);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
}

static void begin(struct web_ask *ask, CURLM *multi, unsigned timeout_ms)
{
    char address[ADDRESS_TEXT_MAX], connect_to[ADDRESS_TEXT_MAX + sizeof "::[]:"];
    struct web_request *request = calloc(1, sizeof *request);

    ask->outcome = WEB_NOT_ASKED;
    ask->request = request;
    snprintf(ask->text, sizeof ask->text, "%s", strerror(ENOMEM));
    if (!request || !multi)
        return;
    snprintf(connect_to, sizeof connect_to,
             ask->to.family == AF_INET6 ? "::[%s]:" : "::%s:", address_text(&ask->to, address));
    request->connect_to = curl_slist_append(NULL, connect_to);
    request->easy = curl_easy_init();
    if (!request->connect_to || !request->easy ||
        curl_easy_setopt(request->easy, CURLOPT_URL, ask->url) != CURLE_OK ||
        !easy_set_rules(request->easy, "parentgen", &request->faults))
        return;
    set_options(request, timeout_ms);
    curl_easy_setopt(request->easy, CURLOPT_PRIVATE, ask);
    curl_multi_add_handle(multi, request->easy);
}

/* What came of it */

__attribute__((format(printf, 3, 4))) static void end(struct web_ask *ask, enum web_outcome outcome,
                                                      const char *format, ...)
{
    char text[CURL_ERROR_SIZE + WEB_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ask->outcome = outcome;
    value_ascii(text, ask->text, sizeof ask->text);
}

static void end_answered(struct web_ask *ask)
{
    const char *location = NULL;

    curl_easy_getinfo(ask->request->easy, CURLINFO_RESPONSE_CODE, &ask->status);
    curl_easy_getinfo(ask->request->easy, CURLINFO_REDIRECT_URL, &location);
    /* RFC 9112 section 4. libcurl takes `HTTP/200 OK` for a good line, too. */
    if (ask->status >= 100 && ask->status <= 999) {
        end(ask, WEB_ANSWERED, "%s", location ? location : "");
    } else {
        ask->status = 0;
        end(ask, WEB_NO_ANSWER, "a response without a status");
    }
}

/* What sockets say of the network is told apart from what they say of this host, as in ask.c. */
static void end_unconnected(struct web_ask *ask)
{
    long error = ask->request->faults.open;

    if (!error)
        curl_easy_getinfo(ask->request->easy, CURLINFO_OS_ERRNO, &error);
    switch (error) {
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        end(ask, WEB_NO_ROUTE, "%s", strerror((int)error));
        break;
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTUNREACH:
    case ETIMEDOUT:
        end(ask, WEB_UNREACHABLE, "%s", strerror((int)error));
        break;
    default:
        end(ask, WEB_NOT_ASKED, "%s", error ? strerror((int)error) : ask->request->faults.text);
    }
}

static void end_by_timeout(struct web_ask *ask, unsigned timeout_ms)
{
    const struct web_request *request = ask->request;
    unsigned s = timeout_ms / 1000;

    if (request->headers)
        end(ask, WEB_NO_ANSWER, "no end of the response within %u s", s);
    else if (request->asked)
        end(ask, WEB_NO_ANSWER, "no response within %u s", s);
    else if (request->connected)
        end(ask, WEB_TLS, "no end of the TLS handshake within %u s", s);
    else
        end(ask, WEB_UNREACHABLE, "no connection within %u s", s);
}

static void end_by_error(struct web_ask *ask, CURLcode result)
{
    CURL *easy = ask->request->easy;
    const char *error = ask->request->faults.text;
    const char *text = *error ? error : curl_easy_strerror(result);

    if (ask->request->headers > HEADERS_MAX || easy_had_long_header(easy, result))
        end(ask, WEB_NO_ANSWER, "headers without end, gave up after %d KiB", HEADERS_MAX / 1024);
    else if (easy_lacked_memory(easy, result) || result == CURLE_SSL_CACERT_BADFILE ||
             result == CURLE_FAILED_INIT)
        end(ask, WEB_NOT_ASKED, "%s", text);
    else if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CONNECT_ERROR)
        end(ask, WEB_TLS, "%s", text);
    else if (result == CURLE_GOT_NOTHING)
        end(ask, WEB_NO_ANSWER, "the connection is closed without a response");
    else
        end(ask, WEB_NO_ANSWER, "%s", text);
}

static void take_result(struct web_ask *ask, CURLcode result, unsigned timeout_ms, bool late)
{
    curl_off_t took_us = 0;

    curl_easy_getinfo(ask->request->easy, CURLINFO_TOTAL_TIME_T, &took_us);
    ask->took_ms = (unsigned)(took_us / 1000);
    if (result == CURLE_OK || (result == CURLE_WRITE_ERROR && ask->request->body >= BODY_MAX))
        end_answered(ask);
    else if (result == CURLE_COULDNT_CONNECT)
        end_unconnected(ask);
    else if (result == CURLE_OPERATION_TIMEDOUT && late)
        end(ask, WEB_NOT_ASKED, "there was no time left to read what came");
    else if (result == CURLE_OPERATION_TIMEDOUT)
        end_by_timeout(ask, timeout_ms);
    else
        end_by_error(ask, result);
}

static void take_results(CURLM *multi, unsigned timeout_ms, bool late)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi, &left))) {
        struct web_ask *ask = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ask);
        take_result(ask, message->data.result, timeout_ms, late);
    }
}

static void finish(struct web_ask *ask, CURLM *multi)
{
    struct web_request *request = ask->request;

    if (!request)
        return;
    if (request->easy) {
        curl_multi_remove_handle(multi, request->easy);
        curl_easy_cleanup(request->easy);
    }
    curl_slist_free_all(request->connect_to);
    free(request);
    ask->request = NULL;
}

static void ask_batch(struct web_ask *const *asks, size_t n, unsigned timeout_ms)
{
    CURLM *multi = curl_multi_init();
    uint64_t until;
    int running = 0;

    for (size_t i = 0; i < n; i++)
        begin(asks[i], multi, timeout_ms);
    until = ask_clock_ms() + timeout_ms + LATE_MS;
    while (multi && curl_multi_perform(multi, &running) == CURLM_OK) {
        take_results(multi, timeout_ms, ask_clock_ms() > until);
        if (!running || curl_multi_poll(multi, NULL, 0, (int)timeout_ms, NULL) != CURLM_OK)
            break;
    }
    for (size_t i = 0; i < n; i++)
        finish(asks[i], multi);
    curl_multi_cleanup(multi);
}

void web_ask_all(struct web_ask *const *asks, size_t n, unsigned timeout_ms)
{
    for (size_t first = 0; first < n; first += BATCH)
        ask_batch(asks + first, n - first < BATCH ? n - first : BATCH, timeout_ms);
}
