/* SPDX-License-Identifier: ISC */
#include "parent_find.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "conf/dns.h"

struct parent_find {
    const char *parent;
    struct lookup servers;
    size_t n_names;
    char names[PARENT_NAMES_MAX][NAME_TEXT_MAX];
    struct lookup addresses[2 * PARENT_NAMES_MAX]; /* A and AAAA of each name */
};

struct parent_find *parent_find_new(void)
{
    return calloc(1, sizeof(struct parent_find));
}

void parent_find_free(struct parent_find *find)
{
    if (!find)
        return;
    lookup_done(&find->servers);
    for (size_t i = 0; i < 2 * find->n_names; i++)
        lookup_done(&find->addresses[i]);
    free(find);
}

void parent_find_servers(struct parent_find *find, const struct resolvers *resolvers,
                         const char *parent, struct ask **asks, size_t *n)
{
    find->parent = parent;
    lookup_prepare(&find->servers, resolvers, parent, LDNS_RR_TYPE_NS, asks, n);
}

static void take_names(struct parent_find *find, char *list)
{
    char *rest = NULL;

    for (char *name = strtok_r(list, " ", &rest); name && find->n_names < PARENT_NAMES_MAX;
         name = strtok_r(NULL, " ", &rest))
        if (strlen(name) < NAME_TEXT_MAX)
            strcpy(find->names[find->n_names++], name);
}

void parent_find_addresses(struct parent_find *find, const struct resolvers *resolvers,
                           struct ask **asks, size_t *n)
{
    const struct ask *answer = lookup_answer(&find->servers);
    char *list;

    if (!answer || !answer_count(answer, LDNS_SECTION_ANSWER, find->parent, LDNS_RR_TYPE_NS))
        return;
    list = answer_records_text(answer, LDNS_SECTION_ANSWER, find->parent, LDNS_RR_TYPE_NS);
    take_names(find, list);
    free(list);
    for (size_t i = 0; i < 2 * find->n_names; i++)
        lookup_prepare(&find->addresses[i], resolvers, find->names[i / 2],
                       i % 2 ? LDNS_RR_TYPE_AAAA : LDNS_RR_TYPE_A, asks, n);
}

static void set_server(struct parent_result *result, const char *name, const struct endpoint *at)
{
    char address[ADDRESS_TEXT_MAX];

    result->at = *at;
    address_text(&at->address, address);
    if (name)
        snprintf(result->where, sizeof result->where, "%s (%s)", name, address);
    else
        snprintf(result->where, sizeof result->where, "%s", address);
}

void parent_find_given(const struct endpoint *at, struct parent_result *results, size_t *ret_n)
{
    set_server(&results[0], NULL, at);
    *ret_n = 1;
}

static void add_results(const struct lookup *lookup, const char *name,
                        struct parent_result *results, size_t *n)
{
    const struct ask *answer = lookup_answer(lookup);
    ldns_rr_list *records;

    if (!answer)
        return;
    records = answer_records(answer, LDNS_SECTION_ANSWER, NULL, answer->type);
    for (size_t i = 0; i < ldns_rr_list_rr_count(records) && *n < PARENT_SERVERS_MAX; i++) {
        const ldns_rdf *rdf = ldns_rr_rdf(ldns_rr_list_rr(records, i), 0);
        struct endpoint at = {.port = DNS_PORT};

        at.address.family = answer->type == LDNS_RR_TYPE_A ? AF_INET : AF_INET6;
        memcpy(at.address.octets, ldns_rdf_data(rdf), ldns_rdf_size(rdf));
        set_server(&results[(*n)++], name, &at);
    }
    ldns_rr_list_free(records);
}

static void report_none(const struct parent_find *find, struct report *report)
{
    const struct ask *answer = lookup_answer(&find->servers);
    char *zone = answer ? answer_soa_owner(answer) : NULL;

    if (!answer && answer_report_own_fault(find->servers.asks, find->servers.n, "resolver", report))
        return;
    if (!answer)
        report_add(report, SEVERITY_ERROR, "parent-not-found", 0,
                   "Check /etc/resolv.conf here, or name one with --parent ADDRESS",
                   "no resolver of this host tells the name servers of %s", find->parent);
    else if (find->n_names)
        report_add(report, SEVERITY_ERROR, "parent-not-found", 0,
                   "Fix the parent zone's own delegation, or use --parent ADDRESS",
                   "the name servers of %s have no address", find->parent);
    else
        report_add(report, SEVERITY_ERROR, "parent-not-a-zone", 0,
                   "Set `parent` in the site file to the zone that holds the delegation",
                   "%s is not a zone of its own%s%s", find->parent, zone ? "; it lies in " : "",
                   zone ? zone : "");
    free(zone);
}

void parent_find_results(const struct parent_find *find, struct parent_result *results,
                         size_t *ret_n, struct report *report)
{
    *ret_n = 0;
    for (size_t i = 0; i < 2 * find->n_names; i++)
        add_results(&find->addresses[i], find->names[i / 2], results, ret_n);
    if (*ret_n == 0)
        report_none(find, report);
}
