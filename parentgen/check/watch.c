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

enum {
    FINDING_ROWS = 6, /* one with its fix, as long as most are in 80 columns, and a row for more */
    LATEST_ROWS = 6,  /* the heading and four changes of one row, or two of two */
};

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
static void on_redraw(int number)
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

static void print_state(const struct watch *w, FILE *out)
{
    char when[HISTORY_TIME_MAX];

    fprintf(out, "%s, %s, every %u s; Ctrl-C ends\n\n", w->request.expected.conf->name,
            history_time(w->history.last, when), w->options->interval_s);
    survey_report_print_state(w->found, true, out);
}

static void print_findings(const struct watch *w, FILE *out)
{
    survey_report_print_findings(w->found, true, out);
}

static void print_latest(const struct watch *w, FILE *out)
{
    fputs("\nCHANGES\n", out);
    history_each_change(&w->history, print_change, out);
}

/* Returns the text; free(). NULL if there is no memory. */
static char *text_of(const struct watch *w, void (*print)(const struct watch *, FILE *))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    print(w, out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

/* On a small terminal who serves comes first, then the worst finding with its fix, then the latest
 * changes, then the other findings. */
static int show(const struct watch *w)
{
    char *state = text_of(w, print_state), *findings = text_of(w, print_findings);
    char *latest = text_of(w, print_latest);
    const struct screen_part parts[] = {
        {.text = state, .least = SIZE_MAX},
        {.text = findings,
         .least = FINDING_ROWS,
         .more = "... there is more, and no room for it: parentgen --check shows all"},
        {.text = latest, .least = LATEST_ROWS},
    };
    int r = state && findings && latest ? 0 : -ENOMEM;

    if (r == 0)
        screen_show(parts, sizeof parts / sizeof *parts, stdout);
    free(state);
    free(findings);
    free(latest);
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
        fprintf(stderr, "parentgen: %s %s%s\n", options->html,
                r < 0 ? "cannot be written: " : "can be written again", r < 0 ? page_error(r) : "");
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
    if (w->options->html && !ferror(stdout)) /* else errno has to tell why */
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

/* Draws anew when the terminal gets another size, and when it was somebody else's (^Z). ppoll()
 * lets the signals in, so that one that came just before is not lost. */
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
    const struct sigaction end = {.sa_handler = on_end}, redraw = {.sa_handler = on_redraw};
    struct watch w = {.options = options, .request = *request, .terminal = isatty(STDOUT_FILENO)};
    sigset_t redraws;
    int r = 0;

    sigemptyset(&redraws);
    sigaddset(&redraws, SIGWINCH);
    sigaddset(&redraws, SIGCONT);
    sigprocmask(SIG_BLOCK, &redraws, NULL);
    hold_signals(SIG_BLOCK);
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGWINCH, &redraw, NULL);
    sigaction(SIGCONT, &redraw, NULL);
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
