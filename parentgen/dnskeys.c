/* SPDX-License-Identifier: ISC */
#include "dnskeys.h"

#include <errno.h>

#include "dns/public_keys.h"

/* The private half is on the sites only. */
static int read_signing(struct public_keys_reader *reader, void *userdata, ldns_rr **ret)
{
    int r = public_keys_beside(reader, ret);

    (void)userdata;
    if (r != -ENOENT)
        return r;
    public_keys_fault(reader, "there is no .key file beside it: bring the public half here, too");
    return FAULTS_REPORTED;
}

int dnskeys_load(const struct conf *conf, struct faults *faults, ldns_rr_list **ret)
{
    return public_keys_read(conf, faults, read_signing, NULL, ret);
}

static bool make_ds(const ldns_rr *key, struct ds *ret)
{
    ldns_rr *rr = ldns_key_rr2ds(key, LDNS_SHA256);

    if (!rr)
        return false;
    ret->key_tag = ldns_rdf2native_int16(ldns_rr_rdf(rr, 0));
    ret->algorithm = ldns_rdf2native_int8(ldns_rr_rdf(rr, 1));
    ret->digest_type = ldns_rdf2native_int8(ldns_rr_rdf(rr, 2));
    for (size_t i = 0; i < ldns_rdf_size(ldns_rr_rdf(rr, 3)); i++)
        snprintf(ret->digest + 2 * i, 3, "%02x", ldns_rdf_data(ldns_rr_rdf(rr, 3))[i]);
    ldns_rr_free(rr);
    return true;
}

size_t dnskeys_make_ds(const ldns_rr_list *keys, struct ds *ret_ds)
{
    size_t n = 0;

    for (size_t i = 0; i < ldns_rr_list_rr_count(keys) && n < DS_MAX; i++)
        if (make_ds(ldns_rr_list_rr(keys, i), &ret_ds[n]))
            n++;
    return n;
}
