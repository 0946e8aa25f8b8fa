/* SPDX-License-Identifier: ISC */
#include "rdata.h"

#include <stdlib.h>
#include <string.h>

#include "rdata_special.h"
#include "svcb.h"

static bool push(struct rdata *in, ldns_rdf *field)
{
    return field && (ldns_rr_push_rdf(in->record, field) || rdata_refuse(in, "out of memory"));
}

/* A character string, in quotation marks or not; long: one that fills the rest of the data. */
static bool read_string(struct rdata *in, ldns_rdf_type type)
{
    const struct zonefile_word *word = &in->words[in->at];
    ldns_rdf *field;

    if (ldns_rr_get_type(in->record) == LDNS_RR_TYPE_URI && !word->quoted)
        return rdata_refuse(in, "the target stands in quotation marks: \"%.200s\"", word->text);
    if (word->valued)
        return rdata_refuse(in, "a quotation mark within a word: write it as \\\"");
    field = ldns_rdf_new_frm_str(type, word->text);
    in->at++;
    if (!field)
        return rdata_refuse(in, "a string is longer than 255 octets; split it: \"...\" \"...\"");
    return push(in, field);
}

static bool read_field(struct rdata *in, ldns_rdf_type type, bool last)
{
    switch (type) {
    case LDNS_RDF_TYPE_STR:
        if (ldns_rr_get_type(in->record) == LDNS_RR_TYPE_NSAP_PTR) /* a name; ldns errs there */
            return push(in, rdata_field(in, LDNS_RDF_TYPE_DNAME));
        return read_string(in, type);
    case LDNS_RDF_TYPE_LONG_STR:
        return read_string(in, type);
    case LDNS_RDF_TYPE_HEX:
    case LDNS_RDF_TYPE_B64:
        return push(in, last ? rdata_rest(in, type) : rdata_field(in, type)); /* may have blanks */
    case LDNS_RDF_TYPE_LOC:
        return rdata_read_loc(in);
    case LDNS_RDF_TYPE_WKS:
        return rdata_read_wks(in);
    case LDNS_RDF_TYPE_IPSECKEY:
        return rdata_read_ipseckey(in);
    case LDNS_RDF_TYPE_HIP:
        return rdata_read_hip(in);
    case LDNS_RDF_TYPE_APL:
        return rdata_read_apl(in);
    case LDNS_RDF_TYPE_NSEC:
        return rdata_read_types(in);
    case LDNS_RDF_TYPE_NSAP:
        return rdata_read_nsap(in);
    case LDNS_RDF_TYPE_ATMA:
        return rdata_read_atma(in);
    case LDNS_RDF_TYPE_SVCPARAMS:
        return svcb_read_params(in);
    case LDNS_RDF_TYPE_UNKNOWN:
        return rdata_refuse(in, "the data of this type can only be written as \\# LENGTH HEX "
                                "(RFC 3597 section 5)");
    default:
        return push(in, rdata_field(in, type));
    }
}

/* How few fields the type has at least. ldns wants what may be left out: the list of types of
 * CSYNC, the key of a KEY that says there is none (RFC 2535 section 3.1.2). */
static size_t fewest_fields(const struct rdata *in)
{
    ldns_rr_type type = ldns_rr_get_type(in->record);
    size_t n = ldns_rr_descriptor_minimum(ldns_rr_descript((uint16_t)type));
    bool no_key = type == LDNS_RR_TYPE_KEY && ldns_rr_rd_count(in->record) == 3 &&
                  ldns_rdf2native_int16(ldns_rr_rdf(in->record, 0)) >= 0xc000;

    return n - (no_key || type == LDNS_RR_TYPE_CSYNC);
}

/* Coding, subcoding and what is left: ldns knows of the first only. */
static bool read_sink(struct rdata *in)
{
    for (size_t i = 0; i < 3; i++)
        if (!push(in, rdata_field(in, LDNS_RDF_TYPE_INT8)))
            return false;
    return in->at == in->n || push(in, rdata_rest(in, LDNS_RDF_TYPE_B64));
}

static bool read_fields(struct rdata *in)
{
    ldns_rr_type type = ldns_rr_get_type(in->record);
    const ldns_rr_descriptor *descriptor = ldns_rr_descript((uint16_t)type);
    size_t most = ldns_rr_descriptor_maximum(descriptor);

    if (type == LDNS_RR_TYPE_SINK)
        return read_sink(in);
    if (in->at == in->n && type != LDNS_RR_TYPE_APL)
        return rdata_refuse(in, "it has no data");
    for (size_t i = 0; i < most && in->at < in->n; i++)
        if (!read_field(in, ldns_rr_descriptor_field_type(descriptor, i), i + 1 == most))
            return false;
    if (ldns_rr_rd_count(in->record) < fewest_fields(in))
        return rdata_refuse(in, "it ends too early: fields are missing");
    if (in->at < in->n)
        return rdata_refuse(in,
                            "`%.200s` and what follows is too much: the record is complete "
                            "before it",
                            in->words[in->at].text);
    return true;
}

bool rdata_is(const ldns_rr *record, const uint8_t *octets, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < ldns_rr_rd_count(record); i++) {
        const ldns_rdf *field = ldns_rr_rdf(record, i);
        size_t size = ldns_rdf_size(field);

        if (size > n - at || (size && memcmp(octets + at, ldns_rdf_data(field), size) != 0))
            return false;
        at += size;
    }
    return at == n;
}

/* Makes the fields of n octets that follow the two of their length in wire. */
static bool split_octets(struct rdata *in, const uint8_t *wire, size_t n)
{
    ldns_rdf *name = NULL;
    size_t at = 0;

    if (ldns_rr_get_type(in->record) != LDNS_RR_TYPE_NSAP_PTR) /* a name; ldns errs there */
        return ldns_wire2rdf(in->record, wire, n + 2, &at) == LDNS_STATUS_OK;
    return ldns_wire2dname(&name, wire + 2, n, &at) == LDNS_STATUS_OK && push(in, name);
}

/* Makes the fields of n octets. They must be all of it: no name was compressed, which needs a
 * message to refer to (RFC 3597 section 4), and nothing follows. */
static bool read_octets(struct rdata *in, const uint8_t *octets, size_t n)
{
    const ldns_rr_descriptor *descriptor = ldns_rr_descript((uint16_t)ldns_rr_get_type(in->record));
    uint8_t *wire = malloc(n + 2);
    bool good = wire != NULL;

    if (good) {
        ldns_write_uint16(wire, (uint16_t)n);
        if (n)
            memcpy(wire + 2, octets, n);
        good = split_octets(in, wire, n);
    }
    free(wire);
    return good && rdata_is(in->record, octets, n) &&
           (ldns_rr_rd_count(in->record) >= fewest_fields(in) ||
            ldns_rr_descriptor_field_type(descriptor, 0) == LDNS_RDF_TYPE_UNKNOWN);
}

/* RFC 3597 section 5: \# LENGTH HEX, for any type. */
static bool read_generic(struct rdata *in)
{
    ldns_rdf *octets = NULL;
    uint32_t length;
    bool good;

    in->at = 1;
    if (!rdata_number(in, RDATA_MAX, &length) ||
        (in->at < in->n && !(octets = rdata_rest(in, LDNS_RDF_TYPE_HEX))))
        return false;
    good = (octets ? ldns_rdf_size(octets) : 0) == length;
    if (!good)
        rdata_refuse(in, "there are not %u octets behind \\# %u", length, length);
    else if (!read_octets(in, octets ? ldns_rdf_data(octets) : (const uint8_t *)"", length))
        good = rdata_refuse(in, "these octets are no data of this type");
    ldns_rdf_deep_free(octets);
    return good;
}

bool rdata_read(ldns_rr *record, const struct zonefile_word *words, size_t n,
                const ldns_rdf *origin, char *why)
{
    struct rdata in = {.record = record, .origin = origin, .words = words, .n = n, .why = why};
    bool generic = n && !words[0].quoted && !strcmp(words[0].text, "\\#");
    size_t size = 0;

    if (!(generic ? read_generic(&in) : read_fields(&in)))
        return false;
    for (size_t i = 0; i < ldns_rr_rd_count(record); i++)
        size += ldns_rdf_size(ldns_rr_rdf(record, i));
    return size <= RDATA_MAX || rdata_refuse(&in, "the data is longer than %d octets", RDATA_MAX);
}
