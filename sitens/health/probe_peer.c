/* SPDX-License-Identifier: ISC */
/*
 * probe_peer: passes when another site answers for the zone, at any of its addresses.
 *
 * All addresses are asked at once: this host may lack IPv6, or the site one of its families.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/dns.h"
#include "peer_ask.h"
#include "probe.h"

struct probe_peer;

struct slot {
    struct probe_peer *owner;
    struct peer_ask *ask; /* NULL: none, or ended */
};

struct probe_peer {
    struct probe probe;
    uv_loop_t *loop;
    const char *zone;
    const struct conf_site *site;
    uint32_t udp_ms;
    char why[PROBE_REASON_MAX]; /* of the first address that failed */
    struct slot slots[CONF_SITE_ADDRESSES_MAX];
};

static bool is_any_open(const struct probe_peer *peer)
{
    for (size_t i = 0; i < CONF_SITE_ADDRESSES_MAX; i++)
        if (peer->slots[i].ask)
            return true;
    return false;
}

static void close_slot(struct slot *slot)
{
    peer_ask_free(slot->ask);
    slot->ask = NULL;
}

static const char *cancel(struct probe *probe)
{
    struct probe_peer *peer = (struct probe_peer *)probe;

    for (size_t i = 0; i < CONF_SITE_ADDRESSES_MAX; i++)
        close_slot(&peer->slots[i]);
    return "an answer over TCP";
}

static void note_failure(struct probe_peer *peer, const char *why)
{
    if (!*peer->why)
        snprintf(peer->why, sizeof peer->why, "%s", why);
}

static void on_answer(void *userdata, bool answers, const char *why)
{
    struct slot *slot = userdata;
    struct probe_peer *peer = slot->owner;

    close_slot(slot);
    if (answers) {
        cancel(&peer->probe);
        probe_end(&peer->probe, PROBE_PASS, "site %s: %s", peer->site->id, why);
        return;
    }
    note_failure(peer, why);
    if (!is_any_open(peer))
        probe_end(&peer->probe, PROBE_FAIL, "site %s: %s", peer->site->id, peer->why);
}

static void start(struct probe *probe)
{
    struct probe_peer *peer = (struct probe_peer *)probe;
    const struct conf_addresses *addresses = &peer->site->address;

    *peer->why = '\0';
    for (size_t i = 0; i < addresses->n; i++) {
        const struct endpoint at = {addresses->at[i], DNS_PORT};
        struct sockaddr_storage address;
        int r;

        endpoint_sockaddr(&at, &address);
        r = peer_ask_new(peer->loop, (const struct sockaddr *)&address, peer->zone, peer->udp_ms,
                         on_answer, &peer->slots[i], &peer->slots[i].ask);

        if (r < 0)
            note_failure(peer, uv_strerror(r));
    }
    if (!is_any_open(peer))
        probe_end(probe, PROBE_FAIL, "site %s: %s", peer->site->id, peer->why);
}

static void destroy(struct probe *probe)
{
    free(probe);
}

static const struct probe_class class = {start, cancel, destroy};

int probe_peer_new(struct watch_env *env, const struct conf *conf, const struct conf_site *site,
                   uint32_t timeout_ms, struct probe **ret)
{
    struct probe_peer *peer = calloc(1, sizeof *peer);

    if (!peer)
        return -ENOMEM;
    peer->probe.class = &class;
    peer->loop = env->loop;
    peer->zone = conf->name;
    peer->site = site;
    peer->udp_ms = timeout_ms / 2; /* the rest is for TCP */
    for (size_t i = 0; i < CONF_SITE_ADDRESSES_MAX; i++)
        peer->slots[i].owner = peer;
    *ret = &peer->probe;
    return 0;
}
