/* SPDX-License-Identifier: ISC */
/* What each type demands beyond its fields, whichever way its data was written. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "rdata.h"
#include "svcb.h"

/* The lengths of digests whose algorithm is known; others have any. */
struct digest {
    uint8_t algorithm;
    uint8_t length;
};

static const struct digest ds_digests[] = {
    {1, 20}, {2, 32}, {3, 32}, {4, 48}, {0, 0}}; /* RFC 4034, 4509, 5933, 6605 */
static const struct digest sshfp_digests[] = {{1, 20}, {2, 32}, {0, 0}};  /* RFC 4255, 6594 */
static const struct digest tlsa_digests[] = {{1, 32}, {2, 64}, {0, 0}};   /* RFC 6698 */
static const struct digest zonemd_digests[] = {{1, 48}, {2, 64}, {0, 0}}; /* RFC 8976 */

/* Whether field + 1 of record is a digest of the algorithm in field. */
static bool is_digest(const ldns_rr *record, size_t field, const struct digest *known)
{
    uint8_t algorithm = ldns_rdf2native_int8(ldns_rr_rdf(record, field));
    size_t length = ldns_rdf_size(ldns_rr_rdf(record, field + 1));

    for (; known->length; known++)
        if (known->algorithm == algorithm)
            return known->length == length;
    return length > 0;
}

/* A character string without its length octet, as C has them; false: there is a NUL in it. */
static bool get_string(const ldns_rdf *field, char ret[256])
{
    size_t length = *ldns_rdf_data(field);

    memcpy(ret, ldns_rdf_data(field) + 1, length);
    ret[length] = '\0';
    return strlen(ret) == length;
}

/* The end of the part of a substitution that begins at text, an unescaped delimiter; or NULL. */
static char *part_end(char *text, char delimiter)
{
    for (; *text && *text != delimiter; text++)
        if (*text == '\\' && text[1])
            text++;
    return *text ? text : NULL;
}

/* RFC 3402 section 3.2: delimiter, extended regular expression, delimiter, replacement, delimiter,
 * and perhaps i. What the replacement refers to is there. */
static bool is_substitution(char *text)
{
    char delimiter = *text, *middle, *end;
    regex_t expression;
    bool good = true;

    if (!delimiter || strchr("123456789i\\", delimiter) ||
        !(middle = part_end(text + 1, delimiter)) || !(end = part_end(middle + 1, delimiter)) ||
        (end[1] && strcmp(end + 1, "i") != 0))
        return false;
    *middle = *end = '\0';
    if (regcomp(&expression, text + 1, REG_EXTENDED) != 0)
        return false;
    for (const char *c = middle + 1; *c; c++)
        if (*c == '\\' && c[1]) {
            c++;
            good = good && *c != '0' &&
                   (*c < '1' || *c > '9' || (size_t)(*c - '0') <= expression.re_nsub);
        }
    regfree(&expression);
    return good;
}

static const char *naptr_objection(const ldns_rr *record)
{
    char text[256];

    if (get_string(ldns_rr_rdf(record, 4), text) && (!*text || is_substitution(text)))
        return NULL;
    return "has a malformed substitution in its fifth field, which must be as !EXPRESSION!TEXT! "
           "(RFC 3402 section 3.2), or empty";
}

static const char *x25_objection(const ldns_rr *record)
{
    char text[256];
    bool good = get_string(ldns_rr_rdf(record, 0), text) && strlen(text) > 3 &&
                text[strspn(text, "0123456789")] == '\0';

    return good ? NULL : "must have at least four digits (RFC 1183 section 3.1)";
}

/* RFC 1712 section 3, whose examples have the latitude first. */
static const char *gpos_objection(const ldns_rr *record)
{
    for (size_t i = 0; i < 3; i++) {
        char text[256], *end;
        double number;

        if (!get_string(ldns_rr_rdf(record, i), text) || !*text ||
            text[strspn(text, "+-.0123456789")] != '\0')
            return "must have three decimal numbers";
        number = strtod(text, &end);
        if (*end || (i < 2 && (number < -180 || number > 180)))
            return "must have three decimal numbers, of which two are degrees up to 180";
    }
    return NULL;
}

/* RFC 1876 section 2. */
static const char *loc_objection(const ldns_rr *record)
{
    const uint8_t *octets = ldns_rdf_data(ldns_rr_rdf(record, 0));
    const int64_t middle = INT64_C(1) << 31, degree = 3600000;

    if (ldns_rdf_size(ldns_rr_rdf(record, 0)) != 16 || octets[0] != 0)
        return "is not of version 0";
    for (size_t i = 1; i < 4; i++)
        if (octets[i] >> 4 > 9 || (octets[i] & 15) > 9)
            return "has a size or precision out of bounds";
    if (llabs(ldns_read_uint32(octets + 4) - middle) > 90 * degree ||
        llabs(ldns_read_uint32(octets + 8) - middle) > 180 * degree)
        return "lies off the globe";
    return NULL;
}

/* RFC 3123 section 4: the octets of one item after the other, the last one not 0. */
static bool is_apl(const uint8_t *octets, size_t n)
{
    size_t at = 0;

    while (at < n) {
        size_t length = n - at >= 4 ? octets[at + 3] & 0x7fU : n;
        uint16_t family = ldns_read_uint16(octets + at);
        size_t most = family == 1 ? 4 : 16;

        if (n - at < 4 || length > n - at - 4 || family < 1 || family > 2 || length > most ||
            octets[at + 2] > most * 8 || (length && !octets[at + 3 + length]))
            return false;
        at += 4 + length;
    }
    return true;
}

/* The gateway of IPSECKEY, of the type octets[1], and a key behind it (RFC 4025 section 2). */
static bool has_gateway(const ldns_rdf *field)
{
    const uint8_t *octets = ldns_rdf_data(field);
    size_t size = ldns_rdf_size(field), at = 3;
    ldns_rdf *name;

    if (size < 3)
        return false;
    switch (octets[1]) {
    case 0:
        break;
    case 1:
        at += 4;
        break;
    case 2:
        at += 16;
        break;
    case 3:
        if (ldns_wire2dname(&name, octets, size, &at) != LDNS_STATUS_OK)
            return false;
        if (ldns_rdf_size(name) != at - 3) /* compressed */
            at = size + 1;
        ldns_rdf_deep_free(name);
        break;
    default:
        return false;
    }
    return at < size;
}

static bool is_tag(const ldns_rdf *field)
{
    char text[256];

    return get_string(field, text) && *text &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] ==
               '\0';
}

/* RFC 4034 section 4.1.2: windows in ascending order, none empty, no zeros at the end. */
static bool is_bitmap(const ldns_rdf *field)
{
    const uint8_t *octets = ldns_rdf_data(field);
    size_t n = ldns_rdf_size(field), at = 0;
    int before = -1;

    while (at < n) {
        size_t length = n - at > 2 ? octets[at + 1] : 0;

        if (octets[at] <= before || length < 1 || length > 32 || length > n - at - 2 ||
            !octets[at + 1 + length])
            return false;
        before = octets[at];
        at += 2 + length;
    }
    return true;
}

/* Of types whose data is one field of octets. */
static const char *octets_objection(const ldns_rr *record)
{
    const ldns_rdf *field = ldns_rr_rdf(record, 0);

    switch (ldns_rr_get_type(record)) {
    case LDNS_RR_TYPE_IPSECKEY:
        return has_gateway(field) ? NULL : "has no gateway of its type with a key behind";
    case LDNS_RR_TYPE_LOC:
        return loc_objection(record);
    case LDNS_RR_TYPE_ATMA:
        return ldns_rdf_size(field) > 1 ? NULL : "has no address";
    default:
        return NULL;
    }
}

const char *rdata_objection(const ldns_rr *record)
{
    static const char malformed[] = "has malformed data";

    switch (ldns_rr_get_type(record)) {
    case LDNS_RR_TYPE_SVCB:
    case LDNS_RR_TYPE_HTTPS:
        return svcb_objection(record);
    case LDNS_RR_TYPE_TLSA:
    case LDNS_RR_TYPE_SMIMEA:
        return is_digest(record, 2, tlsa_digests)
                   ? NULL
                   : "has a digest of another length: type 1 has 32 octets, 2 has 64";
    case LDNS_RR_TYPE_SSHFP:
        return is_digest(record, 1, sshfp_digests)
                   ? NULL
                   : "has a digest of another length: type 1 has 20 octets, 2 has 32";
    case LDNS_RR_TYPE_DS:
    case LDNS_RR_TYPE_DLV:
        return is_digest(record, 2, ds_digests) ? NULL
                                                : "has a digest of another length: type 1 has 20 "
                                                  "octets, 2 and 3 have 32, 4 has 48";
    case LDNS_RR_TYPE_ZONEMD:
        return is_digest(record, 2, zonemd_digests) &&
                       ldns_rdf_size(ldns_rr_rdf(record, 3)) >= 12 /* RFC 8976 section 2.2.4 */
                   ? NULL
                   : "has a digest of another length: type 1 has 48 octets, 2 has 64, others 12 at "
                     "least";
    case LDNS_RR_TYPE_NAPTR:
        return naptr_objection(record);
    case LDNS_RR_TYPE_X25:
        return x25_objection(record);
    case LDNS_RR_TYPE_GPOS:
        return gpos_objection(record);
    case LDNS_RR_TYPE_CAA:
        return is_tag(ldns_rr_rdf(record, 1)) ? NULL : "has a tag of other than letters and digits";
    case LDNS_RR_TYPE_URI:
        return ldns_rdf_size(ldns_rr_rdf(record, 2)) ? NULL : "has an empty target";
    case LDNS_RR_TYPE_CSYNC:
        return ldns_rr_rd_count(record) < 3 || is_bitmap(ldns_rr_rdf(record, 2)) ? NULL : malformed;
    case LDNS_RR_TYPE_APL:
        for (size_t i = 0; i < ldns_rr_rd_count(record); i++)
            if (!is_apl(ldns_rdf_data(ldns_rr_rdf(record, i)),
                        ldns_rdf_size(ldns_rr_rdf(record, i))))
                return malformed;
        return NULL;
    default:
        return ldns_rr_rd_count(record) == 1 ? octets_objection(record) : NULL;
    }
}
