/* SPDX-License-Identifier: ISC */
#include "init.h"

#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "options.h"
#include "replace.h"

enum { ADDRESSES_TEXT_MAX = CONF_SITE_ADDRESSES_MAX * (ADDRESS_TEXT_MAX + 1) };

static void tell_answer(const char *text)
{
    printf("  That does not work: %s\n", text);
}

static void tell_option(const char *text)
{
    fprintf(stderr, "parentgen: --init: %s\n", text);
}

static void tell_name(const char *text)
{
    fprintf(stderr,
            "parentgen: --init takes the delegated name from FILE, which must be called like "
            "get.example.org.conf: %s\n",
            text);
}

static void tell_nobody(const char *text)
{
    (void)text;
}

/* Shows the question, and what Enter stands for; "": for nothing. Returns 0, -ENODATA at the end of
 * input, or -ENOMEM. */
static int ask(const char *question, const char *fallback, char **ret)
{
    char *line = NULL, *answer;
    size_t size = 0, length;
    int r;

    printf(*fallback ? "%s [%s]: " : "%s: ", question, fallback);
    (void)fflush(stdout);
    if (getline(&line, &size, stdin) < 0) {
        free(line);
        return -ENODATA;
    }
    answer = line + strspn(line, " \t");
    for (length = strlen(answer); length && strchr(" \t\r\n", answer[length - 1]); length--)
        answer[length - 1] = '\0';
    r = draft_set(ret, *answer ? answer : fallback);
    free(line);
    return r;
}

/* Asks until the draft with the answer is one that conf takes. An empty one ends it where it may be
 * empty. */
static int ask_well(struct draft *draft, const char *question, const char *fallback, char **answer,
                    bool may_be_empty)
{
    int r;

    do
        r = ask(question, fallback, answer);
    while (r == 0 && !(may_be_empty && !**answer) &&
           (r = draft_load(draft, tell_answer, NULL)) == FAULTS_REPORTED);
    return r;
}

/* What the host knows of itself is offered for the first site only, if a site can be called so. */
static void offer(struct draft *draft, char *id, char *addresses)
{
    *id = *addresses = '\0';
    if (draft->n_sites > 1)
        return;
    host_id(id, CONF_SITE_ID_MAX + 1);
    host_addresses(addresses, ADDRESSES_TEXT_MAX);
    if (draft_set(&draft->sites[0].id, id) == 0 && draft_load(draft, tell_nobody, NULL) != 0)
        *id = '\0';
}

/* ret_more: whether there was a site; the first one there has to be. */
static int ask_site(struct draft *draft, bool *ret_more)
{
    struct draft_site *site = &draft->sites[draft->n_sites++];
    char id[CONF_SITE_ID_MAX + 1], addresses[ADDRESSES_TEXT_MAX], question[128];
    bool first = draft->n_sites == 1;
    int r;

    offer(draft, id, addresses);
    snprintf(question, sizeof question, "\nSite %zu, a short name%s", draft->n_sites,
             first ? ", as dc1" : "; Enter if there are no more");
    r = ask_well(draft, question, id, &site->id, !first);
    *ret_more = r == 0 && *site->id;
    if (!*ret_more) {
        draft->n_sites -= r == 0;
        free(r == 0 ? site->id : NULL);
        site->id = r == 0 ? NULL : site->id;
        return r;
    }
    return ask_well(draft, "Its addresses, as the world reaches it", addresses, &site->addresses,
                    false);
}

static int ask_all(struct draft *draft)
{
    const char *url = host_url();
    size_t length;
    const char *name = draft_name(draft, &length);
    bool more = true;
    int r = 0;

    printf("A site file for %.*s. Enter takes what stands in brackets; Ctrl-C ends it, and\n"
           "nothing is written.\n",
           (int)length, name);
    while (r == 0 && more && draft->n_sites < CONF_SITES_MAX)
        r = ask_site(draft, &more);
    if (r < 0)
        return r;
    printf("\n%s\n", url ? "A web server accepts connections on this host."
                         : "No web server accepts connections on this host.");
    return ask_well(draft, "URL of the web server, as each site asks its own",
                    url ? url : "http://127.0.0.1/", &draft->url, false);
}

/* ID=ADDRESS[,ADDRESS] */
static int take_site(struct draft *draft, const char *text)
{
    struct draft_site *site = &draft->sites[draft->n_sites++];
    const char *equals = strchr(text, '=');
    int r = draft_set(&site->id, text);

    if (r == 0 && equals)
        site->id[equals - text] = '\0';
    return r < 0 ? r : draft_set(&site->addresses, equals ? equals + 1 : "");
}

static int take_all(struct draft *draft, const struct init_options *options)
{
    int r = draft_set(&draft->url, options->url ? options->url : "http://127.0.0.1/");

    for (size_t i = 0; r == 0 && i < options->n_sites; i++)
        r = take_site(draft, options->sites[i]);
    return r < 0 ? r : draft_load(draft, tell_option, NULL);
}

static int refuse_file(const char *path, int error)
{
    fprintf(stderr, "parentgen: %s: %s\n", path,
            error == EEXIST   ? "it is there already, and stays as it is; move it away, or choose "
                                "another directory"
            : error == ENOENT ? "there is no such directory; make it, or choose another"
                              : strerror(error));
    return EXIT_FAULT;
}

/* What would keep the file from being written, told before anybody answers questions: an errno. */
static int obstacle(const char *path)
{
    char *copy;
    int r;

    if (access(path, F_OK) == 0)
        return EEXIST;
    copy = strdup(path);
    r = !copy || access(dirname(copy), W_OK | X_OK) < 0 ? errno : 0;
    free(copy);
    return r;
}

static int fill(struct draft *draft, const struct init_options *options)
{
    if (options->n_sites)
        return take_all(draft, options);
    if (isatty(STDIN_FILENO))
        return ask_all(draft);
    fputs("parentgen: --init asks on a terminal; without one, give --site ID=ADDRESS[,ADDRESS] for "
          "each site, and --web URL if it is not http://127.0.0.1/\n",
          stderr);
    return FAULTS_REPORTED;
}

int init_ask(const char *path, const struct init_options *options, struct draft *ret)
{
    struct draft draft = {.path = path};
    int r = obstacle(path);

    if (r > 0)
        return refuse_file(path, r);
    r = draft_load(&draft, tell_name, NULL);
    if (r == 0)
        r = fill(&draft, options);
    if (r == 0) {
        *ret = draft;
        return 0;
    }
    draft_done(&draft);
    if (r < 0)
        fprintf(stderr, "\nparentgen: %s; nothing is written\n",
                r == -ENODATA ? "the answers ended" : strerror(-r));
    return r < 0 ? EXIT_FAULT : EXIT_USAGE;
}

static void tell_next(const struct draft *draft)
{
    size_t length;
    const char *path = draft->path, *name = draft_name(draft, &length);
    int width = (int)(strlen("parentgen --check ") + strlen(path));

    printf("\n%s is written. Look at it, then:\n", path);
    printf("  copy it to each site, as /etc/sitens/%.*s.conf\n", (int)length, name);
    printf("  %-*s  # there: is it right, and which site is this host?\n", width, "sitens --test");
    printf("  systemctl restart sitens\n");
    printf("  parentgen %-*s  # here: what to put into the parent zone\n",
           width - (int)strlen("parentgen "), path);
    printf("  parentgen --check %s  # then: is all well, as the world sees it?\n", path);
}

int init_write(const struct draft *draft)
{
    static const struct replace_options whole = {.mode = 0644, .durable = true, .only_new = true};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    int r = -ENOMEM;

    if (out) {
        draft_print(draft, out);
        r = ferror(out) | fclose(out) ? -ENOMEM : replace_file(draft->path, text, size, &whole);
    }
    free(text);
    if (r < 0)
        return refuse_file(draft->path, -r);
    tell_next(draft);
    return 0;
}
