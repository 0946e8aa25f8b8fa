/* SPDX-License-Identifier: ISC */
#include "entry.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "conf/value.h"
#include "rdata.h"

#define TTL_ALLOWED                                                                                \
    "`%.100s` is not a TTL: seconds up to 2147483647, or numbers with the units w, d, h, m, s, "   \
    "as "                                                                                          \
    "in 1h30m"

__attribute__((format(printf, 2, 3))) static bool refuse(char *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, ENTRY_WHY_MAX, format, args);
    va_end(args);
    value_ascii(why, why, ENTRY_WHY_MAX);
    return false;
}

/* A time to live: seconds, or numbers with units as in 1h30m; up to 2^31 - 1 (RFC 2181 section 8).
 */
static bool read_ttl(const char *text, uint32_t *ret)
{
    static const struct {
        char unit;
        uint32_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    uint64_t total = 0;
    bool bare = text[strspn(text, "0123456789")] == '\0';

    do {
        uint64_t number = 0;
        size_t i = 0;

        if (!isdigit((unsigned char)*text))
            return false;
        for (; isdigit((unsigned char)*text) && number <= INT32_MAX; text++)
            number = number * 10 + (uint64_t)(*text - '0');
        while (!bare && i < 5 && units[i].unit != tolower((unsigned char)*text))
            i++;
        if (i == 5)
            return false;
        total += number * units[i].seconds;
        text += !bare;
    } while (*text && total <= INT32_MAX);
    *ret = (uint32_t)total;
    return total <= INT32_MAX;
}

/* RFC 1035 section 3.2.4, RFC 3597 section 5. */
static bool is_class_in(const char *text)
{
    return !strcasecmp(text, "IN") || !strcasecmp(text, "CLASS1");
}

static bool is_other_class(const char *text)
{
    static const char *const names[] = {"CH", "HS", "CS", "CHAOS", "HESIOD", "NONE"};
    static const char numbered[] = "CLASS";
    bool found = !strncasecmp(text, numbered, strlen(numbered)) &&
                 isdigit((unsigned char)text[strlen(numbered)]);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        found = found || !strcasecmp(text, names[i]);
    return found;
}

/* The owner, which later records have too until there is another. */
static bool read_owner(const struct zonefile *z, struct entry_defaults *defaults, char *why)
{
    char reason[RDATA_WHY_MAX];
    ldns_rdf *name;

    if (z->words[0].quoted || z->words[0].valued)
        return refuse(why,
                      "the owner \"%.100s\" must not stand in quotation marks (@ is the zone's own "
                      "name)",
                      z->words[0].text);
    name = rdata_name(z->words[0].text, defaults->origin, reason);
    if (!name)
        return refuse(why, "%s", reason);
    ldns_dname2canonical(name);
    ldns_rdf_deep_free(defaults->owner);
    defaults->owner = name;
    return true;
}

bool entry_read(const struct zonefile *z, struct entry_defaults *defaults, struct entry_head *ret,
                char *why)
{
    bool ttl = false, class = false;
    size_t at = !z->indented;

    if (!z->indented && !read_owner(z, defaults, why))
        return false;
    *ret = (struct entry_head){.owner = defaults->owner, .ttl = defaults->ttl, .in = true};
    for (; at < z->n_words; at++) {
        const char *word = z->words[at].text;

        if (z->words[at].quoted)
            return refuse(why, "\"%.100s\" stands where the type should be", word);
        if (!ttl && *word && strchr("+-0123456789", *word)) {
            ttl = read_ttl(word, &ret->ttl);
            if (!ttl)
                return refuse(why, TTL_ALLOWED, word);
        } else if (!class && (is_class_in(word) || is_other_class(word))) {
            class = true;
            ret->in = is_class_in(word);
        } else if (rdata_type(word, &ret->type)) {
            ret->data = at + 1;
            return true;
        } else {
            return refuse(
                why,
                "`%.100s` is not a type that is known here; others are written as TYPE123 "
                "\\# LENGTH HEX (RFC 3597)",
                word);
        }
    }
    return refuse(why, "it ends before its type");
}

bool entry_is_directive(const struct zonefile *z)
{
    return !z->indented && !z->words[0].quoted && *z->words[0].text == '$';
}

static bool set_origin(const char *text, struct entry_defaults *defaults, char *why)
{
    char reason[RDATA_WHY_MAX];
    ldns_rdf *origin = rdata_name(text, defaults->origin, reason);

    if (!origin)
        return refuse(why, "$ORIGIN: %s", reason);
    ldns_rdf_deep_free(defaults->origin);
    defaults->origin = origin;
    return true;
}

bool entry_obey(const struct zonefile *z, struct entry_defaults *defaults, char *why)
{
    const char *name = z->words[0].text;
    bool origin = !strcasecmp(name, "$ORIGIN"), ttl = !strcasecmp(name, "$TTL");

    if (!strcasecmp(name, "$INCLUDE") || !strcasecmp(name, "$GENERATE"))
        return refuse(why, "%s is not supported; write the records here", name);
    if (!origin && !ttl)
        return refuse(why, "%.100s: there is no such directive; there are $ORIGIN and $TTL", name);
    if (z->n_words != 2 || z->words[1].quoted || z->words[1].valued)
        return refuse(why, "%s is followed by one %s", name,
                      origin ? "name, without quotation marks" : "number of seconds");
    if (origin)
        return set_origin(z->words[1].text, defaults, why);
    return read_ttl(z->words[1].text, &defaults->ttl) ||
           refuse(why, "$TTL: " TTL_ALLOWED, z->words[1].text);
}
