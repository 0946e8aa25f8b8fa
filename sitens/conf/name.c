/* SPDX-License-Identifier: ISC */
#include "name.h"

#include <string.h>

bool name_is_below(const char *name, const char *ancestor)
{
    size_t n = strlen(name), a = strlen(ancestor);

    return n > a + 1 && name[n - a - 1] == '.' && !strcmp(name + n - a, ancestor);
}

bool name_is_within(const char *name, const char *ancestor)
{
    return !strcmp(name, ancestor) || name_is_below(name, ancestor);
}
