/* SPDX-License-Identifier: ISC */
/* conf_file: a site file in a directory of its own, for tests that load it. */
#ifndef SITENS_TESTS_UNIT_CONF_FILE_H
#define SITENS_TESTS_UNIT_CONF_FILE_H

#include "test.h"

#include "conf/conf.h"

/* The parts of a good site file. */
#define ZONE  "[zone]\nname = get.example.org\n"
#define SITE  "[site dc2]\nnameserver = get.dc2.example.org\naddress = 192.0.2.10\n"
#define CHECK "[check]\nurl = http://127.0.0.1/healthz\n"

/* The state of a test; the file is called get.conf. */
struct conf_file {
    char directory[64], path[96];
};

int conf_file_set_up(void **state);
int conf_file_tear_down(void **state);

#define CONF_FILE_TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, conf_file_set_up, conf_file_tear_down)

void conf_file_write(const struct conf_file *file, const char *content);

/* Loads the file at path, and compares its faults, one a line, without the directory. Returns NULL
 * where there are any. */
struct conf *conf_file_load_path(const char *path, const char *expected_faults);

/* Writes and loads a file without fault. */
struct conf *conf_file_load(void **state, const char *content);

/* Writes and loads a file with these faults. */
void conf_file_check_faults(void **state, const char *content, const char *expected);

#endif
