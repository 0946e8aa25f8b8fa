/* SPDX-License-Identifier: ISC */
#include "watch_env.h"

#include <errno.h>
#include <stdlib.h>

#include "bus.h"
#include "checker.h"

int watch_env_new(uv_loop_t *loop, struct watch_env **ret)
{
    struct watch_env *env = calloc(1, sizeof *env);
    int r;

    if (!env)
        return -ENOMEM;
    env->loop = loop;
    r = bus_new(loop, &env->bus);
    if (r == 0)
        r = helpers_new(loop, &env->helpers);
    if (r == 0)
        r = checker_new(loop, env->helpers, &env->checker);
    if (r < 0) {
        watch_env_free(env);
        return r;
    }
    *ret = env;
    return 0;
}

bool watch_env_is_held(void)
{
    return probe_file_is_held();
}

void watch_env_free(struct watch_env *env)
{
    if (env->checker)
        checker_free(env->checker);
    if (env->helpers)
        helpers_free(env->helpers);
    if (env->bus)
        bus_free(env->bus);
    free(env);
}

bool watch_env_confinement(const struct watch_env *env, unsigned *ret_landlock, bool *ret_whole)
{
    return checker_confinement(env->checker, ret_landlock, ret_whole);
}
