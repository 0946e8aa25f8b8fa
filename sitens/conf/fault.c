/* SPDX-License-Identifier: ISC */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "value.h"

enum { TEXT_MAX = 2048 };

void fault_report(struct faults *faults, const char *path, unsigned line, const char *format, ...)
{
    char text[TEXT_MAX];
    int used = line ? snprintf(text, sizeof text, "%s:%u: ", path, line)
                    : snprintf(text, sizeof text, "%s: ", path);
    va_list args;

    if (used >= 0 && used < TEXT_MAX) {
        va_start(args, format);
        vsnprintf(text + used, sizeof text - (size_t)used, format, args);
        va_end(args);
    }
    faults->n++;
    faults->on_fault(faults->userdata, value_printable(text, text, sizeof text));
}
