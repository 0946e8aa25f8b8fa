/* SPDX-License-Identifier: ISC */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "value.h"

enum { TEXT_MAX = 2048 };

__attribute__((format(printf, 5, 0))) static void tell(fault_fn told, void *userdata,
                                                       const char *path, unsigned line,
                                                       const char *format, va_list args)
{
    char text[TEXT_MAX];
    int used = line ? snprintf(text, sizeof text, "%s:%u: ", path, line)
                    : snprintf(text, sizeof text, "%s: ", path);

    if (used >= 0 && used < TEXT_MAX)
        vsnprintf(text + used, sizeof text - (size_t)used, format, args);
    told(userdata, value_printable(text, text, sizeof text));
}

void fault_report(struct faults *faults, const char *path, unsigned line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    faults->n++;
    tell(faults->on_fault, faults->userdata, path, line, format, args);
    va_end(args);
}

void fault_warn(struct faults *faults, const char *path, unsigned line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (faults->on_warning)
        tell(faults->on_warning, faults->userdata, path, line, format, args);
    va_end(args);
}
