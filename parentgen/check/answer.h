/* SPDX-License-Identifier: ISC */
/*
 * answer: what a reply says, and whether it says what the site file does.
 */
#ifndef PARENTGEN_CHECK_ANSWER_H
#define PARENTGEN_CHECK_ANSWER_H

#include "ask.h"
#include "report.h"

/* What happened, for a sentence: "does not answer", "answers REFUSED" … Static or the buffer. */
const char *answer_outcome(const struct ask *ask, char *buffer, size_t size);

/* The data of an EDNS option of the reply; NULL if it has none. *ret_size is its length. */
const uint8_t *answer_option(const struct ask *ask, ldns_edns_option_code code, size_t *ret_size);

/* Whether the reply came, without error and with authority. */
bool answer_is_authoritative(const struct ask *ask);

bool answer_has_rcode(const struct ask *ask, ldns_pkt_rcode rcode);

/* The cut that the reply refers to, lower case without the final dot; NULL if it is no referral.
 * The caller frees it. */
char *answer_referral(const struct ask *ask);

/* The zone whose SOA came with the answer that there is nothing, in the same form; NULL if none
 * did. The caller frees it. */
char *answer_soa_owner(const struct ask *ask);

/* The owner of the DNAME in the answer section, in the same form; NULL if there is none. The caller
 * frees it. */
char *answer_dname_owner(const struct ask *ask);

/* Reports if this host has failed to ask any of n questions to the server called where. Returns
 * whether it did. */
bool answer_report_own_fault(const struct ask *asks, size_t n, const char *where,
                             struct report *report);

/* Reports if a server of the parent, called where, does not tell what it holds for a question of
 * that type. Returns whether it reported. */
bool answer_report_failure(const struct ask *ask, const char *type, const char *where,
                           struct report *report);

/* The records of that owner and type in a section of the reply: a list for ldns_rr_list_free(),
 * empty if there are none; the reply keeps the records. owner is a host name; NULL is any. */
ldns_rr_list *answer_records(const struct ask *ask, ldns_pkt_section section, const char *owner,
                             ldns_rr_type type);

/* Their number. */
size_t answer_count(const struct ask *ask, ldns_pkt_section section, const char *owner,
                    ldns_rr_type type);

/* The same in one step: answer_text() of answer_records(). */
char *answer_records_text(const struct ask *ask, ldns_pkt_section section, const char *owner,
                          ldns_rr_type type);

/* Whether both texts are there and differ; without memory for one of them the report says so. */
bool answer_differs(const char *found, const char *wanted, struct report *report);

/* The data of records, each once, sorted, separated by spaces, "none" if there are none; names in
 * lower case without the final dot. The caller frees it. NULL if there is no memory. */
char *answer_text(const ldns_rr_list *records);

/* The name servers of all sites, and the addresses of a family, in the form of answer_text(). */
char *answer_nameservers_text(const struct conf *conf);
char *answer_addresses_text(const struct conf_addresses *addresses, int family);

/* The addresses of a family of several sites, one bit each, in the same form. */
char *answer_sites_text(const struct conf *conf, uint64_t sites, int family);

#endif
