/* SPDX-License-Identifier: ISC */
#include "svcb.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { /* RFC 9460 section 14.3.2, RFC 9461 section 5 */
       KEY_MANDATORY,
       KEY_ALPN,
       KEY_NO_DEFAULT_ALPN,
       KEY_PORT,
       KEY_IPV4HINT,
       KEY_ECH,
       KEY_IPV6HINT,
       KEY_DOHPATH,
       KEYS_KNOWN,
};

static const char *const key_names[KEYS_KNOWN] = {
    "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath",
};

struct param {
    uint16_t key;
    uint16_t length;
    uint8_t *value;
};

/* The number of the key whose name is text[0..length), or -1. */
static int key_number(const char *text, size_t length)
{
    unsigned number = 0;

    for (int i = 0; i < KEYS_KNOWN; i++)
        if (strlen(key_names[i]) == length && !memcmp(key_names[i], text, length))
            return i;
    if (length < 4 || length > 8 || memcmp(text, "key", 3) != 0 || (text[3] == '0' && length > 4))
        return -1;
    for (size_t i = 3; i < length; i++) {
        if (!isdigit((unsigned char)text[i]))
            return -1;
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    return number <= UINT16_MAX ? (int)number : -1;
}

/* Escapes resolved. Writes no more octets than text has. */
static size_t unescape(const char *text, size_t length, char *ret)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\\' || i + 1 == length) {
            ret[used++] = text[i];
        } else if (isdigit((unsigned char)text[i + 1]) && i + 3 < length) {
            ret[used++] =
                (char)((text[i + 1] - '0') * 100 + (text[i + 2] - '0') * 10 + (text[i + 3] - '0'));
            i += 3;
        } else {
            ret[used++] = text[++i];
        }
    }
    return used;
}

static bool refuse_value(struct rdata *in, uint16_t key, const char *allowed)
{
    return rdata_refuse(in, "the value of %s must be %s", key_names[key], allowed);
}

/* RFC 9460 section 7.1.1 and appendix A.1: names with commas between; within them, a second level
 * of escapes. In place: each name gets its length in front of it, where the comma was. */
static bool read_alpn(struct rdata *in, struct param *param, const char *text, size_t n)
{
    size_t used = 1, start = 0;
    uint8_t *value = malloc(n + 1);

    for (size_t i = 0; value && i <= n; i++) {
        if (i < n && text[i] != ',') {
            i += text[i] == '\\' && i + 1 < n;
            value[used++] = (uint8_t)text[i];
            continue;
        }
        if (used - start < 2 || used - start > 256)
            break;
        value[start] = (uint8_t)(used - start - 1);
        start = used;
        if (i < n)
            used++;
    }
    param->value = value;
    param->length = (uint16_t)used;
    return (value && start == used) ||
           refuse_value(in, KEY_ALPN,
                        "names of 1 to 255 octets with commas between, such as h2,h3");
}

static bool read_hints(struct rdata *in, struct param *param, char *text, int family)
{
    size_t size = family == AF_INET ? 4 : 16, n = 1;
    char *rest = text, *one;

    for (const char *c = text; *c; c++)
        n += *c == ',';
    param->value = malloc(n * size);
    for (n = 0; param->value && (one = strsep(&rest, ",")); n++)
        if (inet_pton(family, one, param->value + n * size) != 1)
            return refuse_value(in, param->key,
                                family == AF_INET ? "IPv4 addresses with commas between"
                                                  : "IPv6 addresses with commas between");
    param->length = (uint16_t)(n * size);
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    return ldns_read_uint16(a) - ldns_read_uint16(b);
}

static bool read_mandatory(struct rdata *in, struct param *param, char *text)
{
    size_t n = 1;
    char *rest = text, *one;

    for (const char *c = text; *c; c++)
        n += *c == ',';
    param->value = malloc(n * 2);
    for (n = 0; param->value && (one = strsep(&rest, ",")); n++) {
        int key = key_number(one, strlen(one));

        if (key < 0)
            return refuse_value(in, KEY_MANDATORY, "names of keys with commas between");
        ldns_write_uint16(param->value + n * 2, (uint16_t)key);
    }
    if (param->value)
        qsort(param->value, n, 2, compare_keys);
    param->length = (uint16_t)(n * 2);
    return true;
}

static bool read_port(struct rdata *in, struct param *param, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long port =
        digits && digits < 10 && !text[digits] ? strtoul(text, NULL, 10) : UINT16_MAX + 1UL;

    param->value = malloc(2);
    if (port > UINT16_MAX || !param->value)
        return refuse_value(in, KEY_PORT, "a number from 0 to 65535");
    ldns_write_uint16(param->value, (uint16_t)port);
    param->length = 2;
    return true;
}

static bool read_ech(struct rdata *in, struct param *param, char *text)
{
    struct zonefile_word word = {.text = text};
    struct rdata alone = {.record = in->record, .words = &word, .n = 1, .why = in->why};
    ldns_rdf *field = rdata_field(&alone, LDNS_RDF_TYPE_B64);

    if (!field)
        return refuse_value(in, KEY_ECH, "base64, whole, with its `=` at the end");
    param->length = (uint16_t)ldns_rdf_size(field);
    param->value = ldns_rdf_data(field);
    ldns_rdf_free(field); /* not its data */
    return true;
}

/* text has n octets and a NUL behind them. A key that is written by its number has the value as it
 * is (RFC 9460 section 2.1). */
static bool read_value(struct rdata *in, struct param *param, bool named, char *text, size_t n)
{
    bool plain = strlen(text) == n;

    if (!named || param->key == KEY_DOHPATH || param->key == KEY_NO_DEFAULT_ALPN) {
        param->value = malloc(n + 1);
        if (param->value)
            memcpy(param->value, text, n);
        param->length = (uint16_t)n;
        return true;
    }
    if (param->key == KEY_ALPN)
        return read_alpn(in, param, text, n);
    if (!n || !plain)
        return rdata_refuse(in, "%s needs a value: %s=...", key_names[param->key],
                            key_names[param->key]);
    switch (param->key) {
    case KEY_MANDATORY:
        return read_mandatory(in, param, text);
    case KEY_PORT:
        return read_port(in, param, text);
    case KEY_ECH:
        return read_ech(in, param, text);
    default:
        return read_hints(in, param, text, param->key == KEY_IPV4HINT ? AF_INET : AF_INET6);
    }
}

static bool read_param(struct rdata *in, struct param *param)
{
    const char *word, *text;
    size_t key_length, length;
    int key;
    char *value;
    bool good;

    if (!rdata_is_bare(in))
        return false;
    word = in->words[in->at++].text;
    key_length = strcspn(word, "=");
    key = key_number(word, key_length);
    if (key < 0)
        return rdata_refuse(in, "`%.*s` is not a key; write one that has no name here as keyNNNNN",
                            (int)(key_length > 63 ? 63 : key_length), word);
    param->key = (uint16_t)key;
    text = word + key_length + (word[key_length] == '=');
    length = strlen(text);
    if (length > 1 && *text == '"') {
        text++;
        length -= 2;
    }
    value = malloc(length + 1);
    if (!value || length > RDATA_MAX) {
        free(value);
        return rdata_refuse(in, "the value of %.*s is too long", (int)key_length, word);
    }
    length = unescape(text, length, value);
    value[length] = '\0';
    good = read_value(in, param, strncmp(word, "key", 3) != 0, value, length);
    free(value);
    return good;
}

static int compare_params(const void *a, const void *b)
{
    return ((const struct param *)a)->key - ((const struct param *)b)->key;
}

static bool push_params(struct rdata *in, const struct param *params, size_t n)
{
    size_t size = 0, used = 0;
    uint8_t *octets;
    bool good;

    for (size_t i = 0; i < n; i++)
        size += 4U + params[i].length;
    octets = malloc(size);
    for (size_t i = 0; octets && i < n; i++) {
        ldns_write_uint16(octets + used, params[i].key);
        ldns_write_uint16(octets + used + 2, params[i].length);
        if (params[i].length)
            memcpy(octets + used + 4, params[i].value, params[i].length);
        used += 4U + params[i].length;
    }
    good = octets && rdata_push(in, LDNS_RDF_TYPE_SVCPARAMS, octets, size);
    free(octets);
    return good;
}

bool svcb_read_params(struct rdata *in)
{
    size_t n = in->n - in->at;
    struct param *params = calloc(n, sizeof *params);
    bool good = params != NULL;

    for (size_t i = 0; good && i < n; i++)
        good = read_param(in, &params[i]);
    if (good) {
        qsort(params, n, sizeof *params, compare_params);
        good = push_params(in, params, n);
    }
    for (size_t i = 0; params && i < n; i++)
        free(params[i].value);
    free(params);
    return good;
}

static bool has_key(const uint8_t *octets, size_t n, uint16_t key)
{
    /* Whoever asks has seen, or will see, that the lengths are right. */
    for (size_t at = 0; at + 4 <= n; at += 4U + ldns_read_uint16(octets + at + 2))
        if (ldns_read_uint16(octets + at) == key)
            return true;
    return false;
}

static bool is_alpn(const uint8_t *value, size_t length)
{
    size_t at = 0;

    while (at < length && value[at])
        at += 1U + value[at];
    return length && at == length;
}

/* RFC 9461 section 5: a relative URI template with the variable dns. */
static bool is_dohpath(const uint8_t *value, size_t length)
{
    return length && *value == '/' && memmem(value, length, "{?dns}", 6) != NULL;
}

/* RFC 9460 section 8: each key once, none is missing, and it does not name itself. */
static const char *mandatory_objection(const uint8_t *octets, size_t n, const uint8_t *value,
                                       size_t length)
{
    int before = -1;

    if (!length || length % 2)
        return "has mandatory without a value";
    for (size_t i = 0; i < length; i += 2) {
        uint16_t key = ldns_read_uint16(value + i);

        if (key == KEY_MANDATORY)
            return "lists mandatory itself in mandatory";
        if (key <= before)
            return "lists a key in mandatory twice";
        if (!has_key(octets, n, key))
            return "lists a key in mandatory that it does not have";
        before = key;
    }
    return NULL;
}

static const char *param_objection(uint16_t key, const uint8_t *value, size_t length)
{
    switch (key) {
    case KEY_ALPN:
        return is_alpn(value, length)
                   ? NULL
                   : "has an alpn of other than names of 1 to 255 octets, such as h2,h3";
    case KEY_NO_DEFAULT_ALPN:
        return length ? "has a value of no-default-alpn, where none is allowed" : NULL;
    case KEY_PORT:
        return length == 2 ? NULL : "has a port of other than two octets";
    case KEY_IPV4HINT:
        return length && length % 4 == 0 ? NULL : "has an ipv4hint of other than IPv4 addresses";
    case KEY_ECH:
        return length ? NULL : "has ech without a value";
    case KEY_IPV6HINT:
        return length && length % 16 == 0 ? NULL : "has an ipv6hint of other than IPv6 addresses";
    case KEY_DOHPATH:
        return is_dohpath(value, length)
                   ? NULL
                   : "has a dohpath that does not begin with / or not contain {?dns} (RFC 9461)";
    default:
        return NULL;
    }
}

static const char *params_objection(const uint8_t *octets, size_t n)
{
    const char *why = NULL;
    int before = -1;

    for (size_t at = 0; !why && at < n;) {
        uint16_t key, length;

        if (n - at < 4 || (length = ldns_read_uint16(octets + at + 2)) > n - at - 4)
            return "has parameters that are cut off";
        key = ldns_read_uint16(octets + at);
        if (key <= before)
            return "has a key twice, or keys out of order";
        why = key == KEY_MANDATORY ? mandatory_objection(octets, n, octets + at + 4, length)
                                   : param_objection(key, octets + at + 4, length);
        before = key;
        at += 4U + length;
    }
    if (!why && has_key(octets, n, KEY_NO_DEFAULT_ALPN) && !has_key(octets, n, KEY_ALPN))
        return "has no-default-alpn without alpn";
    return why;
}

const char *svcb_objection(const ldns_rr *record)
{
    const ldns_rdf *target = ldns_rr_rdf(record, 1), *params = ldns_rr_rdf(record, 2);
    const uint8_t *label = ldns_rdf_data(target);
    const char *why = NULL;

    if (*label && memchr(label + 1, '=', *label))
        return "has no target: write a dot or a name before the parameters";
    if (params)
        why = params_objection(ldns_rdf_data(params), ldns_rdf_size(params));
    /* RFC 9460 section 2.4.2: who reads the record ignores them. */
    if (!why && params && ldns_rdf2native_int16(ldns_rr_rdf(record, 0)) == 0)
        why = "is an alias, as its priority is 0, and has parameters, which nobody would read";
    return why;
}
