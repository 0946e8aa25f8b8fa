/* SPDX-License-Identifier: ISC */
#include "url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "value.h"

static bool parse_unix(const char *text, struct conf_url *ret)
{
    const char *path = strstr(text, ":/");
    size_t length = path ? (size_t)(path - text) : strlen(text);

    if (text[0] != '/' || length >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        return false;
    ret->unix_path = strndup(text, length);
    ret->path = strdup(path ? path + 1 : "/");
    return true;
}

static char *part(CURLU *parsed, CURLUPart what, unsigned flags)
{
    char *text = NULL, *copy;

    if (curl_url_get(parsed, what, &text, flags) != CURLUE_OK)
        return NULL;
    copy = strdup(text);
    curl_free(text);
    return copy;
}

static bool host_address(char *host, struct conf_address *ret)
{
    size_t length = strlen(host);

    if (!strcmp(host, "localhost"))
        return value_address("127.0.0.1", ret);
    if (host[0] == '[') {
        host[length - 1] = '\0'; /* libcurl has made sure that it is ']' */
        host++;
    }
    return value_address(host, ret);
}

/* Nothing is in the URL that a check would pass over. */
static bool is_plain(CURLU *parsed)
{
    static const CURLUPart unused[] = {CURLUPART_USER, CURLUPART_ZONEID, CURLUPART_FRAGMENT};
    bool plain = true;

    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++) {
        char *text = part(parsed, unused[i], 0);

        plain = plain && !text;
        free(text);
    }
    return plain;
}

static bool from_parsed(CURLU *parsed, struct conf_url *ret)
{
    char *scheme = part(parsed, CURLUPART_SCHEME, 0);
    char *host = part(parsed, CURLUPART_HOST, 0);
    char *port = part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    char *path = part(parsed, CURLUPART_PATH, 0);
    char *query = part(parsed, CURLUPART_QUERY, 0);
    bool good =
        scheme && host && port && path && is_plain(parsed) && host_address(host, &ret->address);

    if (good) {
        size_t size = strlen(path) + (query ? strlen(query) : 0) + 2;

        ret->tls = !strcmp(scheme, "https");
        ret->port = (uint16_t)strtoul(port, NULL, 10);
        ret->path = malloc(size);
        if (ret->path)
            snprintf(ret->path, size, "%s%s%s", path, query ? "?" : "", query ? query : "");
    }
    free(scheme);
    free(host);
    free(port);
    free(path);
    free(query);
    return good;
}

bool url_parse(const char *text, struct conf_url *ret)
{
    CURLU *parsed;
    bool good;

    if (!strncmp(text, "unix:", 5))
        return parse_unix(text + 5, ret);
    if (strncmp(text, "http://", 7) && strncmp(text, "https://", 8))
        return false;
    parsed = curl_url();
    good = parsed && curl_url_set(parsed, CURLUPART_URL, text, 0) == CURLUE_OK &&
           from_parsed(parsed, ret);
    curl_url_cleanup(parsed);
    return good;
}

void url_done(struct conf_url *url)
{
    free(url->unix_path);
    free(url->path);
}
