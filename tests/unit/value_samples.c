/* SPDX-License-Identifier: ISC */
#include "value_samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *value_samples_printed(const struct value_type *type, const void *field)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    type->print(out, field);
    fclose(out);
    return text;
}

/* Parses text and compares its canonical form; expected NULL: it must be refused. */
static void check_value(const struct value_type *type, const struct value_bounds *bounds,
                        const char *text, const char *expected)
{
    union value_field field;
    char *canonical;

    memset(&field, 0, sizeof field);
    if (type->parse(text, bounds, &field) != (expected ? 0 : VALUE_MALFORMED))
        fail_msg("`%s` was %s", text, expected ? "refused" : "taken");
    if (expected) {
        canonical = value_samples_printed(type, &field);
        assert_string_equal(canonical, expected);
        free(canonical);
    }
    if (type->done)
        type->done(&field);
}

void value_samples_check(const struct value_type *type, const struct value_bounds *bounds,
                         const struct value_sample *samples, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_value(type, bounds, samples[i].text, samples[i].expected);
}
