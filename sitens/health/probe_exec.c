/* SPDX-License-Identifier: ISC */
/*
 * probe_exec: runs a command and passes when it exits with status 0.
 *
 * The command line is split at white space; no shell sees it. sitens-exec runs it, and sees to it
 * that nothing that it started stays behind; exec/protocol.h says what it tells.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/protocol.h"
#include "helper.h"
#include "probe.h"

#define PROGRAM "sitens-exec"

struct probe_exec {
    struct probe probe;
    struct helpers *helpers;
    const struct conf_check *conf;
    char *program, *words; /* PROGRAM, and those of the command; argv points to both */
    char **argv;
    struct helper *run; /* NULL: the last one has ended */
    bool running;       /* and its result is waited for */
    bool started;       /* the command has been */
    bool timed_out;     /* the last run */
    char stage[2 * HELPER_LINE_MAX];
};

static void end(struct probe_exec *exec, enum probe_result result, const char *how)
{
    const char *line = exec->run ? helper_last_line(exec->run) : "";

    exec->running = false;
    probe_end(&exec->probe, result, "%s%s%s", how, *line ? ": " : "", line);
}

static void on_message(void *userdata, const void *data, size_t n)
{
    struct probe_exec *exec = userdata;
    const struct exec_report *report = data;
    char how[HELPER_TEXT_MAX];

    if (n != sizeof *report || !exec->running)
        return;
    switch ((enum exec_event)report->event) {
    case EXEC_STARTED:
        exec->started = true;
        break;
    case EXEC_EXITED:
        snprintf(how, sizeof how, "%s: exit status %d", exec->argv[1], report->value);
        end(exec, report->value == 0 ? PROBE_PASS : PROBE_FAIL, how);
        break;
    case EXEC_KILLED:
        snprintf(how, sizeof how, "%s was killed by signal %d (%s)", exec->argv[1], report->value,
                 strsignal(report->value));
        end(exec, PROBE_FAIL, how);
        break;
    case EXEC_NOT_RUN:
    case EXEC_UNMADE:
        snprintf(how, sizeof how, "cannot run %s: %.*s", exec->argv[1], EXEC_TEXT_MAX - 1,
                 *report->text ? report->text : uv_strerror(-report->value));
        end(exec, report->event == EXEC_UNMADE ? PROBE_UNMADE : PROBE_FAIL, how);
        break;
    }
}

/* Without a result: it is no fault of the command that PROGRAM was killed. */
static void on_end(void *userdata, const char *how)
{
    struct probe_exec *exec = userdata;

    exec->run = NULL;
    if (exec->running)
        end(exec, PROBE_UNMADE, how);
}

static const struct helper_events events = {on_message, NULL, on_end};

static void start(struct probe *probe)
{
    struct probe_exec *exec = (struct probe_exec *)probe;
    int r;

    if (exec->run && exec->timed_out) {
        probe_end(probe, PROBE_UNMADE,
                  "%s: the run before timed out after %u ms and was killed, but has not ended; "
                  "is the host overloaded?",
                  exec->argv[1], exec->conf->timeout_ms);
        return;
    }
    if (exec->run) {
        probe_end(probe, PROBE_UNMADE,
                  "%s: what the run before had started was killed, but has not ended; is the host "
                  "overloaded?",
                  exec->argv[1]);
        return;
    }
    exec->started = exec->timed_out = false;
    r = helper_start(exec->helpers, exec->argv, &events, exec, &exec->run);
    exec->running = r == 0;
    if (r < 0)
        probe_end(probe, PROBE_UNMADE, "cannot run %s: %s", exec->argv[0], uv_strerror(r));
}

static const char *cancel(struct probe *probe)
{
    struct probe_exec *exec = (struct probe_exec *)probe;
    const char *line = helper_last_line(exec->run);

    helper_stop(exec->run);
    exec->running = false;
    exec->timed_out = true;
    probe->unmade = !exec->started;
    if (!exec->started)
        return "the start of the command; is the host overloaded?";
    if (!*line)
        return "the command";
    snprintf(exec->stage, sizeof exec->stage, "the command, which said: %s", line);
    return exec->stage;
}

static void destroy(struct probe *probe)
{
    struct probe_exec *exec = (struct probe_exec *)probe;

    if (exec->run)
        helper_forget(exec->run, false);
    free(exec->argv);
    free(exec->words);
    free(exec->program);
    free(exec);
}

static const struct probe_class class = {start, cancel, destroy, NULL};

/* Splits words, which conf_rules has made sure to hold at least one. */
static void split(struct probe_exec *exec)
{
    size_t n = 0;
    char *rest = NULL;

    exec->argv[n++] = exec->program;
    for (char *w = strtok_r(exec->words, " \t", &rest); w; w = strtok_r(NULL, " \t", &rest))
        exec->argv[n++] = w;
}

int probe_exec_new(struct watch_env *env, const struct conf_check *check, struct probe **ret)
{
    struct probe_exec *exec = calloc(1, sizeof *exec);
    char path[PATH_MAX];

    if (!exec)
        return -ENOMEM;
    exec->probe.class = &class;
    exec->helpers = env->helpers;
    exec->conf = check;
    exec->words = strdup(check->exec);
    exec->argv = calloc(strlen(check->exec) / 2 + 3, sizeof *exec->argv);
    exec->program = strdup(helper_path(PROGRAM, path));
    if (!exec->program || !exec->words || !exec->argv) {
        destroy(&exec->probe);
        return -ENOMEM;
    }
    split(exec);
    *ret = &exec->probe;
    return 0;
}
