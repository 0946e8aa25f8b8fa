/* SPDX-License-Identifier: ISC */
#include "keys.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/input.h"

enum { FLAGS = 257, PROTOCOL = 3 }; /* RFC 4034 sections 2.1.1 and 2.1.2 */

/* The site file, and the line of it that is being read. */
struct reader {
    const struct conf *conf;
    struct keys *keys;
    ldns_rdf *owner;
    struct faults *faults;
    size_t faults_before;
    unsigned line;
    const char *option, *value;
};

/* A fault of the value that is being read. */
__attribute__((format(printf, 2, 3))) static void fault(struct reader *r, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fault_report(r->faults, r->conf->path, r->line, "%s = %.255s: %s", r->option, r->value, text);
}

static bool is_faulty(const struct reader *r)
{
    return r->faults->n > r->faults_before;
}

static uint8_t algorithm_of(const ldns_rr *dnskey)
{
    return ldns_rdf2native_int8(ldns_rr_dnskey_algorithm(dnskey));
}

static bool is_same_key(const ldns_rr *a, const ldns_rr *b)
{
    return algorithm_of(a) == algorithm_of(b) &&
           !ldns_rdf_compare(ldns_rr_dnskey_key(a), ldns_rr_dnskey_key(b));
}

enum known { KEY_NEW, KEY_KNOWN, KEY_CLASHES };

/* Whether dnskey is in the published set. A tag must tell one key there (RFC 4034 appendix B does
 * without that, and validators give up on many). */
static enum known find_published(const struct reader *r, const ldns_rr *dnskey)
{
    const ldns_rr_list *published = r->keys->published;
    enum known known = KEY_NEW;

    for (size_t i = 0; i < ldns_rr_list_rr_count(published); i++) {
        const ldns_rr *other = ldns_rr_list_rr(published, i);

        if (is_same_key(other, dnskey))
            return KEY_KNOWN;
        if (ldns_calc_keytag(other) == ldns_calc_keytag(dnskey))
            known = KEY_CLASHES;
    }
    return known;
}

static void fault_clash(struct reader *r, const ldns_rr *dnskey)
{
    fault(r, "two different keys have the tag %u; replace one of them", ldns_calc_keytag(dnskey));
}

static bool is_supported(int algorithm)
{
    return algorithm == LDNS_SIGN_ECDSAP256SHA256 || algorithm == LDNS_SIGN_ED25519;
}

/* Whether the key field holds a key of its algorithm: of the right length, a point on the curve. */
static bool is_sound(const ldns_rr *dnskey)
{
    const ldns_rdf *key = ldns_rr_dnskey_key(dnskey);
    EVP_PKEY *made =
        algorithm_of(dnskey) == LDNS_SIGN_ED25519
            ? ldns_ed255192pkey_raw(ldns_rdf_data(key), ldns_rdf_size(key))
            : ldns_ecdsa2pkey_raw(ldns_rdf_data(key), ldns_rdf_size(key), LDNS_ECDSAP256SHA256);

    EVP_PKEY_free(made);
    return made != NULL;
}

/* What is wrong with the data of a DNSKEY record, or NULL. */
static const char *objection(const ldns_rr *dnskey)
{
    if (ldns_rr_get_type(dnskey) != LDNS_RR_TYPE_DNSKEY || ldns_rr_rd_count(dnskey) != 4)
        return "not a DNSKEY record";
    if (ldns_rdf2native_int16(ldns_rr_dnskey_flags(dnskey)) != FLAGS)
        return "the flags (first field) must be 257; `parentgen --genkey` makes such keys";
    if (ldns_rdf2native_int8(ldns_rr_dnskey_protocol(dnskey)) != PROTOCOL)
        return "the protocol (second field) must be 3";
    if (!is_supported(algorithm_of(dnskey)))
        return "the algorithm (third field) must be 13 (ECDSAP256SHA256) or 15 (ED25519)";
    if (!is_sound(dnskey))
        return "the key (fourth field) is not one of its algorithm: it was cut or mistyped";
    return NULL;
}

static bool is_private(struct reader *r, const struct stat *st)
{
    if (st->st_mode & (S_IRWXG | S_IRWXO)) {
        fault(r, "others may read this private key: chmod 600 it, and think about a new one");
        return false;
    }
    if (r->keys->newest < st->st_mtime)
        r->keys->newest = st->st_mtime;
    return true;
}

static ldns_key *parse_private(struct reader *r, FILE *in)
{
    ldns_key *key = NULL;
    int line = 0;
    ldns_status status = ldns_key_new_frm_fp_l(&key, in, &line);

    if (key && is_supported((int)ldns_key_algorithm(key)))
        return key;
    if (key || status == LDNS_STATUS_SYNTAX_ALG_ERR)
        fault(r, "the algorithm must be 13 (ECDSAP256SHA256) or 15 (ED25519)");
    else
        fault(r, "not a private key in the format of BIND or ldns (near line %d)", line);
    if (key)
        ldns_key_deep_free(key);
    return NULL;
}

/* The key in the file r->value, which others must not be able to read. NULL after a fault. */
static ldns_key *read_private(struct reader *r)
{
    char why[INPUT_WHY_MAX];
    struct stat st;
    FILE *in = input_open(r->value, &st, why);
    ldns_key *key = NULL;

    if (!in) {
        fault(r, "%s", why);
        return NULL;
    }
    if (is_private(r, &st))
        key = parse_private(r, in);
    fclose(in);
    return key;
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

/* Compares the record in the .key file beside a private key. */
static void compare_public(struct reader *r, FILE *in, const ldns_rr *dnskey)
{
    ldns_rr *beside = NULL;
    const char *why;

    if (ldns_rr_new_frm_fp(&beside, in, NULL, NULL, NULL) != LDNS_STATUS_OK) {
        fault(r, "the .key file beside it holds no record");
        return;
    }
    why = objection(beside);
    if (why)
        fault(r, "in the .key file beside it: %s", why);
    else if (ldns_dname_compare(ldns_rr_owner(beside), r->owner))
        fault(r, "this key was made for another name (see the .key file beside it)");
    else if (!is_same_key(beside, dnskey))
        fault(r, "this key and the .key file beside it do not belong together");
    ldns_rr_free(beside);
}

/* A private key file does not say which zone it is for, and one octet less makes another key of it.
 * The public half beside it tells, or else the name that every key generator gives it. */
static void check_purpose(struct reader *r, const ldns_rr *dnskey)
{
    static const char suffix[] = ".private";
    size_t stem = strlen(r->value), end = strlen(suffix);
    const char *slash = strrchr(r->value, '/');
    char path[PATH_MAX], name[NAME_MAX + 1], why[INPUT_WHY_MAX];
    FILE *in;

    if (stem > end && !strcmp(r->value + stem - end, suffix))
        stem -= end;
    snprintf(path, sizeof path, "%.*s.key", (int)stem, r->value);
    snprintf(name, sizeof name, "K%s.+%03d+%05u%s", r->conf->name, algorithm_of(dnskey),
             ldns_calc_keytag(dnskey), suffix);
    in = input_open(path, NULL, why);
    if (in) {
        compare_public(r, in, dnskey);
        fclose(in);
    } else if (access(path, F_OK) == 0) {
        fault(r, "the .key file beside it %s", why);
    } else if (strcasecmp(slash ? slash + 1 : r->value, name) != 0) {
        fault(r,
              "nothing tells that this key is for %s: put its .key file beside it, or name it %s",
              r->conf->name, name);
    }
}

static void read_signing(struct reader *r)
{
    ldns_key *key = read_private(r);
    ldns_rr *dnskey;

    if (!key)
        return;
    dnskey = adopt(r, key);
    check_purpose(r, dnskey);
    ldns_key_list_push_key(r->keys->signing, key);
    switch (find_published(r, dnskey)) {
    case KEY_NEW:
        ldns_rr_list_push_rr(r->keys->published, dnskey);
        return;
    case KEY_KNOWN:
        fault(r, "this key is given twice");
        break;
    case KEY_CLASHES:
        fault_clash(r, dnskey);
        break;
    }
    ldns_rr_free(dnskey);
}

/* RFC 4035 section 2.2: every algorithm among the keys must sign everything. */
static bool signs_with(const struct keys *keys, uint8_t algorithm)
{
    for (size_t i = 0; i < ldns_key_list_key_count(keys->signing); i++)
        if (ldns_key_algorithm(ldns_key_list_key(keys->signing, i)) == algorithm)
            return true;
    return false;
}

/* The key that a site signs with may stand in the list that all sites share. */
static void read_published(struct reader *r)
{
    ldns_rr *dnskey = NULL;
    char line[1024];
    const char *why = "must be the data of a DNSKEY record, such as `257 3 13 mdsswUyr3DPW...`";

    snprintf(line, sizeof line, "%s. %u IN DNSKEY %s", r->conf->name, r->conf->delegation_ttl,
             r->value);
    if (ldns_rr_new_frm_str(&dnskey, line, 0, NULL, NULL) == LDNS_STATUS_OK)
        why = objection(dnskey);
    if (!why && !is_faulty(r) && !signs_with(r->keys, algorithm_of(dnskey)))
        why = "no dnssec-key has this algorithm: every algorithm that is published must sign";
    if (why) {
        fault(r, "%s", why);
    } else if (find_published(r, dnskey) == KEY_CLASHES) {
        fault_clash(r, dnskey);
    } else if (find_published(r, dnskey) == KEY_NEW) {
        ldns_rr_list_push_rr(r->keys->published, dnskey);
        return;
    }
    ldns_rr_free(dnskey);
}

static void read_list(struct reader *r, const char *option, const struct conf_list *list,
                      void (*read)(struct reader *r))
{
    r->option = option;
    for (size_t i = 0; i < list->n; i++) {
        r->value = list->at[i];
        r->line = list->line[i];
        read(r);
    }
}

int keys_load(const struct conf *conf, struct faults *faults, struct keys **ret)
{
    struct keys *keys = calloc(1, sizeof *keys);
    struct reader r = {.conf = conf, .keys = keys, .faults = faults, .faults_before = faults->n};

    if (!keys)
        return -ENOMEM;
    keys->signing = ldns_key_list_new();
    keys->published = ldns_rr_list_new();
    r.owner = ldns_dname_new_frm_str(conf->name);
    read_list(&r, "dnssec-key", &conf->dnssec_key, read_signing);
    read_list(&r, "dnssec-publish", &conf->dnssec_publish, read_published);
    ldns_rdf_deep_free(r.owner);
    if (is_faulty(&r) || !conf->dnssec_key.n) {
        keys_free(keys);
        keys = NULL;
    }
    if (is_faulty(&r))
        return FAULTS_REPORTED;
    *ret = keys;
    return 0;
}

const char *keys_describe(const struct keys *keys, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ldns_rr_list_rr_count(keys->published) && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%u%s", i ? ", " : "",
                                 ldns_calc_keytag(ldns_rr_list_rr(keys->published, i)),
                                 i < ldns_key_list_key_count(keys->signing) ? " (signs)" : "");
    return text;
}

void keys_free(struct keys *keys)
{
    if (!keys)
        return;
    ldns_key_list_free(keys->signing); /* frees the keys too */
    ldns_rr_list_deep_free(keys->published);
    free(keys);
}
