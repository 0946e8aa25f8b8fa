/* SPDX-License-Identifier: ISC */
/* One field of the data, from one word or from all that are left. */
#include "rdata.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"

enum { DATE_LENGTH = 14 }; /* YYYYMMDDHHMMSS */

bool rdata_refuse(struct rdata *in, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(in->why, RDATA_WHY_MAX, format, args);
    va_end(args);
    value_ascii(in->why, in->why, RDATA_WHY_MAX);
    return false;
}

bool rdata_type(const char *name, ldns_rr_type *ret)
{
    static const char numbered[] = "TYPE";
    unsigned long number;
    char *end;

    if (strncasecmp(name, numbered, strlen(numbered)) != 0) {
        number = ldns_get_rr_type_by_name(name);
        *ret = (ldns_rr_type)number;
        return number != 0;
    }
    name += strlen(numbered);
    if (!isdigit((unsigned char)*name))
        return false;
    number = strtoul(name, &end, 10);
    *ret = (ldns_rr_type)number;
    return number <= UINT16_MAX && !*end;
}

ldns_rdf *rdata_name(const char *text, const ldns_rdf *origin, char *why)
{
    ldns_rdf *name;

    if (!strcmp(text, "@"))
        return ldns_rdf_clone(origin);
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c > 0x7e) {
            snprintf(why, RDATA_WHY_MAX,
                     "`%.200s` is not a name: write what is not ASCII as an A-label (xn--...)",
                     text);
            value_ascii(why, why, RDATA_WHY_MAX);
            return NULL;
        }
    name = ldns_dname_new_frm_str(text);
    if (name && !ldns_dname_str_absolute(text) && ldns_dname_cat(name, origin) != LDNS_STATUS_OK) {
        ldns_rdf_deep_free(name);
        name = NULL;
    }
    if (name && ldns_rdf_size(name) <= LDNS_MAX_DOMAINLEN)
        return name;
    snprintf(why, RDATA_WHY_MAX,
             name ? "`%.200s` is more than 255 octets long once it is complete"
                  : "`%.200s` is not a name: it has labels of 1 to 63 octets, with dots between",
             text);
    ldns_rdf_deep_free(name);
    return NULL;
}

bool rdata_is_bare(struct rdata *in)
{
    if (in->at == in->n)
        return rdata_refuse(in, "it ends too early: fields are missing");
    if (in->words[in->at].quoted)
        return rdata_refuse(in, "\"%.200s\" must stand there without quotation marks",
                            in->words[in->at].text);
    return true;
}

const char *rdata_word(struct rdata *in)
{
    if (!rdata_is_bare(in))
        return NULL;
    if (in->words[in->at].valued) {
        rdata_refuse(in, "a quotation mark within a word: `%.200s`", in->words[in->at].text);
        return NULL;
    }
    return in->words[in->at++].text;
}

static bool is_digits(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

bool rdata_number(struct rdata *in, uint32_t max, uint32_t *ret)
{
    const char *text = rdata_word(in);
    unsigned long long number;

    if (!text)
        return false;
    number = strtoull(text, NULL, 10);
    if (!is_digits(text) || number > max)
        return rdata_refuse(in, "%.100s is not a number from 0 to %u", text, max);
    *ret = (uint32_t)number;
    return true;
}

bool rdata_push(struct rdata *in, ldns_rdf_type type, const void *octets, size_t n)
{
    ldns_rdf *field = n <= RDATA_MAX ? ldns_rdf_new_frm_data(type, n, octets) : NULL;

    if (field && ldns_rr_push_rdf(in->record, field))
        return true;
    ldns_rdf_deep_free(field);
    return rdata_refuse(in, "the data is longer than %d octets", RDATA_MAX);
}

/* Whether ldns's field, printed, reads as it was written. Base64 is compared as it is, so that bits
 * that are cut off show; hexadecimal digits in either case. */
static bool is_as_written(const ldns_rdf *field, const char *text)
{
    char *printed = field ? ldns_rdf2str(field) : NULL;
    bool same;

    if (!printed)
        return false;
    if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_B64)
        same = !strcmp(printed, text);
    else if (is_digits(printed) && is_digits(text))
        same = strtoull(printed, NULL, 10) == strtoull(text, NULL, 10);
    else
        same = !strcasecmp(printed, text);
    free(printed);
    return same;
}

/* The rest of the words as one: hexadecimal and base64 may have blanks in them. NULL: refused. */
static char *join_rest(struct rdata *in)
{
    size_t size = 1, used = 0;
    char *whole;

    for (size_t i = in->at; i < in->n; i++)
        size += strlen(in->words[i].text);
    if (in->at == in->n) {
        rdata_refuse(in, "it ends too early: fields are missing");
        return NULL;
    }
    whole = malloc(size);
    while (whole && in->at < in->n) {
        const char *word = rdata_word(in);

        if (!word) {
            free(whole);
            return NULL;
        }
        memcpy(whole + used, word, strlen(word) + 1);
        used += strlen(word);
    }
    return whole;
}

/* What is allowed in a field of that type. */
static const char *what_is_allowed(ldns_rdf_type type)
{
    switch (type) {
    case LDNS_RDF_TYPE_INT8:
    case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
    case LDNS_RDF_TYPE_SELECTOR:
    case LDNS_RDF_TYPE_MATCHING_TYPE:
        return "a number from 0 to 255";
    case LDNS_RDF_TYPE_ALG:
        return "a number from 0 to 255 or the name of an algorithm";
    case LDNS_RDF_TYPE_INT16:
        return "a number from 0 to 65535";
    case LDNS_RDF_TYPE_CERT_ALG:
        return "a number from 0 to 65535 or the name of a certificate type";
    case LDNS_RDF_TYPE_INT32:
        return "a number from 0 to 4294967295";
    case LDNS_RDF_TYPE_A:
        return "an IPv4 address such as 192.0.2.1";
    case LDNS_RDF_TYPE_AAAA:
        return "an IPv6 address such as 2001:db8::1";
    case LDNS_RDF_TYPE_HEX:
        return "hexadecimal digits, two for each octet";
    case LDNS_RDF_TYPE_B64:
        return "base64, whole, with its `=` at the end";
    case LDNS_RDF_TYPE_TYPE:
        return "a type of records";
    case LDNS_RDF_TYPE_TIME:
        return "a time as YYYYMMDDHHMMSS or in seconds since 1970";
    case LDNS_RDF_TYPE_EUI48:
        return "six octets as 00-00-5e-00-53-2a";
    case LDNS_RDF_TYPE_EUI64:
        return "eight octets as 00-00-5e-ef-10-00-00-2a";
    case LDNS_RDF_TYPE_ILNP64:
        return "four groups of hexadecimal digits as 0014:4fff:ff20:ee64";
    case LDNS_RDF_TYPE_TAG:
        return "letters and digits";
    default:
        return "valid";
    }
}

/* Whether text may be handed to ldns for such a field: it overlooks signs, blanks and 0x. */
static bool has_shape(ldns_rdf_type type, const char *text)
{
    size_t digits = strspn(text, "0123456789abcdefABCDEF");
    ldns_rr_type known;

    switch (type) {
    case LDNS_RDF_TYPE_INT8:
    case LDNS_RDF_TYPE_INT16:
    case LDNS_RDF_TYPE_INT32:
    case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
    case LDNS_RDF_TYPE_SELECTOR:
    case LDNS_RDF_TYPE_MATCHING_TYPE:
        return is_digits(text);
    case LDNS_RDF_TYPE_HEX:
        return digits && digits % 2 == 0 && !text[digits];
    case LDNS_RDF_TYPE_B64:
        return strlen(text) % 4 == 0; /* a lonely 0 would be no octets */
    case LDNS_RDF_TYPE_EUI48:
    case LDNS_RDF_TYPE_EUI64:
        return digits == 2; /* the rest shows when it is compared */
    case LDNS_RDF_TYPE_ILNP64:
        return text[strspn(text, "0123456789abcdefABCDEF:")] == '\0';
    case LDNS_RDF_TYPE_TYPE:
        return rdata_type(text, &known);
    case LDNS_RDF_TYPE_TIME:
        return is_digits(text) &&
               (strlen(text) == DATE_LENGTH || strtoull(text, NULL, 10) <= UINT32_MAX);
    case LDNS_RDF_TYPE_ALG:
        return is_digits(text) || ldns_lookup_by_name(ldns_algorithms, text);
    case LDNS_RDF_TYPE_CERT_ALG:
        return is_digits(text) || ldns_lookup_by_name(ldns_cert_algorithms, text);
    default:
        return true;
    }
}

/* Whether what ldns made has to be compared with what was written. Names, addresses, and what has a
 * mnemonic have several ways to be written, and ldns does not take a wrong one for them. */
static bool is_compared(ldns_rdf_type type, const char *text)
{
    switch (type) {
    case LDNS_RDF_TYPE_A:
    case LDNS_RDF_TYPE_AAAA:
    case LDNS_RDF_TYPE_TYPE:
    case LDNS_RDF_TYPE_TAG:
    case LDNS_RDF_TYPE_ILNP64:
        return false;
    case LDNS_RDF_TYPE_ALG:
    case LDNS_RDF_TYPE_CERT_ALG:
        return is_digits(text);
    case LDNS_RDF_TYPE_TIME:
        return strlen(text) == DATE_LENGTH;
    default:
        return true;
    }
}

/* ldns prints an algorithm by its number or its name: compare numbers by themselves. */
static ldns_rdf_type plain(ldns_rdf_type type)
{
    switch (type) {
    case LDNS_RDF_TYPE_ALG:
    case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
    case LDNS_RDF_TYPE_SELECTOR:
    case LDNS_RDF_TYPE_MATCHING_TYPE:
        return LDNS_RDF_TYPE_INT8;
    case LDNS_RDF_TYPE_CERT_ALG:
        return LDNS_RDF_TYPE_INT16;
    default:
        return type;
    }
}

static ldns_rdf *make_field(struct rdata *in, ldns_rdf_type type, const char *text)
{
    ldns_rdf_type made = is_digits(text) ? plain(type) : type;
    ldns_rdf *field = has_shape(type, text) ? ldns_rdf_new_frm_str(made, text) : NULL;

    if (field && (!is_compared(type, text) || is_as_written(field, text))) {
        ldns_rdf_set_type(field, type);
        return field;
    }
    ldns_rdf_deep_free(field);
    rdata_refuse(in, "`%.100s` is not %s", text, what_is_allowed(type));
    return NULL;
}

ldns_rdf *rdata_field(struct rdata *in, ldns_rdf_type type)
{
    const char *text = rdata_word(in);

    if (!text)
        return NULL;
    return type == LDNS_RDF_TYPE_DNAME ? rdata_name(text, in->origin, in->why)
                                       : make_field(in, type, text);
}

ldns_rdf *rdata_rest(struct rdata *in, ldns_rdf_type type)
{
    char *text = join_rest(in);
    ldns_rdf *field = text ? make_field(in, type, text) : NULL;

    free(text);
    return field;
}
