/* SPDX-License-Identifier: ISC */
#include "key_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static FILE *create(const char *path)
{
    FILE *out = fopen(path, "we");

    assert_non_null(out);
    assert_int_equal(chmod(path, 0600), 0);
    return out;
}

void key_file_write(const char *path, const char *format, ...)
{
    FILE *out = create(path);
    va_list args;

    va_start(args, format);
    vfprintf(out, format, args);
    va_end(args);
    assert_int_equal(fclose(out), 0);
}

static ldns_rr *public_half(ldns_key *key)
{
    ldns_rr *rr;

    ldns_key_set_flags(key, LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY);
    if (!ldns_key_pubkey_owner(key))
        ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str("get.example.org"));
    rr = ldns_key2rr(key);
    assert_non_null(rr);
    return rr;
}

static struct key_file write_pair(void **state, const char *name, ldns_key *key)
{
    const struct conf_file *file = *state;
    ldns_rr *rr = public_half(key);
    char *base64 = ldns_rdf2str(ldns_rr_dnskey_key(rr));
    struct key_file made = {.tag = ldns_calc_keytag(rr)};
    FILE *out;

    snprintf(made.private_path, sizeof made.private_path, "%s/%s.private", file->directory, name);
    snprintf(made.public_path, sizeof made.public_path, "%s/%s.key", file->directory, name);
    snprintf(made.data, sizeof made.data, "257 3 %d %s", (int)ldns_key_algorithm(key), base64);
    out = create(made.private_path);
    ldns_key_print(out, key);
    fclose(out);
    key_file_write(made.public_path, "get.example.org. IN DNSKEY %s\n", made.data);
    free(base64);
    ldns_rr_free(rr);
    return made;
}

struct key_file key_file_make(void **state, const char *name, ldns_signing_algorithm algorithm)
{
    ldns_key *key = ldns_key_new_frm_algorithm(algorithm, 256);
    struct key_file made = write_pair(state, name, key);

    ldns_key_deep_free(key);
    return made;
}

void key_file_make_twins(void **state, const char *one, const char *two, struct key_file ret[2])
{
    static ldns_key *keys[65536]; /* by tag; by the birthday paradox some 300 keys are enough */
    ldns_key *key = NULL, *twin = NULL;

    while (!twin) {
        ldns_rr *rr;

        key = ldns_key_new_frm_algorithm(LDNS_SIGN_ED25519, 256);
        rr = public_half(key);
        twin = keys[ldns_calc_keytag(rr)];
        keys[ldns_calc_keytag(rr)] = key;
        ldns_rr_free(rr);
    }
    ret[0] = write_pair(state, one, key);
    ret[1] = write_pair(state, two, twin);
    ldns_key_deep_free(twin);
    for (size_t i = 0; i < LENGTH(keys); i++)
        if (keys[i])
            ldns_key_deep_free(keys[i]);
    memset(keys, 0, sizeof keys);
}

/* Where faults go: one a line, without the directory of the test. */
struct listing {
    const char *directory;
    FILE *out;
};

static void on_fault(void *userdata, const char *text)
{
    const struct listing *listing = userdata;
    size_t length = strlen(listing->directory);

    for (const char *at; (at = strstr(text, listing->directory)); text = at + length + 1)
        fprintf(listing->out, "%.*s", (int)(at - text), text);
    fprintf(listing->out, "%s\n", text);
}

struct keys *key_file_try(void **state, const char *lines, char *text, size_t size)
{
    const struct conf_file *file = *state;
    struct listing listing = {.directory = file->directory, .out = fmemopen(text, size, "w")};
    struct faults faults = {.on_fault = on_fault, .userdata = &listing};
    char content[2048];
    struct keys *keys = NULL;
    struct conf *conf;
    int r;

    memset(text, 0, size);
    snprintf(content, sizeof content, "%s%s%s", ZONE, lines, SITE CHECK);
    conf = conf_file_load(state, content);
    r = keys_load(conf, &faults, &keys);
    fclose(listing.out);
    assert_int_equal(r, *text ? FAULTS_REPORTED : 0);
    conf_free(conf);
    return keys;
}

struct keys *key_file_load(void **state, const char *lines, const char *expected_faults)
{
    char text[2048];
    struct keys *keys = key_file_try(state, lines, text, sizeof text);

    assert_string_equal(text, expected_faults);
    return keys;
}

void key_file_refuse(void **state, const char *lines, const char *expected_faults)
{
    assert_null(key_file_load(state, lines, expected_faults));
}

const char *key_file_tags(void **state, const char *lines)
{
    static char text[256];
    struct keys *keys = key_file_load(state, lines, "");

    keys_describe(keys, text, sizeof text);
    keys_free(keys);
    return text;
}
