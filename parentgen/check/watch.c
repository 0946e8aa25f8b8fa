/* SPDX-License-Identifier: ISC */
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history.h"
#include "page.h"
#include "screen.h"
#include "survey_report.h"

struct watch {
    const struct watch_options *options;
    struct survey_request request;
    struct survey *found; /* the latest */
    struct history history;
    size_t n_printed; /* changes */
    bool terminal;
    int page_error; /* what was told last */
};

/* Asking and waiting can be left at any point; while something is written the signals wait. */
static void on_end(int number)
{
    (void)number;
    _exit(0);
}

/* Only to wake up rest(), which alone lets it in. */
static void on_resize(int number)
{
    (void)number;
}

static void hold_signals(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(how, &set, NULL);
}

static void print_change(const struct history_change *change, FILE *out)
{
    char when[HISTORY_TIME_MAX];

    fprintf(out, "%s %s\n", history_time(change->at, when), change->text ? change->text : "?");
}

static int show(const struct watch *w)
{
    const struct history *h = &w->history;
    char *text = NULL, when[HISTORY_TIME_MAX];
    size_t size;
    FILE *out = open_memstream(&text, &size);
    int r = -ENOMEM;

    if (!out)
        return r;
    fprintf(out, "%s, %s, every %u s; Ctrl-C ends\n\n", w->request.expected.conf->name,
            history_time(h->last, when), w->options->interval_s);
    survey_report_print(w->found, true, out);
    fputs("\nCHANGES\n", out);
    for (size_t i = h->n_changes; i > history_first_change(h); i--)
        print_change(history_change(h, i - 1), out);
    if (fclose(out) == 0) {
        screen_show(text, stdout);
        r = 0;
    }
    free(text);
    return r;
}

static void print_changes(struct watch *w)
{
    const struct history *h = &w->history;

    if (w->n_printed < history_first_change(h))
        w->n_printed = history_first_change(h);
    for (; w->n_printed < h->n_changes; w->n_printed++)
        print_change(history_change(h, w->n_printed), stdout);
}

/* A page that cannot be written is no reason to stop looking. */
static void write_page(struct watch *w)
{
    const struct watch_options *options = w->options;
    int r = page_write(options->html, w->found, &w->history, options->interval_s);

    if (r != w->page_error)
        fprintf(stderr, "parentgen: %s: %s\n", options->html,
                r < 0 ? strerror(-r) : "can be written again");
    w->page_error = r;
}

static int tell(struct watch *w)
{
    int r = 0;

    if (w->options->json)
        r = survey_report_print_json(w->found, JSON_COMPACT, stdout);
    else if (w->terminal)
        r = show(w);
    else
        print_changes(w);
    (void)fflush(stdout);
    if (w->options->html)
        write_page(w);
    return r;
}

static int look(struct watch *w)
{
    struct survey *found;
    int r;

    w->request.expected.now = time(NULL);
    hold_signals(SIG_UNBLOCK);
    r = survey_run(&w->request, &found);
    hold_signals(SIG_BLOCK);
    if (r < 0)
        return r;
    survey_free(w->found);
    w->found = found;
    return history_add(&w->history, found, time(NULL));
}

/* Draws anew when the terminal gets another size. ppoll() lets the signals in, so that one that
 * came just before is not lost. */
static int rest(struct watch *w, uint64_t until_ms)
{
    sigset_t none;
    int r = 0, woken;

    sigemptyset(&none);
    do {
        uint64_t now_ms = ask_clock_ms(), left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
        const struct timespec left = {.tv_sec = (time_t)(left_ms / 1000),
                                      .tv_nsec = (long)(left_ms % 1000) * 1000000};

        woken = ppoll(NULL, 0, &left, &none) < 0;
        if (woken && w->terminal && !w->options->json) {
            r = show(w);
            (void)fflush(stdout);
        }
    } while (woken && r == 0);
    return r;
}

int watch_run(const struct survey_request *request, const struct watch_options *options)
{
    const struct sigaction end = {.sa_handler = on_end}, resize = {.sa_handler = on_resize};
    struct watch w = {.options = options, .request = *request, .terminal = isatty(STDOUT_FILENO)};
    sigset_t resized;
    int r = 0;

    sigemptyset(&resized);
    sigaddset(&resized, SIGWINCH);
    sigprocmask(SIG_BLOCK, &resized, NULL);
    hold_signals(SIG_BLOCK);
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGWINCH, &resize, NULL);
    while (r == 0 && !ferror(stdout)) {
        uint64_t next = ask_clock_ms() + (uint64_t)options->interval_s * 1000;

        r = look(&w);
        if (r == 0)
            r = tell(&w);
        if (r == 0 && !ferror(stdout))
            r = rest(&w, next);
    }
    survey_free(w.found);
    history_done(&w.history);
    return r;
}
