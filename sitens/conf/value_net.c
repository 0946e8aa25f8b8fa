/* SPDX-License-Identifier: ISC */
/* The value types that speak of the network: addresses, ports, URLs, status codes. */
#include <string.h>

#include "special.h"
#include "url.h"
#include "value.h"

enum { WORD_MAX = 64 }; /* longer than any address, or range of status codes */

/* Copies the next word of a list to word and moves *text behind it. False: there is none. A word
 * that is longer than any value of a list is cut, and is none then. */
static bool next_word(const char **text, char word[WORD_MAX])
{
    static const char separators[] = " \t,";
    size_t length;

    *text += strspn(*text, separators);
    length = strcspn(*text, separators);
    snprintf(word, WORD_MAX, "%.*s", (int)length, *text);
    *text += length;
    return length > 0;
}

static bool has_address(const struct conf_addresses *list, const struct address *address)
{
    for (size_t i = 0; i < list->n; i++)
        if (address_is_equal(&list->at[i], address))
            return true;
    return false;
}

static int addresses_parse(const char *text, const struct value_bounds *b, void *field)
{
    struct conf_addresses list = *(struct conf_addresses *)field;
    size_t before = list.n;
    char word[WORD_MAX];

    while (next_word(&text, word)) {
        const struct special *special;
        struct address address;

        if (list.n == CONF_SITE_ADDRESSES_MAX || !address_parse(word, &address) ||
            has_address(&list, &address))
            return VALUE_MALFORMED;
        special = special_address(&address);
        if (special->kind == SPECIAL_NEVER)
            return value_refuse(b, "%s is %s", word, special->what);
        list.at[list.n++] = address;
    }
    if (list.n == before)
        return VALUE_MALFORMED;
    *(struct conf_addresses *)field = list;
    return 0;
}

static void addresses_print(FILE *out, const void *field)
{
    const struct conf_addresses *list = field;
    char text[ADDRESS_TEXT_MAX];

    for (size_t i = 0; i < list->n; i++)
        fprintf(out, "%s ", address_text(&list->at[i], text));
}

const struct value_type value_type_addresses = {addresses_parse, addresses_print, NULL};

static int status_parse(const char *text, const struct value_bounds *b, void *field)
{
    struct conf_status status = {0};
    char word[WORD_MAX];

    (void)b;
    while (next_word(&text, word)) {
        char *dash = strchr(word, '-');
        uint32_t low, high;

        if (dash)
            *dash++ = '\0';
        if (status.n == CONF_STATUS_RANGES_MAX || !value_number(word, 100, 599, &low) ||
            !value_number(dash ? dash : word, low, 599, &high))
            return VALUE_MALFORMED;
        status.at[status.n].low = (uint16_t)low;
        status.at[status.n++].high = (uint16_t)high;
    }
    if (status.n == 0)
        return VALUE_MALFORMED;
    *(struct conf_status *)field = status;
    return 0;
}

static void status_print(FILE *out, const void *field)
{
    const struct conf_status *status = field;

    for (size_t i = 0; i < status->n; i++)
        fprintf(out, "%u-%u ", status->at[i].low, status->at[i].high);
}

const struct value_type value_type_status = {status_parse, status_print, NULL};

static int url_type_parse(const char *text, const struct value_bounds *b, void *field)
{
    struct conf_url url = {0};
    int r;

    (void)b;
    r = url_parse(text, &url);
    if (r != 0)
        return r;
    url_done(field);
    *(struct conf_url *)field = url;
    return 0;
}

static void url_type_print(FILE *out, const void *field)
{
    const struct conf_url *url = field;
    char text[ADDRESS_TEXT_MAX];

    if (url->unix_path)
        fprintf(out, "unix:%s:%s", url->unix_path, url->path);
    else if (url->path)
        fprintf(out, "%d %s %u %s", url->tls,
                url->localhost ? "localhost" : address_text(&url->address, text), url->port,
                url->path);
}

static void url_type_done(void *field)
{
    url_done(field);
}

const struct value_type value_type_url = {url_type_parse, url_type_print, url_type_done};

static int endpoint_type_parse(const char *text, const struct value_bounds *b, void *field)
{
    (void)b;
    return endpoint_parse_colon(text, field) ? 0 : VALUE_MALFORMED;
}

static void endpoint_print(FILE *out, const void *field)
{
    const struct endpoint *endpoint = field;
    char text[ADDRESS_TEXT_MAX];

    if (endpoint->address.family)
        fprintf(out, "%s %u", address_text(&endpoint->address, text), endpoint->port);
}

const struct value_type value_type_endpoint = {endpoint_type_parse, endpoint_print, NULL};
