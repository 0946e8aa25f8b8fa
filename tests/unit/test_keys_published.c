/* SPDX-License-Identifier: ISC */
/* Keys that are only published, and sets of keys. */
#include "key_file.h"

#include <stdio.h>

#define P256    LDNS_SIGN_ECDSAP256SHA256
#define ED25519 LDNS_SIGN_ED25519

static void faulty_published_keys(void **state)
{
    static const struct {
        const char *data, *fault;
    } rows[] = {
        {"rubbish", "must be the data of a DNSKEY record, such as `257 3 13 mdsswUyr3DPW...`"},
        {"257 3 13", "must be the data of a DNSKEY record, such as `257 3 13 mdsswUyr3DPW...`"},
        {"256 3 13 " KEY_BIND_PUBLIC,
         "the flags (first field) must be 257; `parentgen --genkey` makes such keys"},
        {"385 3 13 " KEY_BIND_PUBLIC, /* revoked, RFC 5011 */
         "the flags (first field) must be 257; `parentgen --genkey` makes such keys"},
        {"257 2 13 " KEY_BIND_PUBLIC, "the protocol (second field) must be 3"},
        {"257 3 8 AwEAAb8=", "the algorithm (third field) must be 13 (ECDSAP256SHA256) or 15 "
                             "(ED25519)"},
        {"257 3 13 D/rP7zpYjyQA5UbnL64czJotgyQhCoAL4k8xtap4sgA=",
         "the key (fourth field) is not one of its algorithm: it was cut or mistyped"},
        {"257 3 13 " KEY_BIND_PUBLIC " AAAA",
         "must be the data of a DNSKEY record, such as `257 3 13 mdsswUyr3DPW...`"},
        {"257 3 13 E/rP7zpYjyQA5UbnL64czJotgyQhCoAL4k8xtap4sgCWLxutA6D7HqAGTmNEkHYtdOHeTVyu+C84HkGA"
         "by2oNQ==", /* not on the curve */
         "the key (fourth field) is not one of its algorithm: it was cut or mistyped"},
        {"257 3 15 " KEY_BIND_PUBLIC,
         "the key (fourth field) is not one of its algorithm: it was cut or mistyped"},
        {"257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
         "no dnssec-key has this algorithm: every algorithm that is published must sign"},
    };

    key_file_make(state, "k", P256);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char lines[512], expected[512];

        snprintf(lines, sizeof lines, "dnssec-key = k.private\ndnssec-publish = %s\n",
                 rows[i].data);
        snprintf(expected, sizeof expected, "get.conf:4: dnssec-publish = %s: %s\n", rows[i].data,
                 rows[i].fault);
        key_file_refuse(state, lines, expected);
    }
}

static void nothing_signs(void **state)
{
    key_file_refuse(state, "dnssec-publish = 257 3 13 " KEY_BIND_PUBLIC "\n",
                    "get.conf:3: dnssec-publish = 257 3 13 " KEY_BIND_PUBLIC
                    ": no dnssec-key has this "
                    "algorithm: every algorithm that is published must sign\n");
}

static void every_fault_is_told(void **state)
{
    key_file_refuse(
        state, "dnssec-key = a.private\ndnssec-publish = x\ndnssec-key = b.private\n",
        "get.conf:3: dnssec-key = a.private: cannot be opened: No such file or directory\n"
        "get.conf:5: dnssec-key = b.private: cannot be opened: No such file or directory\n"
        "get.conf:4: dnssec-publish = x: must be the data of a DNSKEY record, such as `257 3 13 "
        "mdsswUyr3DPW...`\n");
}

/* RFC 8901: what a site signs with stands in the list that all share. */
static void shared_list(void **state)
{
    struct key_file own = key_file_make(state, "own", P256);
    struct key_file other = key_file_make(state, "other", P256);
    char lines[512], expected[64];

    snprintf(lines, sizeof lines,
             "dnssec-key = own.private\ndnssec-publish = %s\ndnssec-publish = %s\n", other.data,
             own.data);
    snprintf(expected, sizeof expected, "%u (signs), %u", own.tag, other.tag);
    assert_string_equal(key_file_tags(state, lines), expected);
}

static void two_keys_of_one_tag(void **state)
{
    struct key_file twins[2];
    char lines[512], expected[512];

    key_file_make_twins(state, "one", "two", twins);
    snprintf(expected, sizeof expected,
             "get.conf:4: dnssec-key = two.private: two different keys have the tag %u; replace "
             "one of them\n",
             twins[0].tag);
    key_file_refuse(state, "dnssec-key = one.private\ndnssec-key = two.private\n", expected);
    snprintf(lines, sizeof lines, "dnssec-key = one.private\ndnssec-publish = %s\n", twins[1].data);
    snprintf(expected, sizeof expected,
             "get.conf:4: dnssec-publish = %s: two different keys have the tag %u; replace one of "
             "them\n",
             twins[1].data, twins[0].tag);
    key_file_refuse(state, lines, expected);
}

static void one_key_twice(void **state)
{
    key_file_make(state, "k", P256);
    key_file_refuse(state, "dnssec-key = k.private\ndnssec-key = ./k.private\n",
                    "get.conf:4: dnssec-key = ./k.private: this key is given twice\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(faulty_published_keys), CONF_FILE_TEST(nothing_signs),
        CONF_FILE_TEST(every_fault_is_told),   CONF_FILE_TEST(shared_list),
        CONF_FILE_TEST(two_keys_of_one_tag),   CONF_FILE_TEST(one_key_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
