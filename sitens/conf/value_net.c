/* SPDX-License-Identifier: ISC */
/* The value types that speak of the network: addresses, ports, URLs, status codes. */
#include <stdlib.h>
#include <string.h>

#include "url.h"
#include "value.h"

/* Whether a client could ever reach it: not the unspecified, a multicast or the broadcast address,
 * nor IPv4 in an IPv6 coat (an AAAA record of that kind is of no use to anybody). */
static bool is_unicast(const struct address *a)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t zero[16];

    if (!memcmp(a->octets, zero, a->family == AF_INET ? 4 : 16))
        return false;
    if (a->family == AF_INET)
        return a->octets[0] < 224 && a->octets[0] != 0;
    return a->octets[0] != 0xff && memcmp(a->octets, mapped, sizeof mapped) != 0;
}

static bool addresses_parse(const char *text, const struct value_bounds *b, void *field)
{
    struct conf_addresses list = *(struct conf_addresses *)field;
    char *copy = strdup(text), *rest = NULL;
    bool good = copy && *text;

    (void)b;
    for (char *t = strtok_r(copy, " \t,", &rest); t && good; t = strtok_r(NULL, " \t,", &rest)) {
        struct address address;

        good =
            list.n < CONF_SITE_ADDRESSES_MAX && address_parse(t, &address) && is_unicast(&address);
        for (size_t i = 0; good && i < list.n; i++)
            good = !address_is_equal(&list.at[i], &address);
        if (good)
            list.at[list.n++] = address;
    }
    free(copy);
    if (good)
        *(struct conf_addresses *)field = list;
    return good;
}

static void addresses_print(FILE *out, const void *field)
{
    const struct conf_addresses *list = field;
    char text[ADDRESS_TEXT_MAX];

    for (size_t i = 0; i < list->n; i++)
        fprintf(out, "%s ", address_text(&list->at[i], text));
}

const struct value_type value_type_addresses = {addresses_parse, addresses_print, NULL};

static bool status_parse(const char *text, const struct value_bounds *b, void *field)
{
    struct conf_status status = {0};
    char *copy = strdup(text), *rest = NULL;
    bool good = copy && *text;

    (void)b;
    for (char *t = strtok_r(copy, " \t,", &rest); t && good; t = strtok_r(NULL, " \t,", &rest)) {
        char *dash = strchr(t, '-');
        uint32_t low = 0, high = 0;

        if (dash)
            *dash++ = '\0';
        good = status.n < CONF_STATUS_RANGES_MAX && value_number(t, 100, 599, &low) &&
               value_number(dash ? dash : t, low, 599, &high);
        if (good) {
            status.at[status.n].low = (uint16_t)low;
            status.at[status.n++].high = (uint16_t)high;
        }
    }
    free(copy);
    good = good && status.n > 0;
    if (good)
        *(struct conf_status *)field = status;
    return good;
}

static void status_print(FILE *out, const void *field)
{
    const struct conf_status *status = field;

    for (size_t i = 0; i < status->n; i++)
        fprintf(out, "%u-%u ", status->at[i].low, status->at[i].high);
}

const struct value_type value_type_status = {status_parse, status_print, NULL};

static bool url_type_parse(const char *text, const struct value_bounds *b, void *field)
{
    struct conf_url url = {0};

    (void)b;
    if (!url_parse(text, &url))
        return false;
    url_done(field);
    *(struct conf_url *)field = url;
    return true;
}

static void url_type_print(FILE *out, const void *field)
{
    const struct conf_url *url = field;
    char text[ADDRESS_TEXT_MAX];

    if (url->unix_path)
        fprintf(out, "unix:%s:%s", url->unix_path, url->path);
    else if (url->path)
        fprintf(out, "%d %s %u %s", url->tls, address_text(&url->address, text), url->port,
                url->path);
}

static void url_type_done(void *field)
{
    url_done(field);
}

const struct value_type value_type_url = {url_type_parse, url_type_print, url_type_done};

static bool endpoint_type_parse(const char *text, const struct value_bounds *b, void *field)
{
    (void)b;
    return endpoint_parse_colon(text, field);
}

static void endpoint_print(FILE *out, const void *field)
{
    const struct endpoint *endpoint = field;
    char text[ADDRESS_TEXT_MAX];

    if (endpoint->address.family)
        fprintf(out, "%s %u", address_text(&endpoint->address, text), endpoint->port);
}

const struct value_type value_type_endpoint = {endpoint_type_parse, endpoint_print, NULL};
