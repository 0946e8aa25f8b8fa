/* SPDX-License-Identifier: ISC */
#include "peer_message.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdbool.h>
#include <string.h>

#include "conf/dns.h"
#include "not_ready.h"

int peer_query(const char *zone, uint16_t id, uint8_t *out)
{
    ldns_pkt *query = NULL;
    uint8_t *wire = NULL;
    size_t length = 0;
    int r = -EINVAL;

    if (ldns_pkt_query_new_frm_str(&query, zone, LDNS_RR_TYPE_SOA, LDNS_RR_CLASS_IN, 0) !=
        LDNS_STATUS_OK)
        return -EINVAL;
    ldns_pkt_set_id(query, id);
    ldns_pkt_set_edns_udp_size(query, DNS_UDP_EDNS); /* OPT too: the EDE needs it (RFC 8914) */
    if (ldns_pkt2wire(&wire, query, &length) == LDNS_STATUS_OK && length <= PEER_QUERY_MAX) {
        memcpy(out, wire, length);
        r = (int)length;
    }
    LDNS_FREE(wire);
    ldns_pkt_free(query);
    return r;
}

static bool is_zone(const ldns_rdf *owner, const char *zone)
{
    ldns_rdf *name = ldns_dname_new_frm_str(zone);
    bool same = name && ldns_dname_compare(owner, name) == 0;

    ldns_rdf_deep_free(name);
    return same;
}

static bool is_ours(const ldns_pkt *answer, const char *zone, uint16_t id)
{
    const ldns_rr *question;

    if (!ldns_pkt_qr(answer) || ldns_pkt_id(answer) != id || ldns_pkt_qdcount(answer) != 1)
        return false;
    question = ldns_rr_list_rr(ldns_pkt_question(answer), 0);
    return ldns_rr_get_type(question) == LDNS_RR_TYPE_SOA &&
           ldns_rr_get_class(question) == LDNS_RR_CLASS_IN &&
           is_zone(ldns_rr_owner(question), zone);
}

static bool has_soa(const ldns_pkt *answer, const char *zone)
{
    const ldns_rr_list *records = ldns_pkt_answer(answer);

    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(records, i);

        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA && is_zone(ldns_rr_owner(rr), zone))
            return true;
    }
    return false;
}

static enum peer_answer classify(ldns_pkt *answer, const char *zone, uint16_t id,
                                 const char **ret_why)
{
    *ret_why = "an answer to another question";
    if (!is_ours(answer, zone, id))
        return PEER_UNRELATED;
    *ret_why = "it is marked as not ready";
    if (not_ready(answer))
        return PEER_NOT_READY;
    *ret_why = "its answer is truncated";
    if (ldns_pkt_tc(answer))
        return PEER_TRUNCATED;
    *ret_why = "it does not answer for the zone";
    if (ldns_pkt_get_rcode(answer) != LDNS_RCODE_NOERROR || !ldns_pkt_aa(answer) ||
        !has_soa(answer, zone))
        return PEER_REFUSES;
    *ret_why = "it answers";
    return PEER_ANSWERS;
}

enum peer_answer peer_answer(const uint8_t *message, size_t length, const char *zone, uint16_t id,
                             const char **ret_why)
{
    ldns_pkt *answer = NULL;
    enum peer_answer result;

    *ret_why = "not a DNS message";
    if (ldns_wire2pkt(&answer, message, length) != LDNS_STATUS_OK)
        return PEER_UNRELATED;
    result = classify(answer, zone, id, ret_why);
    ldns_pkt_free(answer);
    return result;
}
