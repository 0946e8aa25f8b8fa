/* SPDX-License-Identifier: ISC */
/*
 * parentgen --init: whatever is answered, in lines or as options, what comes of it is a site file
 * that conf reads, with the sites that were named.
 *
 * The input is what is typed. A first octet that is odd makes each line an option instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "init.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_isatty(int fd);
void __wrap_host_id(char *text, size_t size);
void __wrap_host_addresses(char *text, size_t size);
const char *__wrap_host_url(void);

static const char path[] = "/nonexistent/get.example.org.conf";

int __wrap_isatty(int fd)
{
    (void)fd;
    return 1;
}

void __wrap_host_id(char *text, size_t size)
{
    snprintf(text, size, "dc1");
}

void __wrap_host_addresses(char *text, size_t size)
{
    snprintf(text, size, "192.0.2.10 2001:db8:2::10");
}

const char *__wrap_host_url(void)
{
    return NULL;
}

static void on_fault(const char *text)
{
    (void)text;
    abort();
}

static void check(const struct draft *draft)
{
    struct conf *conf;

    if (draft_load(draft, on_fault, &conf) != 0 || conf->n_sites != draft->n_sites ||
        conf->n_sites == 0 || strcmp(conf->name, "get.example.org"))
        abort();
    for (size_t i = 0; i < draft->n_sites; i++)
        if (strcmp(conf->sites[i].id, draft->sites[i].id) || conf->sites[i].address.n == 0)
            abort();
    conf_free(conf);
}

/* Each line a site, but the last one: the URL. */
static void take_options(char *text, struct init_options *ret)
{
    for (char *line; (line = strsep(&text, "\n"));) {
        if (text && ret->n_sites < CONF_SITES_MAX)
            ret->sites[ret->n_sites++] = line;
        else
            ret->url = line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *silent;
    struct init_options options = {0};
    struct draft draft;
    char *text;

    if (size < 2)
        return 0;
    if (!silent)
        silent = freopen("/dev/null", "w", stdout); /* the questions */
    text = calloc(1, size); /* strndup() would look for an end behind data's own */
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    if (data[0] % 2)
        take_options(text, &options);
    stdin = fmemopen((void *)(data + 1), size - 1, "r");
    if (init_ask(path, &options, &draft) == 0) {
        check(&draft);
        draft_done(&draft);
    }
    fclose(stdin);
    free(text);
    return 0;
}
