/* SPDX-License-Identifier: ISC */
#include "keys.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "conf/input.h"
#include "public_keys.h"

enum { KEYWORD_MAX = 30 }; /* octets; those that there are have 18 at most */

bool keys_is_private(FILE *in)
{
    static const char *const begins[] = {"Private-key-format:", "PrivateKey:", "-----BEGIN "};
    char *line = NULL;
    size_t size = 0;
    bool found = false;

    while (!found && getline(&line, &size, in) > 0)
        for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
            found = found || strncmp(line, begins[i], strlen(begins[i])) == 0;
    free(line);
    rewind(in);
    return found;
}

static bool is_guarded(struct public_keys_reader *r, const struct stat *st)
{
    if (!(st->st_mode & (S_IRWXG | S_IRWXO)))
        return true;
    public_keys_fault(r,
                      "others may read this private key: chmod 600 it, and think about a new one");
    return false;
}

/* The first line that does not begin with a keyword and its colon, as each has to; 0: there is
 * none. ldns 1.8.3 writes one octet too far where a keyword has 32 octets or more. */
static int find_line_without_keyword(FILE *in)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-0123456789";
    char *line = NULL;
    size_t size = 0;
    int n = 0, found = 0;
    ssize_t length;

    while (!found && (length = getline(&line, &size, in)) > 0) {
        size_t keyword = strspn(line, letters);

        n++;
        if (strlen(line) != (size_t)length ||
            (line[0] != '\n' && (keyword == 0 || keyword > KEYWORD_MAX || line[keyword] != ':')))
            found = n;
    }
    free(line);
    rewind(in);
    return found;
}

/* Reads a private key as ldns has it. Returns 0, FAULTS_REPORTED or -ENOMEM. */
static int parse_private(struct public_keys_reader *r, FILE *in, ldns_key **ret)
{
    ldns_key *key = NULL;
    int line = find_line_without_keyword(in);
    ldns_status status = line ? LDNS_STATUS_SYNTAX_ERR : ldns_key_new_frm_fp_l(&key, in, &line);

    if (status == LDNS_STATUS_MEM_ERR)
        return -ENOMEM;
    if (key && public_keys_supports((int)ldns_key_algorithm(key))) {
        *ret = key;
        return 0;
    }
    if (key || status == LDNS_STATUS_SYNTAX_ALG_ERR)
        public_keys_fault(r, "the algorithm must be 13 (ECDSAP256SHA256) or 15 (ED25519)");
    else
        public_keys_fault(r, "not a private key in the format of BIND or ldns (near line %d)",
                          line);
    if (key)
        ldns_key_deep_free(key);
    return FAULTS_REPORTED;
}

/* The key in the file r->value, which others must not be able to read. */
static int read_private(struct public_keys_reader *r, struct keys *keys, ldns_key **ret)
{
    char why[INPUT_WHY_MAX];
    struct stat st;
    FILE *in = input_open(r->value, &st, why);
    int result = FAULTS_REPORTED;

    if (!in && input_is_shortage(errno))
        return -errno;
    if (!in) {
        public_keys_fault(r, "%s", why);
        return FAULTS_REPORTED;
    }
    if (is_guarded(r, &st))
        result = parse_private(r, in, ret);
    if (result == 0 && keys->newest < st.st_mtime)
        keys->newest = st.st_mtime;
    fclose(in);
    return result;
}

/* Readies key for signing the zone and makes its DNSKEY record. ldns computes the tag for other
 * flags, and ignores the TTL that it is given. NULL: no memory. */
static ldns_rr *adopt(const struct public_keys_reader *r, ldns_key *key)
{
    ldns_rdf *owner = ldns_rdf_clone(r->owner);
    ldns_rr *dnskey;

    if (!owner)
        return NULL;
    ldns_key_set_pubkey_owner(key, owner);
    ldns_key_set_flags(key, PUBLIC_KEYS_FLAGS);
    dnskey = ldns_key2rr(key);
    if (!dnskey)
        return NULL;
    ldns_rr_set_ttl(dnskey, r->conf->delegation_ttl);
    ldns_key_set_keytag(key, ldns_calc_keytag(dnskey));
    return dnskey;
}

/* A private key file does not say which zone it is for, and one octet less makes another key of it.
 * The public half beside it tells, or else the name that every key generator gives it. */
static int check_purpose(struct public_keys_reader *r, const ldns_rr *dnskey)
{
    const char *slash = strrchr(r->value, '/');
    char name[NAME_MAX + 1];
    ldns_rr *beside = NULL;
    int result = public_keys_beside(r, &beside);

    if (result == 0 && !public_keys_is_same(beside, dnskey)) {
        public_keys_fault(r, "this key and the .key file beside it do not belong together");
        result = FAULTS_REPORTED;
    }
    ldns_rr_free(beside);
    if (result != -ENOENT)
        return result;
    snprintf(name, sizeof name, "K%s.+%03d+%05u.private", r->conf->name,
             ldns_rdf2native_int8(ldns_rr_dnskey_algorithm(dnskey)), ldns_calc_keytag(dnskey));
    if (!strcasecmp(slash ? slash + 1 : r->value, name))
        return 0;
    public_keys_fault(
        r, "nothing tells that this key is for %s: put its .key file beside it, or name it %s",
        r->conf->name, name);
    return FAULTS_REPORTED;
}

/* As public_keys_fn, for the struct keys in userdata. */
static int read_signing(struct public_keys_reader *r, void *userdata, ldns_rr **ret)
{
    struct keys *keys = userdata;
    ldns_key *key = NULL;
    ldns_rr *dnskey = NULL;
    int result = read_private(r, keys, &key);

    if (result == 0 && !(dnskey = adopt(r, key)))
        result = -ENOMEM;
    if (result == 0)
        result = check_purpose(r, dnskey);
    if (result == 0 && !ldns_key_list_push_key(keys->signing, key))
        result = -ENOMEM;
    if (result == 0) {
        *ret = dnskey;
        return 0;
    }
    ldns_rr_free(dnskey);
    if (key)
        ldns_key_deep_free(key);
    return result;
}

int keys_load(const struct conf *conf, struct faults *faults, struct keys **ret)
{
    struct keys *keys = calloc(1, sizeof *keys);
    int r = -ENOMEM;

    if (keys && (keys->signing = ldns_key_list_new()))
        r = public_keys_read(conf, faults, read_signing, keys, &keys->published);
    if (r != 0 || !conf->dnssec_key.n) {
        keys_free(keys);
        keys = NULL;
    }
    if (r == 0)
        *ret = keys;
    return r;
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
    if (keys->signing)
        ldns_key_list_free(keys->signing); /* frees the keys too */
    ldns_rr_list_deep_free(keys->published);
    free(keys);
}
