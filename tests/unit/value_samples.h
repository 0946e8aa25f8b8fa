/* SPDX-License-Identifier: ISC */
/* value_samples: texts that are tried on a type of value, and what must become of them. */
#ifndef SITENS_TESTS_UNIT_VALUE_SAMPLES_H
#define SITENS_TESTS_UNIT_VALUE_SAMPLES_H

#include "test.h"

#include "conf/value.h"

/* As large and as aligned as the field of any type. */
union value_field {
    struct conf_addresses addresses;
    struct conf_list list;
    struct conf_url url;
};

struct value_sample {
    const char *text, *expected; /* the canonical form; NULL: must be refused */
};

/* Parses each of n samples with the type and compares what comes out. */
void value_samples_check(const struct value_type *type, const struct value_bounds *bounds,
                         const struct value_sample *samples, size_t n);

/* The canonical form of a field; the caller frees it. */
char *value_samples_printed(const struct value_type *type, const void *field);

#endif
