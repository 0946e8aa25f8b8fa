/* SPDX-License-Identifier: ISC */
/* memory_file: a file that is only in memory, for code that reads a path. */
#ifndef SITENS_TESTS_FUZZ_MEMORY_FILE_H
#define SITENS_TESTS_FUZZ_MEMORY_FILE_H

#include <stddef.h>

struct memory_file {
    int fd;
    char path[32];
};

/* Makes an empty one. Ends the program on failure, as all of this does. */
void memory_file_init(struct memory_file *file);

/* Makes data its whole content. */
void memory_file_set(const struct memory_file *file, const void *data, size_t size);

#endif
