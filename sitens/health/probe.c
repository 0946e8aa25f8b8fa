/* SPDX-License-Identifier: ISC */
#include "probe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf/value.h"

int probe_new(struct watch_env *env, const struct conf_check *check, struct probe **ret)
{
    struct probe *probe = NULL;
    int r = 0;

    if (check->url.path)
        r = probe_http_new(env, check, &probe);
    else if (check->tcp.address.family)
        r = probe_tcp_new(env, check, &probe);
    else if (check->exec)
        r = probe_exec_new(env, check, &probe);
    else if (check->file)
        r = probe_file_new(env, check, &probe);
    if (r < 0)
        return r;
    if (check->unit) {
        struct probe *inner = probe;

        r = probe_unit_new(env, check, inner, &probe);
        if (r < 0) {
            probe_free(inner);
            return r;
        }
    }
    *ret = probe;
    return 0;
}

void probe_free(struct probe *probe)
{
    if (probe)
        probe->class->free(probe);
}

bool probe_is_shortage(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -ENOBUFS ||
           error == -EAGAIN;
}

void probe_end(struct probe *probe, enum probe_result result, const char *format, ...)
{
    char text[2 * PROBE_REASON_MAX], reason[PROBE_REASON_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    probe->on_end(probe->userdata, result, value_utf8(text, reason, sizeof reason));
}
