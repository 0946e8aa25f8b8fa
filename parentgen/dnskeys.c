/* SPDX-License-Identifier: ISC */
#include "dnskeys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FLAGS = 257 }; /* RFC 4034 section 2.1.1: sitens has combined signing keys only */

static const char private_suffix[] = ".private", public_suffix[] = ".key";

struct loader {
    const struct conf *conf;
    struct faults *faults;
    ldns_rr_list *keys;
    ldns_rdf *owner;
};

static bool is_known(const ldns_rr_list *keys, const ldns_rr *key)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(keys); i++)
        if (!ldns_rdf_compare(ldns_rr_dnskey_key(ldns_rr_list_rr(keys, i)),
                              ldns_rr_dnskey_key(key)))
            return true;
    return false;
}

static void take(struct loader *l, ldns_rr *key, const char *source)
{
    if (ldns_rr_get_type(key) != LDNS_RR_TYPE_DNSKEY)
        fault_report(l->faults, l->conf->path, 0, "%.80s: is not a DNSKEY record", source);
    else if (ldns_dname_compare(ldns_rr_owner(key), l->owner) != 0)
        fault_report(l->faults, l->conf->path, 0, "%.80s: is the key of another name, not of %s",
                     source, l->conf->name);
    else if (ldns_rdf2native_int16(ldns_rr_dnskey_flags(key)) != FLAGS)
        fault_report(l->faults, l->conf->path, 0,
                     "%.80s: the key's flags must be 257; make one with parentgen --genkey",
                     source);
    else if (!is_known(l->keys, key)) {
        ldns_rr_list_push_rr(l->keys, key);
        return;
    }
    ldns_rr_free(key);
}

/* The file that holds the public half of the private key at path. */
static char *public_path(const char *path)
{
    size_t length = strlen(path), suffix = strlen(private_suffix);
    char *made;

    if (length > suffix && !strcmp(path + length - suffix, private_suffix))
        length -= suffix;
    return asprintf(&made, "%.*s%s", (int)length, path, public_suffix) < 0 ? NULL : made;
}

static void read_file(struct loader *l, const char *private_path)
{
    char *path = public_path(private_path);
    FILE *in = path ? fopen(path, "re") : NULL;
    ldns_rr *key = NULL;
    ldns_status status;

    if (!in) {
        fault_report(l->faults, l->conf->path, 0,
                     "dnssec-key = %s: its public half cannot be read: %s: %s", private_path,
                     path ? path : "", strerror(errno));
        free(path);
        return;
    }
    status = ldns_rr_new_frm_fp(&key, in, NULL, NULL, NULL);
    if (status == LDNS_STATUS_OK)
        take(l, key, path);
    else
        fault_report(l->faults, l->conf->path, 0, "%s: is not a DNSKEY record: %s", path,
                     ldns_get_errorstr_by_id(status));
    fclose(in);
    free(path);
}

static void read_text(struct loader *l, const char *rdata)
{
    char *line;
    ldns_rr *key = NULL;
    ldns_status status;

    if (asprintf(&line, "%s. 3600 IN DNSKEY %s", l->conf->name, rdata) < 0)
        return;
    status = ldns_rr_new_frm_str(&key, line, 0, NULL, NULL);
    if (status == LDNS_STATUS_OK)
        take(l, key, rdata);
    else
        fault_report(
            l->faults, l->conf->path, 0,
            "dnssec-publish = %.40s: is not the data of a DNSKEY, such as `257 3 13 mdss...`",
            rdata);
    free(line);
}

int dnskeys_load(const struct conf *conf, struct faults *faults, ldns_rr_list **ret)
{
    struct loader l = {conf, faults, ldns_rr_list_new(), ldns_dname_new_frm_str(conf->name)};
    size_t before = faults->n;

    for (size_t i = 0; i < conf->dnssec_key.n; i++)
        read_file(&l, conf->dnssec_key.at[i]);
    for (size_t i = 0; i < conf->dnssec_publish.n; i++)
        read_text(&l, conf->dnssec_publish.at[i]);
    if (conf->dnssec_publish.n && !conf->dnssec_key.n)
        fault_report(faults, conf->path, 0,
                     "dnssec-publish without dnssec-key: nothing would be signed");
    ldns_rdf_deep_free(l.owner);
    if (faults->n > before) {
        ldns_rr_list_deep_free(l.keys);
        return FAULTS_REPORTED;
    }
    *ret = l.keys;
    return 0;
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
