/* SPDX-License-Identifier: ISC */
#include "name.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

bool name_is_well_formed(const char *text, size_t length)
{
    size_t label = 0;

    if (length == 0 || length > 253)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool ends = i + 1 == length || text[i + 1] == '.';

        if (c == '.' ? label == 0 : !isalnum((unsigned char)c) && c != '-')
            return false;
        if (c == '-' && (label == 0 || ends))
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63)
            return false;
    }
    return label > 0;
}

bool name_is_below(const char *name, const char *ancestor)
{
    size_t n = strlen(name), a = strlen(ancestor);

    return n > a + 1 && name[n - a - 1] == '.' && !strcmp(name + n - a, ancestor);
}

bool name_is_within(const char *name, const char *ancestor)
{
    return !strcmp(name, ancestor) || name_is_below(name, ancestor);
}

size_t name_labels(const char *name)
{
    size_t labels = 1;

    for (; *name; name++)
        labels += *name == '.';
    return labels;
}

/* Programs take a name that ends so for an IPv4 address: RFC 1123 section 2.1, and the URL standard
 * of WHATWG section 3.5, "ends in a number". */
static bool ends_in_number(const char *name)
{
    const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;
    bool hex = last[0] == '0' && last[1] == 'x';
    const char *digits = hex ? "0123456789abcdef" : "0123456789";

    if (hex)
        last += 2;
    return strspn(last, digits) == strlen(last);
}

/* RFC 3492 section 5: the parameters of Punycode for host names. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128 };

/* RFC 3492 section 6.1. */
static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;

    delta /= first ? DAMP : 2;
    delta += delta / points;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* Reads one of the numbers that the letters behind the last hyphen stand for: RFC 3492 section 6.2.
 * A label has 63 octets, so that a number which would not fit is one of no sense: false. */
static bool read_delta(const char **at, const char *end, uint32_t bias, uint32_t *ret)
{
    uint64_t delta = 0, weight = 1;

    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias, digit;

        if (*at == end || **at == '-')
            return false;
        digit = isdigit((unsigned char)**at) ? (uint32_t)(**at - '0') + 26 : (uint32_t)(**at - 'a');
        ++*at;
        delta += digit * weight;
        if (delta > UINT32_MAX / 2)
            return false;
        if (digit < t)
            break;
        weight *= BASE - t;
        if (weight > UINT32_MAX)
            return false;
    }
    *ret = (uint32_t)delta;
    return true;
}

/* Whether the Punycode in a label, what follows `xn--`, decodes, and to something else than ASCII:
 * RFC 5890 section 2.3.2.1. The points themselves do not matter, only that each is one. */
static bool is_punycode(const char *text, size_t length)
{
    const char *end = text + length, *hyphen = memrchr(text, '-', length);
    const char *at = hyphen ? hyphen + 1 : text;
    uint32_t points = hyphen ? (uint32_t)(hyphen - text) : 0, i = 0, n = FIRST, bias = BIAS;
    bool first = true;

    if (at == end || hyphen == text)
        return false;
    while (at < end) {
        uint32_t delta;

        if (!read_delta(&at, end, bias, &delta))
            return false;
        points++;
        bias = adapt(delta, points, first);
        first = false;
        i += delta;
        n += i / points;
        i = i % points + 1;
        if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff))
            return false;
    }
    return true;
}

static bool has_bad_a_label(const char *name)
{
    for (const char *label = name; label; label = strchr(label, '.')) {
        size_t length;

        label += *label == '.';
        length = strcspn(label, ".");
        if (!strncmp(label, "xn--", 4) && !is_punycode(label + 4, length - 4))
            return true;
    }
    return false;
}

const char *name_objection(const char *name)
{
    if (ends_in_number(name))
        return "ends in a number, so that it is taken for an IPv4 address: a name is needed";
    if (has_bad_a_label(name))
        return "has a label that begins with `xn--` but does not decode (RFC 5891)";
    return NULL;
}
