/* SPDX-License-Identifier: ISC */
#include "answer.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *answer_outcome(const struct ask *ask, char *buffer, size_t size)
{
    static const char *const texts[] = {
        [ASK_PENDING] = "was not asked",
        [ASK_SILENT] = "does not answer",
        [ASK_CLOSED] = "closes the connection without an answer",
        [ASK_REFUSED] = "has nobody listening on the port",
        [ASK_NO_ROUTE] = "cannot be reached from this host",
        [ASK_GARBAGE] = "sends something that is no answer",
        [ASK_OWN_FAULT] = "could not be asked by this host",
    };
    char *rcode;

    if (ask->outcome != ASK_ANSWERED)
        return texts[ask->outcome];
    rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(ask->reply));
    snprintf(buffer, size, "answers %s", rcode ? rcode : "with an unknown code");
    free(rcode);
    return buffer;
}

const uint8_t *answer_option(const struct ask *ask, ldns_edns_option_code code, size_t *ret_size)
{
    ldns_edns_option_list *options = ask->reply ? ldns_pkt_edns_get_option_list(ask->reply) : NULL;

    for (size_t i = 0; options && i < ldns_edns_option_list_get_count(options); i++) {
        const ldns_edns_option *option = ldns_edns_option_list_get_option(options, i);

        if (ldns_edns_get_code(option) != code)
            continue;
        *ret_size = ldns_edns_get_size(option);
        return ldns_edns_get_data(option);
    }
    return NULL;
}

bool answer_has_rcode(const struct ask *ask, ldns_pkt_rcode rcode)
{
    return ask->outcome == ASK_ANSWERED && ldns_pkt_get_rcode(ask->reply) == rcode;
}

bool answer_is_authoritative(const struct ask *ask)
{
    return answer_has_rcode(ask, LDNS_RCODE_NOERROR) && ldns_pkt_aa(ask->reply);
}

static const ldns_rr_list *section_of(const ldns_pkt *reply, ldns_pkt_section section)
{
    return section == LDNS_SECTION_ANSWER      ? ldns_pkt_answer(reply)
           : section == LDNS_SECTION_AUTHORITY ? ldns_pkt_authority(reply)
                                               : ldns_pkt_additional(reply);
}

/* ldns takes a record without data from the wire, as dynamic updates have them. */
static bool is_whole(const ldns_rr *rr)
{
    const ldns_rr_descriptor *descriptor = ldns_rr_descript((uint16_t)ldns_rr_get_type(rr));

    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
        if (!ldns_rr_rdf(rr, i))
            return false;
    return ldns_rr_rd_count(rr) >= ldns_rr_descriptor_minimum(descriptor);
}

ldns_rr_list *answer_records(const struct ask *ask, ldns_pkt_section section, const char *owner,
                             ldns_rr_type type)
{
    const ldns_rr_list *all = ask->reply ? section_of(ask->reply, section) : NULL;
    ldns_rr_list *found = ldns_rr_list_new();
    ldns_rdf *name = owner ? ldns_dname_new_frm_str(owner) : NULL;

    for (size_t i = 0; i < ldns_rr_list_rr_count(all); i++) {
        ldns_rr *rr = ldns_rr_list_rr(all, i);

        if (ldns_rr_get_type(rr) == type && is_whole(rr) &&
            (!name || ldns_dname_compare(ldns_rr_owner(rr), name) == 0))
            ldns_rr_list_push_rr(found, rr);
    }
    ldns_rdf_deep_free(name);
    return found;
}

size_t answer_count(const struct ask *ask, ldns_pkt_section section, const char *owner,
                    ldns_rr_type type)
{
    ldns_rr_list *records = answer_records(ask, section, owner, type);
    size_t n = ldns_rr_list_rr_count(records);

    ldns_rr_list_free(records);
    return n;
}

/* The owner of the first of the records, which are released. */
static char *owner_text(ldns_rr_list *records)
{
    const ldns_rr *first = ldns_rr_list_rr(records, 0);
    ldns_rdf *owner = first ? ldns_rdf_clone(ldns_rr_owner(first)) : NULL;
    char *name = NULL;

    if (owner) {
        ldns_dname2canonical(owner);
        name = ldns_rdf2str(owner);
    }
    if (name && strlen(name) > 1)
        name[strlen(name) - 1] = '\0';
    ldns_rdf_deep_free(owner);
    ldns_rr_list_free(records);
    return name;
}

char *answer_referral(const struct ask *ask)
{
    if (ask->outcome != ASK_ANSWERED || ldns_pkt_aa(ask->reply))
        return NULL;
    return owner_text(answer_records(ask, LDNS_SECTION_AUTHORITY, NULL, LDNS_RR_TYPE_NS));
}

char *answer_soa_owner(const struct ask *ask)
{
    return owner_text(answer_records(ask, LDNS_SECTION_AUTHORITY, NULL, LDNS_RR_TYPE_SOA));
}

char *answer_dname_owner(const struct ask *ask)
{
    return owner_text(answer_records(ask, LDNS_SECTION_ANSWER, NULL, LDNS_RR_TYPE_DNAME));
}

bool answer_report_own_fault(const struct ask *asks, size_t n, const char *where,
                             struct report *report)
{
    for (size_t i = 0; i < n; i++) {
        if (asks[i].outcome != ASK_OWN_FAULT)
            continue;
        report_add_at(report, SEVERITY_ERROR, "not-asked", where,
                      "Look at this host: its own firewall may forbid DNS, or its limit of open "
                      "files (ulimit -n) be too low",
                      "this host failed to ask: %s",
                      asks[i].error == ETIME ? "it had no time left to read the answers"
                                             : strerror(asks[i].error));
        return true;
    }
    return false;
}

/* Whether the answer tells what the zone holds. An error behind a CNAME is about its target. */
static bool is_sound(const struct ask *ask)
{
    return answer_has_rcode(ask, LDNS_RCODE_NOERROR) ||
           answer_has_rcode(ask, LDNS_RCODE_NXDOMAIN) ||
           answer_count(ask, LDNS_SECTION_ANSWER, NULL, LDNS_RR_TYPE_CNAME);
}

bool answer_report_failure(const struct ask *ask, const char *type, const char *where,
                           struct report *report)
{
    char buffer[64];

    if (is_sound(ask) || !ask_was_sent(ask))
        return false;
    report_add_at(report, SEVERITY_ERROR, "parent-fails", where,
                  "Look into that server's log, and let no firewall drop long answers",
                  "asked for the %s of %s, the server %s", type, ask->name,
                  answer_outcome(ask, buffer, sizeof buffer));
    return true;
}

bool answer_differs(const char *found, const char *wanted, struct report *report)
{
    if (!found || !wanted)
        report->error = -ENOMEM;
    return found && wanted && strcmp(found, wanted) != 0;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool all_are_there(char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!texts[i])
            return false;
    return true;
}

/* n sorted texts, those that differ, in one; NULL if there is no memory. */
static char *print_joined(char *const *texts, size_t n)
{
    char *joined = NULL;
    size_t length;
    FILE *out = open_memstream(&joined, &length);

    if (!out)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(texts[i], texts[i - 1]) != 0)
            fprintf(out, "%s%s", i ? " " : "", texts[i]);
    if (n == 0)
        fputs("none", out);
    if (fclose(out) == 0)
        return joined;
    free(joined);
    return NULL;
}

/* Sorts n texts, joins those that differ, and frees all. NULL if there is no memory, be it that a
 * text is missing. */
static char *join(char **texts, size_t n)
{
    char *joined = NULL;

    if (all_are_there(texts, n)) {
        qsort(texts, n, sizeof *texts, compare_texts);
        joined = print_joined(texts, n);
    }
    while (n > 0)
        free(texts[--n]);
    free(texts);
    return joined;
}

static char *data_text(const ldns_rr *rr)
{
    ldns_rdf *rdf = ldns_rr_rdf(rr, 0);
    char *text = ldns_rdf2str(rdf);
    size_t length = text ? strlen(text) : 0;

    for (size_t i = 0; i < length; i++)
        text[i] = (char)tolower((unsigned char)text[i]);
    if (length > 1 && ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_DNAME && text[length - 1] == '.')
        text[length - 1] = '\0';
    return text;
}

char *answer_text(const ldns_rr_list *records)
{
    size_t n = ldns_rr_list_rr_count(records);
    char **texts = calloc(n + 1, sizeof *texts);

    for (size_t i = 0; texts && i < n; i++)
        texts[i] = data_text(ldns_rr_list_rr(records, i));
    return texts ? join(texts, n) : NULL;
}

char *answer_records_text(const struct ask *ask, ldns_pkt_section section, const char *owner,
                          ldns_rr_type type)
{
    ldns_rr_list *records = answer_records(ask, section, owner, type);
    char *text = answer_text(records);

    ldns_rr_list_free(records);
    return text;
}

char *answer_nameservers_text(const struct conf *conf)
{
    char **texts = calloc(conf->n_sites, sizeof *texts);

    for (size_t i = 0; texts && i < conf->n_sites; i++)
        texts[i] = strdup(conf->sites[i].nameserver);
    return texts ? join(texts, conf->n_sites) : NULL;
}

/* Adds the texts of those of the family to texts, at *n. */
static void add_addresses(const struct conf_addresses *addresses, int family, char **texts,
                          size_t *n)
{
    char buffer[ADDRESS_TEXT_MAX];

    for (size_t i = 0; i < addresses->n; i++)
        if (addresses->at[i].family == family)
            texts[(*n)++] = strdup(address_text(&addresses->at[i], buffer));
}

char *answer_addresses_text(const struct conf_addresses *addresses, int family)
{
    char **texts = calloc(CONF_SITE_ADDRESSES_MAX, sizeof *texts);
    size_t n = 0;

    if (texts)
        add_addresses(addresses, family, texts, &n);
    return texts ? join(texts, n) : NULL;
}

char *answer_sites_text(const struct conf *conf, uint64_t sites, int family)
{
    char **texts = calloc(conf->n_sites * CONF_SITE_ADDRESSES_MAX, sizeof *texts);
    size_t n = 0;

    for (size_t i = 0; texts && i < conf->n_sites; i++)
        if (sites >> i & 1)
            add_addresses(&conf->sites[i].address, family, texts, &n);
    return texts ? join(texts, n) : NULL;
}
