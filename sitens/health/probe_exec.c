/* SPDX-License-Identifier: ISC */
/*
 * probe_exec: runs a command and passes when it exits with status 0.
 *
 * The command line is split at white space; no shell sees it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "process.h"

struct probe_exec {
    struct probe probe;
    char *words; /* argv points into it */
    char **argv;
    struct process *process;
};

static void on_end(void *userdata, int status, const char *line, const char *text)
{
    struct probe_exec *exec = userdata;

    (void)line;
    probe_end(&exec->probe, status == 0 ? PROBE_PASS : PROBE_FAIL, "%s", text);
}

static void start(struct probe *probe)
{
    process_start(((struct probe_exec *)probe)->process);
}

static const char *cancel(struct probe *probe)
{
    process_cancel(((struct probe_exec *)probe)->process);
    return "the command";
}

static void destroy(struct probe *probe)
{
    struct probe_exec *exec = (struct probe_exec *)probe;

    process_free(exec->process);
    free(exec->argv);
    free(exec->words);
    free(exec);
}

static const struct probe_class class = {start, cancel, destroy};

/* Splits words, which conf_rules has made sure to hold at least one. */
static void split(struct probe_exec *exec)
{
    size_t n = 0;
    char *rest = NULL;

    for (char *w = strtok_r(exec->words, " \t", &rest); w; w = strtok_r(NULL, " \t", &rest))
        exec->argv[n++] = w;
}

int probe_exec_new(struct watch_env *env, const struct conf_check *check, struct probe **ret)
{
    struct probe_exec *exec = calloc(1, sizeof *exec);

    if (!exec)
        return -ENOMEM;
    exec->probe.class = &class;
    exec->words = strdup(check->exec);
    exec->argv = calloc(strlen(check->exec) / 2 + 2, sizeof *exec->argv);
    if (!exec->words || !exec->argv ||
        process_new(env->loop, exec->argv, on_end, exec, &exec->process) < 0) {
        destroy(&exec->probe);
        return -ENOMEM;
    }
    split(exec);
    *ret = &exec->probe;
    return 0;
}
