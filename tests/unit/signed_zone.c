/* SPDX-License-Identifier: ISC */
#include "signed_zone.h"

#include <stdio.h>
#include <string.h>

static void no_fault(void *userdata, const char *text)
{
    (void)userdata;
    fail_msg("%s", text);
}

struct zone *signed_zone_load(void **state, const char *site_file, const char *extra)
{
    const struct conf_file *file = *state;
    struct conf *conf = conf_file_load(state, site_file);
    struct zone *zone = NULL;

    if (extra) {
        char path[128];

        snprintf(path, sizeof path, "%s/get.extra", file->directory);
        key_file_write(path, "%s", extra);
        conf->records = strdup(path);
    }
    assert_int_equal(
        zone_load(conf, &conf->sites[0], &(struct faults){.on_fault = no_fault}, &zone), 0);
    conf_free(conf);
    return zone;
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
