/* SPDX-License-Identifier: ISC */
#include "signed_zone.h"

#include <stdio.h>
#include <string.h>

static void no_fault(void *userdata, const char *text)
{
    (void)userdata;
    fail_msg("%s", text);
}

struct signed_zone signed_zone_load(void **state, const char *site_file, const char *extra)
{
    const struct conf_file *file = *state;
    struct signed_zone z = {.conf = conf_file_load(state, site_file)};

    if (extra) {
        char path[128];

        snprintf(path, sizeof path, "%s/get.extra", file->directory);
        key_file_write(path, "%s", extra);
        z.conf->records = strdup(path);
    }
    assert_int_equal(zone_load(z.conf, &(struct faults){.on_fault = no_fault}, &z.zone), 0);
    return z;
}

struct answer_set signed_zone_own(const struct signed_zone *z)
{
    return answer_set_of_site(z->conf, 0);
}

int signed_zone_make(struct signed_zone *z, struct answer_set set, time_t now)
{
    struct version made;
    int r = version_make(z->zone, z->conf, z->conf->sites, set,
                         z->version.zone ? &z->version : NULL, now, &made);

    if (r == 0)
        version_replace(&z->version, &made);
    return r;
}

void signed_zone_done(struct signed_zone *z)
{
    version_done(&z->version);
    zone_free(z->zone);
    conf_free(z->conf);
}

ldns_rr_list *signed_zone_select(const ldns_rr_list *list, const ldns_rdf *owner, ldns_rr_type type)
{
    ldns_rr_list *found = ldns_rr_list_new();

    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        ldns_rr *rr = ldns_rr_list_rr(list, i);

        if (ldns_rr_get_type(rr) == type && !ldns_dname_compare(ldns_rr_owner(rr), owner))
            ldns_rr_list_push_rr(found, rr);
    }
    return found;
}

ldns_rr_list *signed_zone_rrsigs(const ldns_rr_list *rrsigs, const ldns_rdf *owner,
                                 ldns_rr_type type)
{
    ldns_rr_list *found = ldns_rr_list_new();

    for (size_t i = 0; i < ldns_rr_list_rr_count(rrsigs); i++) {
        ldns_rr *rr = ldns_rr_list_rr(rrsigs, i);

        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG &&
            ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == type &&
            !ldns_dname_compare(ldns_rr_owner(rr), owner))
            ldns_rr_list_push_rr(found, rr);
    }
    return found;
}
