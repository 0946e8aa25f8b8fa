/* SPDX-License-Identifier: ISC */
#include "keys.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "value.h"

enum { FLAGS = 257, PROTOCOL = 3 }; /* RFC 4034 sections 2.1.1 and 2.1.2 */

struct reader {
    const struct conf *conf;
    struct keys *keys;
    ldns_rdf *owner;
    conf_fault_fn on_fault;
    void *userdata;
    bool faulty;
};

__attribute__((format(printf, 3, 4))) static void fault(struct reader *r, const char *path,
                                                        const char *format, ...)
{
    char text[768], clean[768], whole[1280];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(whole, sizeof whole, "%s: %s", path, value_printable(text, clean, sizeof clean));
    r->faulty = true;
    r->on_fault(r->userdata, whole);
}

static bool is_same_key(const ldns_rr *a, const ldns_rr *b)
{
    return !ldns_rdf_compare(ldns_rr_dnskey_key(a), ldns_rr_dnskey_key(b)) &&
           !ldns_rdf_compare(ldns_rr_dnskey_algorithm(a), ldns_rr_dnskey_algorithm(b));
}

/* Adds dnskey to the published set, which takes it over, unless it is there already: the key that a
 * site signs with may stand in the list that all sites share. */
static void publish(struct reader *r, const char *path, ldns_rr *dnskey)
{
    ldns_rr_list *published = r->keys->published;

    for (size_t i = 0; i < ldns_rr_list_rr_count(published); i++) {
        const ldns_rr *known = ldns_rr_list_rr(published, i);

        if (is_same_key(known, dnskey)) {
            ldns_rr_free(dnskey);
            return;
        }
        if (ldns_calc_keytag(known) == ldns_calc_keytag(dnskey)) {
            fault(r, path, "two different keys have the tag %u; replace one of them",
                  ldns_calc_keytag(dnskey));
            ldns_rr_free(dnskey);
            return;
        }
    }
    ldns_rr_list_push_rr(published, dnskey);
}

/* The private key in the file, which others must not be able to read. NULL after a fault. */
static ldns_key *read_private(struct reader *r, const char *path)
{
    FILE *in = fopen(path, "re");
    ldns_key *key = NULL;
    struct stat st;
    int line = 0;

    if (!in) {
        fault(r, path, "cannot be opened: %s", strerror(errno));
        return NULL;
    }
    if (fstat(fileno(in), &st) < 0 || !S_ISREG(st.st_mode))
        fault(r, path, "not a regular file");
    else if (st.st_mode & (S_IRWXG | S_IRWXO))
        fault(r, path, "others may read this private key: chmod 600 it, and think about a new one");
    else if (ldns_key_new_frm_fp_l(&key, in, &line) != LDNS_STATUS_OK || !key)
        fault(r, path, "not a private key in the format of BIND or ldns (near line %d)", line);
    else if (r->keys->newest < st.st_mtime)
        r->keys->newest = st.st_mtime;
    fclose(in);
    return key;
}

/* What is wrong with the public half that lies beside a private key, or NULL. */
static const char *objection(const struct reader *r, const ldns_rr *beside, const ldns_rr *dnskey)
{
    if (ldns_rr_get_type(beside) != LDNS_RR_TYPE_DNSKEY)
        return "the .key file beside it holds no DNSKEY record";
    if (ldns_dname_compare(ldns_rr_owner(beside), r->owner))
        return "this key was made for another name (see the .key file beside it)";
    if (ldns_rdf2native_int16(ldns_rr_dnskey_flags(beside)) != FLAGS)
        return "this key has not the flags 257; make one with `parentgen --genkey`";
    if (!is_same_key(beside, dnskey))
        return "this key and the .key file beside it do not belong together";
    return NULL;
}

/* A private key file does not name its zone; the public one beside it does, if it is there. */
static void compare_public(struct reader *r, const char *path, const ldns_rr *dnskey)
{
    size_t stem = strlen(path);
    const char *why = NULL;
    ldns_rr *beside = NULL;
    char *public_path;
    FILE *in;

    if (stem > 8 && !strcmp(path + stem - 8, ".private"))
        stem -= 8;
    if (asprintf(&public_path, "%.*s.key", (int)stem, path) < 0)
        return;
    in = fopen(public_path, "re");
    if (in && ldns_rr_new_frm_fp(&beside, in, NULL, NULL, NULL) != LDNS_STATUS_OK)
        why = "the .key file beside it holds no record";
    else if (in)
        why = objection(r, beside, dnskey);
    if (why)
        fault(r, path, "%s", why);
    ldns_rr_free(beside);
    if (in)
        fclose(in);
    free(public_path);
}

static bool is_supported(ldns_signing_algorithm algorithm)
{
    return algorithm == LDNS_SIGN_ECDSAP256SHA256 || algorithm == LDNS_SIGN_ED25519;
}

/* Readies key for signing the zone and returns its DNSKEY record. ldns computes the tag for other
 * flags, and ignores the TTL that it is given. */
static ldns_rr *adopt(const struct reader *r, ldns_key *key)
{
    ldns_rr *dnskey;

    ldns_key_set_pubkey_owner(key, ldns_rdf_clone(r->owner));
    ldns_key_set_flags(key, FLAGS);
    dnskey = ldns_key2rr(key);
    ldns_rr_set_ttl(dnskey, r->conf->delegation_ttl);
    ldns_key_set_keytag(key, ldns_calc_keytag(dnskey));
    return dnskey;
}

static void read_signing(struct reader *r, const char *path)
{
    ldns_key *key = read_private(r, path);
    ldns_rr *dnskey;

    if (!key)
        return;
    if (!is_supported(ldns_key_algorithm(key))) {
        fault(r, path, "algorithm %d: must be 13 (ECDSAP256SHA256) or 15 (ED25519)",
              (int)ldns_key_algorithm(key));
        ldns_key_deep_free(key);
        return;
    }
    dnskey = adopt(r, key);
    compare_public(r, path, dnskey);
    ldns_key_list_push_key(r->keys->signing, key);
    publish(r, path, dnskey);
}

static void read_published(struct reader *r, const char *rdata)
{
    const char *path = r->conf->path;
    ldns_rr *dnskey = NULL;
    char *line = NULL;

    if (asprintf(&line, "%s. %u IN DNSKEY %s", r->conf->name, r->conf->delegation_ttl, rdata) < 0)
        return;
    if (ldns_rr_new_frm_str(&dnskey, line, 0, NULL, NULL) != LDNS_STATUS_OK)
        fault(r, path, "dnssec-publish = %.60s: not the data of a DNSKEY record", rdata);
    else if (ldns_rdf2native_int8(ldns_rr_dnskey_protocol(dnskey)) != PROTOCOL)
        fault(r, path, "dnssec-publish = %.60s: the protocol (second field) must be 3", rdata);
    else if (ldns_rdf2native_int16(ldns_rr_dnskey_flags(dnskey)) != FLAGS)
        fault(r, path, "dnssec-publish = %.60s: the flags (first field) must be 257", rdata);
    else if (!is_supported(
                 (ldns_signing_algorithm)ldns_rdf2native_int8(ldns_rr_dnskey_algorithm(dnskey))))
        fault(r, path, "dnssec-publish = %.60s: the algorithm (third field) must be 13 or 15",
              rdata);
    else if (ldns_rr_dnskey_key_size(dnskey) == 0)
        fault(r, path, "dnssec-publish = %.60s: the key has a wrong length", rdata);
    else {
        publish(r, path, dnskey);
        dnskey = NULL;
    }
    ldns_rr_free(dnskey);
    free(line);
}

int keys_load(const struct conf *conf, conf_fault_fn on_fault, void *userdata, struct keys **ret)
{
    struct keys *keys = calloc(1, sizeof *keys);
    struct reader r = {conf, keys, NULL, on_fault, userdata, false};

    if (!keys)
        return -ENOMEM;
    keys->signing = ldns_key_list_new();
    keys->published = ldns_rr_list_new();
    r.owner = ldns_dname_new_frm_str(conf->name);
    for (size_t i = 0; i < conf->dnssec_key.n; i++)
        read_signing(&r, conf->dnssec_key.at[i]);
    for (size_t i = 0; i < conf->dnssec_publish.n; i++)
        read_published(&r, conf->dnssec_publish.at[i]);
    if (conf->dnssec_publish.n && !conf->dnssec_key.n)
        fault(&r, conf->path, "dnssec-publish without dnssec-key: nothing would be signed");
    ldns_rdf_deep_free(r.owner);
    if (r.faulty || !conf->dnssec_key.n) {
        keys_free(keys);
        keys = NULL;
    }
    if (!r.faulty)
        *ret = keys;
    return r.faulty ? -EINVAL : 0;
}

void keys_free(struct keys *keys)
{
    if (!keys)
        return;
    ldns_key_list_free(keys->signing); /* frees the keys too */
    ldns_rr_list_deep_free(keys->published);
    free(keys);
}
