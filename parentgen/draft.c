/* SPDX-License-Identifier: ISC */
#include "draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/input.h"

static const char ending[] = ".conf";

/* What stands in a draft for what has not been answered yet. */
static const char some_id[] = "dc1", some_address[] = "2001:db8:ffff:ffff::ffff",
                  some_url[] = "http://127.0.0.1/";

int draft_set(char **string, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        return -ENOMEM;
    free(*string);
    *string = copy;
    return 0;
}

const char *draft_name(const struct draft *draft, size_t *ret_length)
{
    const char *slash = strrchr(draft->path, '/'), *name = slash ? slash + 1 : draft->path;
    size_t length = strlen(name), tail = sizeof ending - 1;

    *ret_length = length > tail && !strcmp(name + length - tail, ending) ? length - tail : 0;
    return name;
}

/* A line each: a line has room for four addresses only. */
static void print_addresses(const char *addresses, FILE *out)
{
    for (const char *word = addresses; *(word += strspn(word, " ,"));) {
        size_t length = strcspn(word, " ,");

        fprintf(out, "address = %.*s\n", (int)length, word);
        word += length;
    }
}

/* The name server of a site is called after it, in the zone that delegates. */
static void print_site(const struct draft *draft, const struct draft_site *site, FILE *out)
{
    size_t length;
    const char *name = draft_name(draft, &length), *dot = memchr(name, '.', length);
    int first = (int)(dot ? (size_t)(dot - name) : length);
    const char *id = site->id ? site->id : some_id;

    fprintf(out, "\n[site %s]\nnameserver = %.*s.%s%.*s\n", id, first, name, id,
            (int)length - first, name + first);
    print_addresses(site->addresses ? site->addresses : some_address, out);
}

static const char head[] =
    "; The sites of %.*s. This file is the same on each of them, as\n"
    "; /etc/sitens/%.*s.conf. Everything that can stand here: man sitens.conf\n"
    "; A `;` begins a comment. Remove it where you want what stands behind it.\n\n"
    "[zone]\n"
    "name = %.*s\n"
    "; How long resolvers keep an address, and so how long users go to a site that died.\n"
    ";ttl = 60\n"
    "; DNSSEC: make a key with `parentgen --genkey` and this file. It prints the line to add "
    "here.\n"
    "\n"
    "; The sites: what they answer with. The names of their name servers are yours to choose.\n"
    "; parentgen prints what the parent zone has to say of them.\n"
    "; A site with `preference = 20` in its section waits while one of the usual 10 is well.\n";

static const char check[] =
    "\n"
    "; What each site asks of its own web server. Give it a page that is right only when the\n"
    "; service is.\n"
    "[check]\n"
    "url = %s\n"
    ";expect-body = ok\n"
    "; Withdraws the moment the web server is stopped:\n"
    ";unit = nginx.service\n"
    "\n"
    ";[policy]\n"
    "; A site that is well answers with the others' addresses too: browsers have another at hand.\n"
    ";answer = serving\n"
    "; A site that fails answers with the addresses of those that are well, where it still can.\n"
    ";withdraw = hand-over\n";

void draft_print(const struct draft *draft, FILE *out)
{
    static const struct draft_site some_site = {0};
    size_t length;
    const char *name = draft_name(draft, &length);
    int n = (int)length;

    fprintf(out, head, n, name, n, name, n, name);
    for (size_t i = 0; i < draft->n_sites; i++)
        print_site(draft, &draft->sites[i], out);
    if (!draft->n_sites)
        print_site(draft, &some_site, out);
    fprintf(out, check, draft->url ? draft->url : some_url);
}

/* What would end a line, or the value in it, can be in no value: the rest would be lost without a
 * word. */
static bool is_value(const char *text)
{
    for (const char *c = text ? text : ""; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f || strchr(";#", *c))
            return false;
    return true;
}

static bool has_values(const struct draft *draft)
{
    size_t length;
    bool all = is_value(draft_name(draft, &length)) && is_value(draft->url);

    for (size_t i = 0; i < draft->n_sites; i++)
        all = all && is_value(draft->sites[i].id) && is_value(draft->sites[i].addresses);
    return all;
}

/* What the draft is called while it is read: faults are told without their place. */
static const char unnamed[] = "draft";

struct listener {
    void (*on_fault)(const char *text);
    bool told;
};

static void tell_fault(void *userdata, const char *text)
{
    struct listener *listener = userdata;
    const char *behind = strstr(text + strlen(unnamed), ": ");

    if (!listener->told) /* the others follow from the first */
        listener->on_fault(behind ? behind + 2 : text);
    listener->told = true;
}

static int load(FILE *file, const struct draft *draft, void (*on_fault)(const char *text),
                struct conf **ret)
{
    struct listener listener = {on_fault, false};
    struct faults faults = {.on_fault = tell_fault, .userdata = &listener};

    draft_print(draft, file);
    if (fflush(file) != 0 || ferror(file))
        return -EFBIG;
    rewind(file);
    return conf_read(file, unnamed, &faults, ret);
}

int draft_load(const struct draft *draft, void (*on_fault)(const char *text), struct conf **ret)
{
    struct conf *conf = NULL;
    FILE *file;
    int r;

    if (!has_values(draft)) {
        on_fault("a control character, `;` and `#` cannot stand here");
        return FAULTS_REPORTED;
    }
    file = fmemopen(NULL, INPUT_MAX + 1, "w+");
    if (!file)
        return -ENOMEM;
    r = load(file, draft, on_fault, &conf);
    fclose(file);
    if (r == 0)
        r = draft_set(&conf->path, draft->path); /* the messages name what it becomes */
    if (r != 0 || !ret)
        conf_free(conf);
    else
        *ret = conf;
    return r;
}

void draft_done(struct draft *draft)
{
    for (size_t i = 0; i < draft->n_sites; i++) {
        free(draft->sites[i].id);
        free(draft->sites[i].addresses);
    }
    free(draft->url);
}
