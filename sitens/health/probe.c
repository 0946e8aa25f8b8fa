/* SPDX-License-Identifier: ISC */
#include "health/probe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "value.h"

int probe_new(struct watch_env *env, const struct conf_check *check, struct probe **ret)
{
    if (check->url.path)
        return probe_http_new(env, check, ret);
    return -ENOTSUP;
}

void probe_free(struct probe *probe)
{
    if (probe)
        probe->class->free(probe);
}

void probe_end(struct probe *probe, bool pass, const char *format, ...)
{
    char text[PROBE_REASON_MAX], reason[PROBE_REASON_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    probe->on_end(probe->userdata, pass, value_printable(text, reason, sizeof reason));
}
