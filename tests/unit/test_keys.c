/* SPDX-License-Identifier: ISC */
#include "key_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BIND_PRIVATE                                                                               \
    "Private-key-format: v1.3\n"                                                                   \
    "Algorithm: 13 (ECDSAP256SHA256)\n"                                                            \
    "PrivateKey: N6+ZDOq16HEUW7puTJ1Ek0aAZq1VD9DbNWpXfgAGIPQ=\n"                                   \
    "Created: 20261121011354\n"                                                                    \
    "Publish: 20261121011354\n"                                                                    \
    "Activate: 20261121011354\n"
#define BIND_KEY                                                                                   \
    "; This is a key-signing key, keyid 884, for get.example.org.\n"                               \
    "; Created: 20261121011354 (Sat Nov 21 01:13:54 2026)\n"                                       \
    "get.example.org. IN DNSKEY 257 3 13 " KEY_BIND_PUBLIC "\n"

#define P256    LDNS_SIGN_ECDSAP256SHA256
#define ED25519 LDNS_SIGN_ED25519

static void no_keys(void **state)
{
    assert_null(key_file_load(state, "", ""));
}

static void keys_are_combined_signing_keys(void **state)
{
    static const ldns_signing_algorithm algorithms[] = {P256, ED25519};

    for (size_t i = 0; i < LENGTH(algorithms); i++) {
        struct key_file file = key_file_make(state, "k", algorithms[i]);
        struct keys *keys =
            key_file_load(state, "delegation-ttl = 2h\ndnssec-key = k.private\n", "");
        const ldns_rr *dnskey = ldns_rr_list_rr(keys->published, 0);
        const ldns_key *key = ldns_key_list_key(keys->signing, 0);
        struct stat st;

        assert_int_equal(ldns_key_list_key_count(keys->signing), 1);
        assert_int_equal(ldns_rr_list_rr_count(keys->published), 1);
        assert_int_equal(ldns_rdf2native_int16(ldns_rr_dnskey_flags(dnskey)), 257);
        assert_int_equal(ldns_rr_ttl(dnskey), 7200);
        assert_int_equal(ldns_key_keytag(key), file.tag);
        assert_int_equal(ldns_calc_keytag(dnskey), file.tag);
        assert_int_equal(stat(file.private_path, &st), 0);
        assert_int_equal(keys->newest, st.st_mtime);
        keys_free(keys);
    }
}

static void keys_of_bind(void **state)
{
    const struct conf_file *file = *state;
    char path[128];

    snprintf(path, sizeof path, "%s/" KEY_BIND_NAME ".private", file->directory);
    key_file_write(path, BIND_PRIVATE);
    assert_string_equal(key_file_tags(state, "dnssec-key = " KEY_BIND_NAME ".private\n"),
                        "884 (signs)");
    snprintf(path, sizeof path, "%s/" KEY_BIND_NAME ".key", file->directory);
    key_file_write(path, BIND_KEY);
    assert_string_equal(key_file_tags(state, "dnssec-key = " KEY_BIND_NAME ".private\n"),
                        "884 (signs)");
    assert_string_equal(key_file_tags(state, "dnssec-key = " KEY_BIND_NAME ".private\n"
                                             "dnssec-publish = 257 3 13 " KEY_BIND_PUBLIC "\n"),
                        "884 (signs)");
}

static void key_that_others_may_read(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0601, 0666};
    struct key_file file = key_file_make(state, "k", P256);

    for (size_t i = 0; i < LENGTH(modes); i++) {
        assert_int_equal(chmod(file.private_path, modes[i]), 0);
        key_file_refuse(
            state, "dnssec-key = k.private\n",
            "get.conf:3: dnssec-key = k.private: others may read this private key: chmod 600 "
            "it, and think about a new one\n");
    }
    assert_int_equal(chmod(file.private_path, 0400), 0);
    keys_free(key_file_load(state, "dnssec-key = k.private\n", ""));
}

static void no_key_file(void **state)
{
    const struct conf_file *file = *state;
    char path[128];

    key_file_refuse(
        state, "dnssec-key = k.private\n",
        "get.conf:3: dnssec-key = k.private: cannot be opened: No such file or directory\n");
    snprintf(path, sizeof path, "%s/k.private", file->directory);
    assert_int_equal(mkdir(path, 0700), 0);
    key_file_refuse(state, "dnssec-key = k.private\n",
                    "get.conf:3: dnssec-key = k.private: is a directory, not a file\n");
}

static void public_half_contradicts(void **state)
{
    struct key_file file = key_file_make(state, "k", P256);
    struct key_file other = key_file_make(state, "other", P256);
    const char *base64 = strrchr(file.data, ' ') + 1;
    const struct {
        const char *owner, *type, *data, *key, *fault;
    } rows[] = {
        {"get.example.net.", "DNSKEY", "257 3 13", base64,
         "this key was made for another name (see the .key file beside it)"},
        {"get.example.org.", "DNSKEY", "256 3 13", base64,
         "in the .key file beside it: the flags (first field) must be 257; `parentgen --genkey` "
         "makes such keys"},
        {"get.example.org.", "DNSKEY", "257 2 13", base64,
         "in the .key file beside it: the protocol (second field) must be 3"},
        {"get.example.org.", "DNSKEY", "257 3 8", base64,
         "in the .key file beside it: the algorithm (third field) must be 13 (ECDSAP256SHA256) or "
         "15 (ED25519)"},
        {"get.example.org.", "DNSKEY", "257 3 13", strrchr(other.data, ' ') + 1,
         "this key and the .key file beside it do not belong together"},
        {"get.example.org.", "DS", "1 13 2", "aa",
         "in the .key file beside it: not a DNSKEY record"},
        {"", "", "", "", "the .key file beside it holds no record"},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        char expected[512];

        key_file_write(file.public_path, "%s %s %s %s\n", rows[i].owner, rows[i].type, rows[i].data,
                       rows[i].key);
        snprintf(expected, sizeof expected, "get.conf:3: dnssec-key = k.private: %s\n",
                 rows[i].fault);
        key_file_refuse(state, "dnssec-key = k.private\n", expected);
    }
}

/* Without the public half, the name that key generators give the file tells which zone it is for.
 */
static void name_tells_the_purpose(void **state)
{
    struct key_file file = key_file_make(state, "k", ED25519);
    char expected[256];

    assert_int_equal(remove(file.public_path), 0);
    snprintf(expected, sizeof expected,
             "get.conf:3: dnssec-key = k.private: nothing tells that this key is for "
             "get.example.org: put its .key file beside it, or name it "
             "Kget.example.org.+015+%05u.private\n",
             file.tag);
    key_file_refuse(state, "dnssec-key = k.private\n", expected);
}

static void algorithms_nobody_supports(void **state)
{
    static const char *const algorithms[] = {"14 (ECDSAP384SHA384)", "16 (ED448)", "99 (X)"};
    static const char base64[] = "pdZHv6omD14VR6ztfrkEyTk8OiMw5evg9tC+WW9JVY0=";
    struct key_file file = key_file_make(state, "k", P256);

    for (size_t i = 0; i < LENGTH(algorithms); i++) {
        key_file_write(file.private_path,
                       "Private-key-format: v1.2\nAlgorithm: %s\nPrivateKey: %s\n", algorithms[i],
                       base64);
        assert_null(
            key_file_load(state, "dnssec-key = k.private\n",
                          i == 1 ? "get.conf:3: dnssec-key = k.private: not a private key in the "
                                   "format of BIND or ldns (near line 3)\n"
                                 : "get.conf:3: dnssec-key = k.private: the algorithm must be 13 "
                                   "(ECDSAP256SHA256) or 15 (ED25519)\n"));
    }
}

/* Whatever happens to the file: it is refused, or it is the same key still. */
static void corrupted_file(void **state)
{
    struct key_file file = key_file_make(state, "k", P256);
    uint32_t seed = 1;
    char good[512], faults[1024];
    FILE *in = fopen(file.private_path, "re");
    size_t length = fread(good, 1, sizeof good, in);

    fclose(in);
    for (int i = 0; i < 1000; i++) {
        size_t at = test_random(&seed) % length, cut = i % 2 ? length : at;
        char bad[sizeof good];
        struct keys *keys;
        FILE *out = fopen(file.private_path, "we");

        memcpy(bad, good, length);
        bad[at] = (char)test_random(&seed);
        fwrite(bad, 1, cut, out);
        fclose(out);
        keys = key_file_try(state, "dnssec-key = k.private\n", faults, sizeof faults);
        if (keys)
            assert_int_equal(ldns_key_keytag(ldns_key_list_key(keys->signing, 0)), file.tag);
        keys_free(keys);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(no_keys),
        CONF_FILE_TEST(keys_are_combined_signing_keys),
        CONF_FILE_TEST(keys_of_bind),
        CONF_FILE_TEST(key_that_others_may_read),
        CONF_FILE_TEST(no_key_file),
        CONF_FILE_TEST(public_half_contradicts),
        CONF_FILE_TEST(name_tells_the_purpose),
        CONF_FILE_TEST(algorithms_nobody_supports),
        CONF_FILE_TEST(corrupted_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
