/* SPDX-License-Identifier: ISC */
#include "public_keys.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "conf/input.h"
#include "conf/value.h"

void public_keys_fault(struct public_keys_reader *r, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fault_report(r->faults, r->conf->path, r->line, "%s = %.255s: %s", r->option, r->value, text);
}

static uint8_t algorithm_of(const ldns_rr *dnskey)
{
    return ldns_rdf2native_int8(ldns_rr_dnskey_algorithm(dnskey));
}

bool public_keys_is_same(const ldns_rr *a, const ldns_rr *b)
{
    return algorithm_of(a) == algorithm_of(b) &&
           !ldns_rdf_compare(ldns_rr_dnskey_key(a), ldns_rr_dnskey_key(b));
}

bool public_keys_supports(int algorithm)
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
    if (ldns_rdf2native_int16(ldns_rr_dnskey_flags(dnskey)) != PUBLIC_KEYS_FLAGS)
        return "the flags (first field) must be 257; `parentgen --genkey` makes such keys";
    if (ldns_rdf2native_int8(ldns_rr_dnskey_protocol(dnskey)) != PUBLIC_KEYS_PROTOCOL)
        return "the protocol (second field) must be 3";
    if (!public_keys_supports(algorithm_of(dnskey)))
        return "the algorithm (third field) must be 13 (ECDSAP256SHA256) or 15 (ED25519)";
    if (!is_sound(dnskey))
        return "the key (fourth field) is not one of its algorithm: it was cut or mistyped";
    return NULL;
}

/* The first record of a file, which may begin with comments; NULL: none, or one that is malformed.
 */
static ldns_rr *first_record(FILE *in, ldns_status *ret_status)
{
    ldns_rr *record = NULL;

    do
        *ret_status = ldns_rr_new_frm_fp(&record, in, NULL, NULL, NULL);
    while (*ret_status == LDNS_STATUS_SYNTAX_EMPTY && !feof(in));
    return *ret_status == LDNS_STATUS_OK ? record : NULL;
}

static int read_beside(struct public_keys_reader *r, FILE *in, ldns_rr **ret)
{
    ldns_status status;
    ldns_rr *record = first_record(in, &status);
    const char *why;

    if (status == LDNS_STATUS_MEM_ERR)
        return -ENOMEM;
    if (!record) {
        public_keys_fault(r, "the .key file beside it holds no record");
        return FAULTS_REPORTED;
    }
    why = objection(record);
    if (why)
        public_keys_fault(r, "in the .key file beside it: %s", why);
    else if (ldns_dname_compare(ldns_rr_owner(record), r->owner))
        public_keys_fault(r, "this key was made for another name (see the .key file beside it)");
    else {
        ldns_rr_set_ttl(record, r->conf->delegation_ttl);
        *ret = record;
        return 0;
    }
    ldns_rr_free(record);
    return FAULTS_REPORTED;
}

int public_keys_beside(struct public_keys_reader *r, ldns_rr **ret)
{
    static const char suffix[] = ".private";
    size_t stem = strlen(r->value), end = strlen(suffix);
    char path[PATH_MAX], why[INPUT_WHY_MAX];
    FILE *in;
    int result;

    if (stem > end && !strcmp(r->value + stem - end, suffix))
        stem -= end;
    snprintf(path, sizeof path, "%.*s.key", (int)stem, r->value);
    in = input_open(path, NULL, why);
    if (in) {
        result = read_beside(r, in, ret);
        fclose(in);
        return result;
    }
    if (input_is_shortage(errno))
        return -errno;
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return -ENOENT;
    public_keys_fault(r, "the .key file beside it %s", why);
    return FAULTS_REPORTED;
}

/* Adds record, which is owned from now on. A tag must tell one key (RFC 4034 appendix B does
 * without that, and validators give up on many). */
static int add(struct public_keys_reader *r, ldns_rr *record, bool signs)
{
    bool known = false, clashes = false;

    for (size_t i = 0; i < ldns_rr_list_rr_count(r->records); i++) {
        const ldns_rr *other = ldns_rr_list_rr(r->records, i);

        if (public_keys_is_same(other, record))
            known = true;
        else if (ldns_calc_keytag(other) == ldns_calc_keytag(record))
            clashes = true;
    }
    if (!known && !clashes && ldns_rr_list_push_rr(r->records, record)) {
        r->n_signing += signs;
        return 0;
    }
    if (known && signs)
        public_keys_fault(r, "this key is given twice");
    else if (clashes && !known)
        public_keys_fault(r, "two different keys have the tag %u; replace one of them",
                          ldns_calc_keytag(record));
    ldns_rr_free(record);
    return known || clashes ? 0 : -ENOMEM;
}

/* RFC 4035 section 2.2: every algorithm among the keys must sign everything. */
static bool signs_with(const struct public_keys_reader *r, uint8_t algorithm)
{
    for (size_t i = 0; i < r->n_signing; i++)
        if (algorithm_of(ldns_rr_list_rr(r->records, i)) == algorithm)
            return true;
    return false;
}

/* ldns takes 256 + 3 for 3. */
static bool has_honest_numbers(const char *rdata)
{
    static const uint32_t max[] = {UINT16_MAX, UINT8_MAX, UINT8_MAX};

    for (size_t i = 0; i < sizeof max / sizeof *max; i++) {
        size_t length;
        char word[16];
        uint32_t number;

        rdata += strspn(rdata, " \t");
        length = strcspn(rdata, " \t");
        snprintf(word, sizeof word, "%.*s", (int)length, rdata);
        if (isdigit((unsigned char)*word) && !value_number(word, 0, max[i], &number))
            return false;
        rdata += length;
    }
    return true;
}

/* The key that a site signs with may stand in the list that all sites share. */
static int read_published(struct public_keys_reader *r)
{
    ldns_rr *record = NULL;
    char line[1024];
    const char *why = "must be the data of a DNSKEY record, such as `257 3 13 mdsswUyr3DPW...`";
    ldns_status status;

    snprintf(line, sizeof line, "%s. %u IN DNSKEY %s", r->conf->name, r->conf->delegation_ttl,
             r->value);
    status = ldns_rr_new_frm_str(&record, line, 0, NULL, NULL);
    if (status == LDNS_STATUS_MEM_ERR)
        return -ENOMEM;
    if (status == LDNS_STATUS_OK && has_honest_numbers(r->value))
        why = objection(record);
    if (!why && r->faults->n == r->faults_before && !signs_with(r, algorithm_of(record)))
        why = "no dnssec-key has this algorithm: every algorithm that is published must sign";
    if (!why)
        return add(r, record, false);
    public_keys_fault(r, "%s", why);
    ldns_rr_free(record);
    return 0;
}

static int read_options(struct public_keys_reader *r, public_keys_fn read_signing, void *userdata)
{
    const struct conf_list *keys = &r->conf->dnssec_key, *others = &r->conf->dnssec_publish;
    int result = 0;

    r->option = "dnssec-key";
    for (size_t i = 0; i < keys->n && result >= 0; i++) {
        ldns_rr *record = NULL;

        r->value = keys->at[i];
        r->line = keys->line[i];
        result = read_signing(r, userdata, &record);
        if (result == 0)
            result = add(r, record, true);
    }
    r->option = "dnssec-publish";
    for (size_t i = 0; i < others->n && result >= 0; i++) {
        r->value = others->at[i];
        r->line = others->line[i];
        result = read_published(r);
    }
    return result < 0 ? result : 0;
}

int public_keys_read(const struct conf *conf, struct faults *faults, public_keys_fn read_signing,
                     void *userdata, ldns_rr_list **ret)
{
    struct public_keys_reader r = {
        .conf = conf,
        .faults = faults,
        .faults_before = faults->n,
        .owner = ldns_dname_new_frm_str(conf->name),
        .records = ldns_rr_list_new(),
    };
    int result = r.owner && r.records ? read_options(&r, read_signing, userdata) : -ENOMEM;

    if (result == 0 && faults->n > r.faults_before)
        result = FAULTS_REPORTED;
    ldns_rdf_deep_free(r.owner);
    if (result != 0)
        ldns_rr_list_deep_free(r.records);
    else
        *ret = r.records;
    return result;
}
