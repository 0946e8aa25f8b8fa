/* SPDX-License-Identifier: ISC */
#include "url.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "value.h"

static int parse_unix(const char *text, struct conf_url *ret)
{
    const char *path = strstr(text, ":/");
    size_t length = path ? (size_t)(path - text) : strlen(text);

    if (text[0] != '/' || length >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        return VALUE_MALFORMED;
    ret->unix_path = strndup(text, length);
    ret->path = strdup(path ? path + 1 : "/");
    return ret->unix_path && ret->path ? 0 : -ENOMEM;
}

/* ADDRESS, [ADDRESS] or localhost, and perhaps :PORT. */
static bool parse_authority(const char *text, size_t length, uint16_t default_port,
                            struct conf_url *ret)
{
    const size_t name = strlen("localhost");
    bool local = !strncmp(text, "localhost", name) && (length == name || text[name] == ':');
    struct endpoint endpoint;
    const char *rest = local ? text + name : text;
    const char *end = text + length;
    bool has_port = memchr(rest, ':', (size_t)(end - rest)) && end[-1] != ']';
    char port[sizeof ":65535"] = "", full[ADDRESS_TEXT_MAX + sizeof "[]:65535"];

    if (!has_port)
        snprintf(port, sizeof port, ":%u", default_port);
    if ((size_t)snprintf(full, sizeof full, "%s%.*s%s", local ? "127.0.0.1" : "", (int)(end - rest),
                         rest, port) >= sizeof full ||
        !endpoint_parse_colon(full, &endpoint))
        return false;
    ret->localhost = local;
    ret->address = endpoint.address;
    ret->port = endpoint.port;
    return true;
}

/* Nothing but visible ASCII; a fragment would not be sent. */
static bool is_path(const char *text)
{
    for (; *text; text++)
        if (!isgraph((unsigned char)*text) || *text == '#')
            return false;
    return true;
}

static int parse(const char *text, struct conf_url *ret)
{
    bool tls = !strncmp(text, "https://", 8);
    size_t length;

    if (!strncmp(text, "unix:", 5))
        return parse_unix(text + 5, ret);
    if (!tls && strncmp(text, "http://", 7))
        return VALUE_MALFORMED;
    text += tls ? 8 : 7;
    length = strcspn(text, "/?#");
    if (!parse_authority(text, length, tls ? 443 : 80, ret) || !is_path(text + length))
        return VALUE_MALFORMED;
    if (asprintf(&ret->path, "%s%s", text[length] == '/' ? "" : "/", text + length) < 0) {
        ret->path = NULL;
        return -ENOMEM;
    }
    ret->tls = tls;
    return 0;
}

int url_parse(const char *text, struct conf_url *ret)
{
    struct conf_url url = {0};
    int r = parse(text, &url);

    if (r != 0) {
        url_done(&url);
        return r;
    }
    *ret = url;
    return 0;
}

void url_done(struct conf_url *url)
{
    free(url->unix_path);
    free(url->path);
}
