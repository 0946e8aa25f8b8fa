/* SPDX-License-Identifier: ISC */
#include "outcome.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reply.h"

enum { PLACE_MAX = 160 }; /* octets of where a request goes to: a unix socket, or an address */

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

/* Asked for as it is, the body may come encoded nevertheless. NULL: it did not. */
static const char *encoding(const struct request *request)
{
    struct curl_header *header;

    if (curl_easy_header(request->easy, "Content-Encoding", 0, CURLH_HEADER, -1, &header) !=
            CURLHE_OK ||
        !strcasecmp(header->value, "identity"))
        return NULL;
    return header->value;
}

static void judge_response(const struct request *request)
{
    const struct http_ask *ask = &request->ask;
    char ranges[CONF_STATUS_RANGES_MAX * sizeof "599-599"] = "";
    const char *encoded = encoding(request);
    long status = 0;

    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!is_expected(&ask->expect_status, status))
        reply(HTTP_FAIL, ask->number, "HTTP status %ld, expected %s", status,
              status_text(&ask->expect_status, ranges, sizeof ranges));
    else if (!*ask->expect_body ||
             memmem(request->text, request->body, ask->expect_body, strlen(ask->expect_body)))
        reply(HTTP_PASS, ask->number, "HTTP status %ld", status);
    else if (encoded)
        reply(HTTP_FAIL, ask->number,
              "HTTP status %ld, but the body is %.20s-encoded, although it was asked for as it is, "
              "so `%s` is not seen",
              status, encoded, ask->expect_body);
    else
        reply(HTTP_FAIL, ask->number, "HTTP status %ld, but the body lacks `%s`", status,
              ask->expect_body);
}

/* Where it goes to, for people. */
static char *place(const struct http_ask *ask, char *out)
{
    char address[INET6_ADDRSTRLEN] = "localhost";

    if (*ask->socket) {
        snprintf(out, PLACE_MAX, "%s", ask->socket);
        return out;
    }
    if (!ask->localhost)
        inet_ntop(ask->address.family, ask->address.octets, address, sizeof address);
    snprintf(out, PLACE_MAX, "%s port %u", address, ask->port);
    return out;
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

static void tell_unconnected(const struct request *request)
{
    const char *reason = request->faults.text;
    long error = request->faults.open;
    char text[PLACE_MAX];

    if (!error)
        curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &error);
    if (error)
        reason = strerror((int)error);
    reply(is_shortage(request->faults.open) ? HTTP_UNMADE : HTTP_FAIL, request->ask.number,
          "no connection to %s: %s", place(&request->ask, text), reason);
}

static void tell_error(const struct request *request, CURLcode result)
{
    const char *protocol = request->ask.tls ? "HTTPS" : "HTTP";
    const char *text = *request->faults.text ? request->faults.text : curl_easy_strerror(result);
    const char *refused = request->ask.tls ? trust_refused(request->trust) : NULL;
    uint32_t number = request->ask.number;

    if (easy_lacked_memory(request->easy, result))
        reply(HTTP_UNMADE, number, "sitens-http is out of memory");
    else if (easy_had_long_header(request->easy, result))
        reply(HTTP_FAIL, number, "%s response: a header line is too long", protocol);
    else if (result == CURLE_GOT_NOTHING)
        reply(HTTP_FAIL, number,
              "%s: the server closed the connection without a response; does it expect %sthe PROXY "
              "protocol?",
              protocol, request->ask.tls ? "" : "TLS, or ");
    else if (refused &&
             (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE))
        reply(HTTP_FAIL, number, "%s: %s; sitens-http is confined and cannot read %s", protocol,
              text, refused);
    else
        reply(HTTP_FAIL, number, "%s: %s", protocol, text);
}

void outcome_reply(const struct request *request, CURLcode result)
{
    char text[PLACE_MAX];

    if (result == CURLE_OK || (result == CURLE_WRITE_ERROR && request->body == BODY_MAX))
        judge_response(request);
    else if (request->itself)
        reply(HTTP_FAIL, request->ask.number,
              "nothing listens on %s: the connection reached itself", place(&request->ask, text));
    else if (result == CURLE_COULDNT_CONNECT)
        tell_unconnected(request);
    else if (request->headers > HEADERS_MAX)
        reply(HTTP_FAIL, request->ask.number,
              "HTTP response: headers without end, gave up after %d KiB", HEADERS_MAX / 1024);
    else
        tell_error(request, result);
}
