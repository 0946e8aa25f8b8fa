/* SPDX-License-Identifier: ISC */
#include "lookup.h"

#include <arpa/inet.h>
#include <string.h>

#include "answer.h"
#include "conf/dns.h"

static bool to_endpoint(const ldns_rdf *rdf, struct endpoint *ret)
{
    size_t size = ldns_rdf_size(rdf);

    if (size != sizeof(struct in_addr) && size != sizeof(struct in6_addr))
        return false;
    *ret = (struct endpoint){.port = DNS_PORT};
    ret->address.family = size == sizeof(struct in_addr) ? AF_INET : AF_INET6;
    memcpy(ret->address.octets, ldns_rdf_data(rdf), size);
    return true;
}

struct resolvers lookup_resolvers(void)
{
    struct resolvers found = {0};
    ldns_resolver *resolver = NULL;

    if (ldns_resolver_new_frm_file(&resolver, NULL) != LDNS_STATUS_OK)
        return found;
    for (size_t i = 0; i < ldns_resolver_nameserver_count(resolver) && found.n < RESOLVERS_MAX; i++)
        if (to_endpoint(ldns_resolver_nameservers(resolver)[i], &found.at[found.n]))
            found.n++;
    ldns_resolver_deep_free(resolver);
    return found;
}

void lookup_prepare(struct lookup *lookup, const struct resolvers *resolvers, const char *name,
                    ldns_rr_type type, struct ask **asks, size_t *n)
{
    lookup->n = resolvers->n;
    for (size_t i = 0; i < lookup->n; i++) {
        lookup->asks[i] =
            (struct ask){.to = resolvers->at[i], .recursive = true, .name = name, .type = type};
        asks[(*n)++] = &lookup->asks[i];
    }
}

static bool is_answer(const struct ask *ask)
{
    return (answer_has_rcode(ask, LDNS_RCODE_NOERROR) ||
            answer_has_rcode(ask, LDNS_RCODE_NXDOMAIN)) &&
           (ldns_pkt_ra(ask->reply) || ldns_pkt_aa(ask->reply));
}

const struct ask *lookup_answer(const struct lookup *lookup)
{
    for (size_t i = 0; i < lookup->n; i++)
        if (is_answer(&lookup->asks[i]))
            return &lookup->asks[i];
    return NULL;
}

void lookup_done(struct lookup *lookup)
{
    for (size_t i = 0; i < lookup->n; i++)
        ask_done(&lookup->asks[i]);
}
