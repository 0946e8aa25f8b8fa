/* SPDX-License-Identifier: ISC */
/* key_file: DNSSEC keys in files beside the site file. */
#ifndef SITENS_TESTS_UNIT_KEY_FILE_H
#define SITENS_TESTS_UNIT_KEY_FILE_H

#include "conf_file.h"

#include <ldns/ldns.h>

/* A made key in the folder of the test: NAME.private, mode 0600, and NAME.key. */
struct key_file {
    char private_path[128], public_path[128];
    char data[128]; /* of its DNSKEY record: flags 257, protocol 3, algorithm, key */
    uint16_t tag;
};

/* Makes a key for get.example.org; name is that of its files without their suffixes. */
struct key_file key_file_make(void **state, const char *name, ldns_signing_algorithm algorithm);

/* Makes two keys of algorithm 15 that have one tag. */
void key_file_make_twins(void **state, const char *one, const char *two, struct key_file ret[2]);

/* Replaces what a file says. */
void key_file_write(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
