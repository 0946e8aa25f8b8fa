/* SPDX-License-Identifier: ISC */
/*
 * generator: asks a nameserver as fast as it answers, or at a pace, and checks every answer.
 *
 *   stream   keeps a number of queries outstanding; it never sleeps, so that waking it costs the
 *            server nothing
 *   wave     sends a number of queries at once, waits for all the answers, and so on
 *   pace     one query at a time, so many a second; tells how long the answers take
 *
 * The last line says what happened, in JSON; "lost" counts queries whose answer never came,
 * "dropped" answers that the kernel lost on this side. Exit status: 1 if an answer was wrong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flow.h"

enum { FLOWS_MAX = 64, WINDOW_MAX = 1024 };
enum { QUIET_ROUNDS = 10 }; /* each of FLOW_PATIENCE_MS: then nothing comes any more */
enum { NS_PER_S = 1000000000, NS_PER_MS = 1000000 };

struct load {
    const char *pattern;
    unsigned window, n_flows, rate;
    uint64_t queries; /* to send; 0: until the time is over */
    double seconds;
    bool tcp;
    struct queries mix;
    struct flow *flows[FLOWS_MAX];
    uint64_t sent;
    uint64_t begin_ns, end_ns;
    uint64_t turn_ns, pause_ns; /* the last turn of stream; the longest time between two */
    uint32_t *delays_ns;        /* pace: one for each answer */
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static bool over(const struct load *l)
{
    return l->queries ? l->sent >= l->queries : now_ns() >= l->end_ns;
}

static int report(struct load *l);

/* Who does not run for long is closed by the server, and rightly so. */
static void note_pause(struct load *l)
{
    uint64_t now = now_ns();

    if (l->turn_ns && now - l->turn_ns > l->pause_ns)
        l->pause_ns = now - l->turn_ns;
    l->turn_ns = now;
}

static int check(struct load *l, int r, const char *what)
{
    if (r < 0) {
        fprintf(stderr, "generator: %s: %s\n", what, strerror(-r));
        note_pause(l);
        report(l);
        exit(2);
    }
    return r;
}

/* Sends n queries, or as many of them as are left to send. */
static void ask(struct load *l, struct flow *f, unsigned n)
{
    while (n > 0 && !(l->queries && l->sent >= l->queries)) {
        unsigned burst = n < FLOW_BURST_MAX ? n : FLOW_BURST_MAX;

        if (l->queries && burst > l->queries - l->sent)
            burst = (unsigned)(l->queries - l->sent);
        check(l, flow_send(f, burst), "sending");
        l->sent += burst;
        n -= burst;
    }
}

static void await_rest(struct load *l, struct flow *f)
{
    while (f->outstanding > 0) {
        int n = flow_receive(f, true);

        if (n == -EAGAIN)
            flow_forget(f);
        else
            check(l, n, "receiving");
    }
}

/* What was given up may only be late. */
static void await_late(struct flow *f)
{
    unsigned quiet = 0;

    while (f->lost > f->late && quiet < QUIET_ROUNDS)
        quiet = flow_receive(f, true) < 0 ? quiet + 1 : 0;
}

static void stream(struct load *l)
{
    uint64_t heard_ns = now_ns();

    for (unsigned i = 0; i < l->n_flows; i++)
        ask(l, l->flows[i], l->window);
    while (!over(l)) {
        unsigned heard = 0;

        note_pause(l);
        for (unsigned i = 0; i < l->n_flows; i++) {
            int n = flow_receive(l->flows[i], false);

            if (n == -EAGAIN)
                continue;
            ask(l, l->flows[i], (unsigned)check(l, n, "receiving"));
            heard += (unsigned)n;
        }
        if (heard > 0)
            heard_ns = now_ns();
        if (now_ns() - heard_ns > (uint64_t)FLOW_PATIENCE_MS * NS_PER_MS) {
            for (unsigned i = 0; i < l->n_flows; i++) {
                flow_forget(l->flows[i]);
                ask(l, l->flows[i], l->window);
            }
            heard_ns = now_ns();
        }
    }
    for (unsigned i = 0; i < l->n_flows; i++)
        await_rest(l, l->flows[i]);
}

static void wave(struct load *l)
{
    while (!over(l))
        for (unsigned i = 0; i < l->n_flows; i++) {
            ask(l, l->flows[i], l->window);
            await_rest(l, l->flows[i]);
        }
}

static void pace(struct load *l)
{
    uint64_t due_ns = now_ns();
    struct flow *f = l->flows[0];

    while (!over(l)) {
        const struct timespec due = {(time_t)(due_ns / NS_PER_S), (long)(due_ns % NS_PER_S)};
        uint64_t before_ns, answers = f->answers;

        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        before_ns = now_ns();
        ask(l, f, 1);
        await_rest(l, f);
        if (f->answers > answers)
            l->delays_ns[answers] = (uint32_t)(now_ns() - before_ns);
        due_ns += NS_PER_S / l->rate;
    }
}

static int compare_delays(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int report(struct load *l)
{
    double seconds = (double)(now_ns() - l->begin_ns) / (double)NS_PER_S;
    uint64_t answers = 0, wrong = 0, lost = 0, dropped = 0;

    for (unsigned i = 0; i < l->n_flows; i++) {
        await_late(l->flows[i]);
        answers += l->flows[i]->answers;
        wrong += l->flows[i]->wrong;
        lost += l->flows[i]->lost - l->flows[i]->late;
        dropped += flow_dropped(l->flows[i]);
    }
    printf("{\"answers\": %" PRIu64 ", \"wrong\": %" PRIu64 ", \"lost\": %" PRIu64
           ", \"dropped\": %" PRIu64 ", \"seconds\": %.6f, \"pause_ms\": %.1f",
           answers, wrong, lost, dropped, seconds, (double)l->pause_ns / (double)NS_PER_MS);
    if (l->delays_ns && answers > 0) {
        qsort(l->delays_ns, (size_t)answers, sizeof *l->delays_ns, compare_delays);
        printf(", \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f",
               l->delays_ns[answers / 2] / 1e3, l->delays_ns[answers * 99 / 100] / 1e3,
               l->delays_ns[answers - 1] / 1e3);
    }
    printf("}\n");
    return wrong > 0 || answers == 0;
}

static void open_flows(struct load *l, const struct sockaddr_in *server)
{
    for (unsigned i = 0; i < l->n_flows; i++) {
        struct flow *f = malloc(sizeof *f);

        check(l, f ? flow_open(f, &l->mix, server, l->tcp) : -ENOMEM, "connecting");
        l->flows[i] = f;
    }
}

static int usage(void)
{
    fputs("usage: generator [OPTION]... ADDRESS PORT NAME\n"
          "  -p PATTERN   stream (default), wave or pace\n"
          "  -w N         queries outstanding, or in a wave, on each socket (default 1)\n"
          "  -f N         sockets (default 1)\n"
          "  -n N         queries to send; or\n"
          "  -s SECONDS   how long (default 1)\n"
          "  -r N         pace: queries a second (default 1000)\n"
          "  -t           over TCP\n"
          "  -a           A only, not the mix of A, AAAA and HTTPS\n"
          "  -d           with EDNS and DO;  -c  with EDNS and a client cookie\n"
          "  -e           any response will do: a bare echo\n",
          stderr);
    return 64;
}

/* False: that is not an option. */
static bool set_option(struct load *l, int option, const char *value)
{
    switch (option) {
    case 'p':
        l->pattern = value;
        return true;
    case 'w':
        l->window = (unsigned)atoi(value);
        return l->window >= 1 && l->window <= WINDOW_MAX;
    case 'f':
        l->n_flows = (unsigned)atoi(value);
        return l->n_flows >= 1 && l->n_flows <= FLOWS_MAX;
    case 'n':
        l->queries = strtoull(value, NULL, 10);
        return l->queries > 0;
    case 's':
        l->seconds = atof(value);
        return l->seconds > 0;
    case 'r':
        l->rate = (unsigned)atoi(value);
        return l->rate >= 1;
    case 't':
        return l->tcp = true;
    case 'a':
        return l->mix.one_type = true;
    case 'd':
        return l->mix.dnssec_ok = true;
    case 'c':
        return l->mix.cookie = true;
    case 'e':
        return l->mix.any_answer = true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    static struct load l = {
        .pattern = "stream", .window = 1, .n_flows = 1, .seconds = 1, .rate = 1000};
    static const struct {
        const char *name;
        void (*run)(struct load *);
    } patterns[] = {{"stream", stream}, {"wave", wave}, {"pace", pace}};
    struct sockaddr_in server = {.sin_family = AF_INET};
    int option;

    while ((option = getopt(argc, argv, "p:w:f:n:s:r:tadce")) != -1)
        if (!set_option(&l, option, optarg))
            return usage();
    if (argc - optind != 3 || !inet_aton(argv[optind], &server.sin_addr) ||
        !queries_init(&l.mix, argv[optind + 2]))
        return usage();
    server.sin_port = htons((uint16_t)atoi(argv[optind + 1]));
    open_flows(&l, &server);
    if (!strcmp(l.pattern, "pace"))
        l.delays_ns = calloc(l.queries ? (size_t)l.queries : (size_t)(l.seconds + 1) * l.rate + 1,
                             sizeof *l.delays_ns);
    l.begin_ns = now_ns();
    l.end_ns = l.begin_ns + (uint64_t)(l.seconds * (double)NS_PER_S);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (!strcmp(l.pattern, patterns[i].name)) {
            patterns[i].run(&l);
            return report(&l);
        }
    return usage();
}
