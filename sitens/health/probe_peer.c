/* SPDX-License-Identifier: ISC */
/*
 * probe_peer: passes when another site answers for the zone, at any of its addresses of one family.
 *
 * All addresses are asked at once, over UDP, and again every PEER_SEND_MS as long as nothing has
 * come; TCP is tried beside the second datagram, or at once when an answer is truncated. A site
 * that says that it is not ready is believed without a second question.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/dns.h"
#include "peer_ask.h"
#include "peer_pace.h"
#include "probe.h"

enum { OVER_TCP = PEER_SENDS_MAX, QUESTIONS };

struct question {
    struct target *target;
    struct peer_ask *ask; /* NULL: none, or ended */
    uint64_t sent_ns;
};

/* One address. */
struct target {
    struct probe_peer *owner;
    struct sockaddr_storage address;
    bool failed; /* its answer is a bad one */
    struct question questions[QUESTIONS];
};

struct probe_peer {
    struct probe probe;
    uv_timer_t timer; /* the next datagrams */
    const char *zone;
    const char *site;
    uint32_t fall;
    struct peer_pace pace;
    unsigned sent;              /* datagrams to each address in this round */
    char why[PROBE_REASON_MAX]; /* of the first address that failed */
    bool shortage;              /* this host could not ask an address */
    char waiting[PROBE_REASON_MAX];
    size_t n_targets;
    struct target targets[CONF_SITE_ADDRESSES_MAX];
};

static void close_question(struct question *q)
{
    peer_ask_free(q->ask);
    q->ask = NULL;
}

static void close_target(struct target *target)
{
    for (size_t i = 0; i < QUESTIONS; i++)
        close_question(&target->questions[i]);
}

static const char *cancel(struct probe *probe)
{
    struct probe_peer *peer = (struct probe_peer *)probe;

    uv_timer_stop(&peer->timer);
    for (size_t i = 0; i < peer->n_targets; i++)
        close_target(&peer->targets[i]);
    return peer->waiting;
}

static void fail_target(struct target *target, const char *why)
{
    struct probe_peer *peer = target->owner;

    target->failed = true;
    close_target(target);
    if (!*peer->why)
        snprintf(peer->why, sizeof peer->why, "%s", why);
}

/* Ends the round if no address is left to wait for. */
static void end_if_failed(struct probe_peer *peer)
{
    for (size_t i = 0; i < peer->n_targets; i++)
        if (!peer->targets[i].failed)
            return;
    cancel(&peer->probe);
    probe_end(&peer->probe, peer->shortage ? PROBE_UNMADE : PROBE_FAIL, "site %s: %s", peer->site,
              peer->why);
}

static void ask(struct target *target, unsigned number);

static void on_answer(void *userdata, enum peer_answer what, const char *why)
{
    struct question *q = userdata;
    struct target *target = q->target;
    struct probe_peer *peer = target->owner;
    bool over_tcp = q == &target->questions[OVER_TCP];
    char reason[PROBE_REASON_MAX];

    close_question(q);
    if (what == PEER_ANSWERS && !over_tcp)
        peer_pace_measured(&peer->pace, (double)(uv_hrtime() - q->sent_ns) / 1e6);
    if (what == PEER_ANSWERS) {
        cancel(&peer->probe);
        probe_end(&peer->probe, PROBE_PASS, "site %s: %s", peer->site, why);
    } else if (what == PEER_NOT_READY) {
        snprintf(reason, sizeof reason, "site %s: %s", peer->site, why);
        peer->probe.on_alarm(peer->probe.userdata, reason); /* which cancels this round */
    } else if (what == PEER_TRUNCATED) {
        ask(target, OVER_TCP);
    } else if (!over_tcp) { /* else UDP may still bring an answer */
        fail_target(target, why);
        end_if_failed(peer);
    }
}

/* Asks one address; number is that of the datagram, or OVER_TCP. */
static void ask(struct target *target, unsigned number)
{
    struct probe_peer *peer = target->owner;
    struct question *q = &target->questions[number];
    int r;

    if (target->failed || q->ask)
        return;
    q->sent_ns = uv_hrtime();
    r = peer_ask_new(peer->timer.loop, (const struct sockaddr *)&target->address, peer->zone,
                     number == OVER_TCP, on_answer, q, &q->ask);
    if (r < 0 && number == 0) {
        peer->shortage = peer->shortage || probe_is_shortage(r);
        fail_target(target, uv_strerror(r));
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct probe_peer *peer = timer->data;

    for (size_t i = 0; i < peer->n_targets; i++) {
        ask(&peer->targets[i], peer->sent);
        if (peer->sent == 1)
            ask(&peer->targets[i], OVER_TCP);
    }
    if (++peer->sent == peer_pace_sends(peer->fall))
        uv_timer_stop(&peer->timer);
}

static void start(struct probe *probe)
{
    struct probe_peer *peer = (struct probe_peer *)probe;

    *peer->why = '\0';
    peer->shortage = false;
    peer->sent = 0;
    for (size_t i = 0; i < peer->n_targets; i++)
        peer->targets[i].failed = false;
    uv_timer_start(&peer->timer, on_timer, PEER_SEND_MS, PEER_SEND_MS);
    on_timer(&peer->timer);
    end_if_failed(peer);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void destroy(struct probe *probe)
{
    uv_close((uv_handle_t *)&((struct probe_peer *)probe)->timer, on_closed);
}

static uint32_t timeout_ms(struct probe *probe)
{
    const struct probe_peer *peer = (struct probe_peer *)probe;

    return peer_pace_timeout_ms(&peer->pace, peer->fall);
}

static const struct probe_class class = {start, cancel, destroy, timeout_ms};

static void add_target(struct probe_peer *peer, const struct address *address)
{
    const struct endpoint endpoint = {*address, DNS_PORT};
    struct target *target = &peer->targets[peer->n_targets++];

    target->owner = peer;
    endpoint_sockaddr(&endpoint, &target->address);
    for (size_t i = 0; i < QUESTIONS; i++)
        target->questions[i].target = target;
}

int probe_peer_new(struct watch_env *env, const struct conf *conf, const struct conf_site *site,
                   int family, uint32_t fall, struct probe **ret)
{
    struct probe_peer *peer = calloc(1, sizeof *peer);

    if (!peer)
        return -ENOMEM;
    uv_timer_init(env->loop, &peer->timer);
    peer->timer.data = peer;
    peer->probe.class = &class;
    peer->zone = conf->name;
    peer->site = site->id;
    peer->fall = fall;
    snprintf(peer->waiting, sizeof peer->waiting, "an answer of site %s over IPv%d", site->id,
             family == AF_INET6 ? 6 : 4);
    for (size_t i = 0; i < site->address.n; i++)
        if (site->address.at[i].family == family)
            add_target(peer, &site->address.at[i]);
    *ret = &peer->probe;
    return 0;
}
