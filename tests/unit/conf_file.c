/* SPDX-License-Identifier: ISC */
#include "conf_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int conf_file_set_up(void **state)
{
    struct conf_file *file = calloc(1, sizeof *file);

    strcpy(file->directory, "/tmp/test_conf.XXXXXX");
    if (!mkdtemp(file->directory))
        return -1;
    snprintf(file->path, sizeof file->path, "%s/get.conf", file->directory);
    *state = file;
    return 0;
}

int conf_file_tear_down(void **state)
{
    struct conf_file *file = *state;
    DIR *directory = opendir(file->directory);

    for (struct dirent *entry; directory && (entry = readdir(directory));)
        unlinkat(dirfd(directory), entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
    closedir(directory);
    remove(file->directory);
    free(file);
    return 0;
}

void conf_file_write(const struct conf_file *file, const char *content)
{
    FILE *out = fopen(file->path, "we");

    assert_non_null(out);
    fputs(content, out);
    assert_int_equal(fclose(out), 0);
}

/* Collects the faults, one a line, without the directory, which differs from run to run. */
static void on_fault(void *userdata, const char *text)
{
    const char *name = strstr(text, "get.conf");

    fprintf(userdata, "%s\n", name ? name : text);
}

struct conf *conf_file_load_path(const char *path, const char *expected_faults)
{
    struct conf *conf = NULL;
    char *faults = NULL;
    size_t length;
    FILE *out = open_memstream(&faults, &length);
    int r = conf_load(path, &(struct faults){.on_fault = on_fault, .userdata = out}, &conf);

    fclose(out);
    assert_string_equal(faults, expected_faults);
    assert_int_equal(r, *expected_faults ? FAULTS_REPORTED : 0);
    assert_int_equal(conf == NULL, r != 0);
    free(faults);
    return conf;
}

struct conf *conf_file_load(void **state, const char *content)
{
    conf_file_write(*state, content);
    return conf_file_load_path(((struct conf_file *)*state)->path, "");
}

void conf_file_check_faults(void **state, const char *content, const char *expected)
{
    conf_file_write(*state, content);
    assert_null(conf_file_load_path(((struct conf_file *)*state)->path, expected));
}
