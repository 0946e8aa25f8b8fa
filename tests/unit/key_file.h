/* SPDX-License-Identifier: ISC */
/* key_file: DNSSEC keys in files beside the site file. */
#ifndef SITENS_TESTS_UNIT_KEY_FILE_H
#define SITENS_TESTS_UNIT_KEY_FILE_H

#include "conf_file.h"

#include "dns/keys.h"

/* A key made by BIND's dnssec-keygen, in its own words. */
#define KEY_BIND_NAME "Kget.example.org.+013+00884"
#define KEY_BIND_PUBLIC                                                                            \
    "D/rP7zpYjyQA5UbnL64czJotgyQhCoAL4k8xtap4sgCWLxutA6D7HqAG TmNEkHYtdOHeTVyu+C84HkGAby2oNQ=="

/* A made key in the directory of the test: NAME.private, mode 0600, and NAME.key. */
struct key_file {
    char private_path[128], public_path[128];
    char data[128]; /* of its DNSKEY record: flags 257, protocol 3, algorithm, key */
    uint16_t tag;
};

/* Makes a key for get.example.org; name is that of its files without their suffixes. */
struct key_file key_file_make(void **state, const char *name, ldns_signing_algorithm algorithm);

/* Makes two keys of algorithm 15 that have one tag. */
void key_file_make_twins(void **state, const char *one, const char *two, struct key_file ret[2]);

/* Loads the keys of a site file whose [zone] goes on with these lines. Writes the faults, one a
 * line, without the directory, to faults. Returns NULL where there are any, or no keys. */
struct keys *key_file_try(void **state, const char *lines, char *faults, size_t size);

/* The same, and compares the faults. */
struct keys *key_file_load(void **state, const char *lines, const char *expected_faults);

/* The same for lines that must be refused. */
void key_file_refuse(void **state, const char *lines, const char *expected_faults);

/* keys_describe() of the keys of good lines. */
const char *key_file_tags(void **state, const char *lines);

/* Replaces what a file says. */
void key_file_write(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
