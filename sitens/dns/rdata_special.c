/* SPDX-License-Identifier: ISC */
#include "rdata_special.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

enum {
    GATEWAY_MAX = LDNS_MAX_DOMAINLEN,
    PORTS = 65536,
};

/* A decimal number with at most so many digits behind the point, as a multiple of the last of them:
 * "1.5" with 2 is 150. Returns what follows it, or NULL. */
static const char *read_decimal(const char *text, unsigned places, uint64_t *ret)
{
    uint64_t number = 0;
    size_t whole = strspn(text, "0123456789"), part = 0;

    if (!whole || whole > 10)
        return NULL;
    for (; whole; whole--)
        number = number * 10 + (uint64_t)(*text++ - '0');
    if (*text == '.') {
        part = strspn(++text, "0123456789");
        if (!part || part > places)
            return NULL;
    }
    for (unsigned i = 0; i < places; i++)
        number = number * 10 + (i < part ? (uint64_t)(*text++ - '0') : 0);
    *ret = number;
    return text;
}

/* Degrees, minutes and seconds, of which the last two may be left out, and the direction. As
 * thousandths of a second. */
static bool read_angle(struct rdata *in, uint32_t degrees, const char *directions, int64_t *ret)
{
    const uint64_t limits[] = {degrees, 59, 59999}, units[] = {3600000, 60000, 1};
    uint64_t angle = 0, part;

    for (size_t i = 0; i < 4; i++) {
        const char *word = rdata_word(in), *end;

        if (!word)
            return false;
        if (i && (*word == directions[0] || *word == directions[1]) && !word[1]) {
            *ret = *word == directions[0] ? (int64_t)angle : -(int64_t)angle;
            return angle <= degrees * units[0] ||
                   rdata_refuse(in, "there are no more than %u degrees", degrees);
        }
        end = i < 3 ? read_decimal(word, i == 2 ? 3 : 0, &part) : NULL;
        if (!end || *end || part > limits[i])
            break;
        angle += part * units[i];
    }
    return rdata_refuse(in,
                        "%.100s is not a part of an angle: degrees to %u, minutes to 59, seconds "
                        "to 59.999, then %c or %c",
                        in->words[in->at - 1].text, degrees, directions[0], directions[1]);
}

/* Metres with an optional `m`, as centimetres. */
static bool read_metres(struct rdata *in, int64_t least, uint64_t most, int64_t *ret)
{
    const char *word = rdata_word(in), *end;
    uint64_t cm;

    if (!word)
        return false;
    end = read_decimal(word + (*word == '-'), 2, &cm);
    if (end && *end == 'm')
        end++;
    if (!end || *end || cm > most || (*word == '-' && -(int64_t)cm < least))
        return rdata_refuse(in, "%.100s are not metres from %lld to %llu.%02llu", word,
                            (long long)least / 100, (unsigned long long)most / 100,
                            (unsigned long long)most % 100);
    *ret = *word == '-' ? -(int64_t)cm : (int64_t)cm;
    return true;
}

/* A size or precision: one digit and the power of ten of the centimetres that it counts. */
static bool read_size(struct rdata *in, uint8_t *ret)
{
    int64_t cm;
    unsigned power = 0;

    if (in->at == in->n)
        return true;
    if (!read_metres(in, 0, 9000000000, &cm))
        return false;
    for (; cm > 9 && cm % 10 == 0; power++)
        cm /= 10;
    if (cm > 9)
        return rdata_refuse(in,
                            "%.100s would be rounded: sizes and precisions have one digit and "
                            "zeros, such as 20m or 0.5m",
                            in->words[in->at - 1].text);
    *ret = (uint8_t)(cm << 4 | (int64_t)power);
    return true;
}

bool rdata_read_loc(struct rdata *in)
{
    uint8_t octets[16] = {0, 0x12, 0x16, 0x13}; /* 1 m, 10000 m, 10 m when they are left out */
    int64_t latitude, longitude, altitude;

    if (!read_angle(in, 90, "NS", &latitude) || !read_angle(in, 180, "EW", &longitude) ||
        !read_metres(in, -10000000, 4284967295, &altitude) || !read_size(in, &octets[1]) ||
        !read_size(in, &octets[2]) || !read_size(in, &octets[3]))
        return false;
    ldns_write_uint32(octets + 4, (uint32_t)(latitude + INT64_C(0x80000000)));
    ldns_write_uint32(octets + 8, (uint32_t)(longitude + INT64_C(0x80000000)));
    ldns_write_uint32(octets + 12, (uint32_t)(altitude + 10000000));
    return rdata_push(in, LDNS_RDF_TYPE_LOC, octets, sizeof octets);
}

static void to_lower(const char *text, char *ret, size_t size)
{
    size_t i = 0;

    for (; text[i] && i + 1 < size; i++)
        ret[i] = (char)tolower((unsigned char)text[i]);
    ret[i] = '\0';
}

/* A number, or a name that this host knows. The names of a protocol or service are in lower case in
 * its files. */
static bool read_protocol(struct rdata *in, uint8_t *ret, const char **ret_name)
{
    const char *word = rdata_word(in);
    const struct protoent *known;
    uint32_t number;
    char name[64];

    if (!word)
        return false;
    if (isdigit((unsigned char)*word)) {
        in->at--;
        if (!rdata_number(in, UINT8_MAX, &number))
            return false;
        known = getprotobynumber((int)number);
        *ret = (uint8_t)number;
    } else {
        to_lower(word, name, sizeof name);
        known = getprotobyname(name);
        if (!known)
            return rdata_refuse(in, "%.100s is not a protocol: write tcp, udp or a number", word);
        *ret = (uint8_t)known->p_proto;
    }
    *ret_name = known ? known->p_name : NULL;
    return true;
}

static bool read_port(struct rdata *in, const char *protocol, uint32_t *ret)
{
    const char *word = rdata_word(in);
    const struct servent *known;
    char name[64];

    if (!word)
        return false;
    if (isdigit((unsigned char)*word)) {
        in->at--;
        return rdata_number(in, PORTS - 1, ret);
    }
    to_lower(word, name, sizeof name);
    known = getservbyname(name, protocol);
    if (!known)
        return rdata_refuse(in, "%.100s is not a service: write its port", word);
    *ret = ntohs((uint16_t)known->s_port);
    return true;
}

bool rdata_read_wks(struct rdata *in)
{
    uint8_t octets[1 + PORTS / 8] = {0};
    const char *protocol = NULL;
    size_t used = 1;

    if (!read_protocol(in, &octets[0], &protocol))
        return false;
    while (in->at < in->n) {
        uint32_t port;

        if (!read_port(in, protocol, &port))
            return false;
        octets[1 + port / 8] |= (uint8_t)(0x80 >> port % 8);
        if (used < 2 + port / 8)
            used = 2 + port / 8;
    }
    return rdata_push(in, LDNS_RDF_TYPE_WKS, octets, used);
}

/* Copies what field holds, and frees it. NULL: it was refused before. */
static bool copy_field(struct rdata *in, ldns_rdf *field, uint8_t *octets, size_t room,
                       size_t *ret_length)
{
    bool fits = field && ldns_rdf_size(field) <= room;

    if (fits) {
        *ret_length = ldns_rdf_size(field);
        memcpy(octets, ldns_rdf_data(field), *ret_length);
    } else if (field) {
        rdata_refuse(in, "a field is longer than %zu octets", room);
    }
    ldns_rdf_deep_free(field);
    return fits;
}

/* A gateway of kind 0 (none, written as a dot), 1 (IPv4), 2 (IPv6) or 3 (a name). Writes
 * at most GATEWAY_MAX octets. */
static bool read_gateway(struct rdata *in, uint32_t kind, uint8_t *octets, size_t *ret_length)
{
    static const ldns_rdf_type types[] = {LDNS_RDF_TYPE_NONE, LDNS_RDF_TYPE_A, LDNS_RDF_TYPE_AAAA,
                                          LDNS_RDF_TYPE_DNAME};
    const char *word;

    if (kind > 0)
        // cppcheck-suppress arrayIndexOutOfBoundsCond ; the callers allow 0 to 3
        return copy_field(in, rdata_field(in, types[kind]), octets, GATEWAY_MAX, ret_length);
    *ret_length = 0;
    word = rdata_word(in);
    return word && (!strcmp(word, ".") ||
                    rdata_refuse(in, "`%.100s` stands where a type of 0 wants a dot", word));
}

bool rdata_read_ipseckey(struct rdata *in)
{
    static const uint32_t limits[] = {UINT8_MAX, 3, UINT8_MAX};
    uint8_t octets[RDATA_MAX];
    uint32_t numbers[3];
    size_t gateway, key;

    for (size_t i = 0; i < 3; i++) {
        if (!rdata_number(in, limits[i], &numbers[i]))
            return false;
        octets[i] = (uint8_t)numbers[i];
    }
    return read_gateway(in, numbers[1], octets + 3, &gateway) &&
           copy_field(in, rdata_rest(in, LDNS_RDF_TYPE_B64), octets + 3 + gateway,
                      sizeof octets - 3 - gateway, &key) &&
           rdata_push(in, LDNS_RDF_TYPE_IPSECKEY, octets, 3 + gateway + key);
}

bool rdata_read_hip(struct rdata *in)
{
    uint8_t octets[RDATA_MAX];
    uint32_t algorithm;
    size_t tag, key;

    if (!rdata_number(in, UINT8_MAX, &algorithm) ||
        !copy_field(in, rdata_field(in, LDNS_RDF_TYPE_HEX), octets + 4, UINT8_MAX, &tag) ||
        !copy_field(in, rdata_field(in, LDNS_RDF_TYPE_B64), octets + 4 + tag,
                    sizeof octets - 4 - tag, &key))
        return false;
    octets[0] = (uint8_t)tag;
    octets[1] = (uint8_t)algorithm;
    ldns_write_uint16(octets + 2, (uint16_t)key);
    return rdata_push(in, LDNS_RDF_TYPE_HIP, octets, 4 + tag + key);
}

/* One item, [!]FAMILY:ADDRESS/PREFIX, which ldns makes once its numbers are known to be good. */
bool rdata_read_apl(struct rdata *in)
{
    const char *word = rdata_word(in), *item, *slash;
    ldns_rdf *field = NULL;
    uint64_t prefix;

    if (!word)
        return false;
    item = word + (*word == '!');
    slash = strchr(item, '/');
    if ((!strncmp(item, "1:", 2) || !strncmp(item, "2:", 2)) && slash) {
        const char *end = read_decimal(slash + 1, 0, &prefix);

        if (end && !*end && prefix <= (*item == '1' ? 32 : 128))
            field = ldns_rdf_new_frm_str(LDNS_RDF_TYPE_APL, word);
    }
    if (field && ldns_rr_push_rdf(in->record, field))
        return true;
    return rdata_refuse(in, "`%.100s` is not [!]1:ADDRESS/0-32 (IPv4) or [!]2:ADDRESS/0-128 (IPv6)",
                        word);
}

bool rdata_read_types(struct rdata *in)
{
    size_t n = in->n - in->at;
    ldns_rr_type *types = reallocarray(NULL, n, sizeof *types);
    ldns_rdf *field = NULL;
    bool good = types != NULL;

    for (size_t i = 0; good && i < n; i++) {
        const char *word = rdata_word(in);

        good = word && (rdata_type(word, &types[i]) ||
                        rdata_refuse(in, "`%.100s` is not a type of records", word));
    }
    if (good)
        field = ldns_dnssec_create_nsec_bitmap(types, n, LDNS_RR_TYPE_NSEC);
    free(types);
    if (field)
        ldns_rdf_set_type(field, LDNS_RDF_TYPE_NSEC);
    return field && ldns_rr_push_rdf(in->record, field);
}

/* Hexadecimal digits with dots between, at least one octet of them. Writes at most room octets. */
static bool read_dotted_hex(struct rdata *in, const char *text, uint8_t *octets, size_t room,
                            size_t *ret_length)
{
    size_t digits = 0;

    for (const char *c = text; *c; c++) {
        int value = isxdigit((unsigned char)*c) ? ldns_hexdigit_to_int(*c) : -1;

        if (*c == '.' && digits)
            continue;
        if (value < 0 || digits / 2 >= room)
            return rdata_refuse(in, "`%.100s` is not an address in hexadecimal digits", text);
        octets[digits / 2] = (uint8_t)(digits % 2 ? octets[digits / 2] | value : value << 4);
        digits++;
    }
    *ret_length = digits / 2;
    return (digits && digits % 2 == 0) ||
           rdata_refuse(in, "`%.100s` does not have two hexadecimal digits for each octet", text);
}

bool rdata_read_nsap(struct rdata *in)
{
    const char *word = rdata_word(in);
    uint8_t octets[UINT8_MAX];
    size_t length;

    if (!word)
        return false;
    if (strncasecmp(word, "0x", 2) != 0)
        return rdata_refuse(in, "`%.100s` does not begin with 0x", word);
    return read_dotted_hex(in, word + 2, octets, sizeof octets, &length) &&
           rdata_push(in, LDNS_RDF_TYPE_NSAP, octets, length);
}

/* A telephone number (+ and digits), or an address in hexadecimal digits. */
bool rdata_read_atma(struct rdata *in)
{
    const char *word = rdata_word(in);
    uint8_t octets[1 + UINT8_MAX];
    size_t length;

    if (!word)
        return false;
    octets[0] = *word == '+';
    if (*word != '+')
        return read_dotted_hex(in, word, octets + 1, sizeof octets - 1, &length) &&
               rdata_push(in, LDNS_RDF_TYPE_ATMA, octets, 1 + length);
    length = strspn(word + 1, "0123456789");
    if (!length || word[1 + length] || length > UINT8_MAX)
        return rdata_refuse(in, "`%.100s` is not + and the digits of a telephone number", word);
    memcpy(octets + 1, word + 1, length);
    return rdata_push(in, LDNS_RDF_TYPE_ATMA, octets, 1 + length);
}
