/* SPDX-License-Identifier: ISC */
#include "ask.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "conf/dns.h"

enum {
    BATCH = 500,         /* sockets at a time: well below the usual limit of 1024 */
    SENDS = 3,           /* over UDP */
    LATE_MS = 100,       /* past the time limit: what any busy machine may take */
    MESSAGE_MAX = 65535, /* RFC 1035 section 4.2.2 */
};

/* A question on its way. */
struct transfer {
    int fd;
    bool tcp;
    bool plain; /* without EDNS */
    uint16_t id;
    uint8_t *query; /* with the two octets of length that TCP wants */
    size_t query_size, sent;
    size_t received;
    uint8_t reply[2 + MESSAGE_MAX];
    bool garbage; /* something came that was passed over */
    bool unread;  /* something came, and there was no time left to read it */
    uint64_t begun_ms;
};

uint64_t ask_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void end(struct ask *ask, enum ask_outcome outcome)
{
    struct transfer *x = ask->transfer;

    ask->outcome = outcome;
    ask->took_ms = (unsigned)(ask_clock_ms() - x->begun_ms);
    if (x->fd >= 0)
        close(x->fd);
    x->fd = -1;
}

static void end_by_own_fault(struct ask *ask, int error)
{
    ask->error = error;
    end(ask, ASK_OWN_FAULT);
}

/* What sockets say of the network is told apart from what they say of this host: a firewall of its
 * own that refuses to send (EPERM), no descriptor, no memory. */
static void end_by_error(struct ask *ask, int error)
{
    if (error == ECONNREFUSED)
        end(ask, ASK_REFUSED);
    else if (error == ENETUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT)
        end(ask, ASK_NO_ROUTE);
    else if (error == ECONNRESET || error == EPIPE)
        end(ask, ASK_CLOSED);
    else if (error == ETIMEDOUT || error == EHOSTUNREACH)
        end(ask, ASK_SILENT);
    else
        end_by_own_fault(ask, error);
}

static bool would_block(int error)
{
    return error == EAGAIN || error == EINTR || error == EINPROGRESS || error == ENOTCONN;
}

static void send_query(struct ask *ask)
{
    struct transfer *x = ask->transfer;
    size_t skip = x->tcp ? x->sent : 2;
    ssize_t n = send(x->fd, x->query + skip, x->query_size - skip, MSG_NOSIGNAL);

    if (n >= 0)
        x->sent = skip + (size_t)n;
    else if (!would_block(errno))
        end_by_error(ask, errno);
}

static void connect_to(struct ask *ask)
{
    struct transfer *x = ask->transfer;
    struct sockaddr_storage address;
    socklen_t length = endpoint_sockaddr(&ask->to, &address);
    int type = (x->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;

    x->sent = x->received = 0;
    x->fd = socket(ask->to.address.family, type, 0);
    if (x->fd < 0)
        end_by_error(ask, errno);
    else if (connect(x->fd, (struct sockaddr *)&address, length) == 0 || errno == EINPROGRESS)
        send_query(ask);
    else if (errno == EHOSTUNREACH) /* at once: this host's own table of routes says so */
        end(ask, ASK_NO_ROUTE);
    else
        end_by_error(ask, errno);
}

static bool add_edns(ldns_pkt *query)
{
    ldns_edns_option_list *options = ldns_edns_option_list_new();

    if (!options)
        return false;
    ldns_edns_option_list_push(options, ldns_edns_new(LDNS_EDNS_NSID, 0, NULL));
    ldns_pkt_set_edns_udp_size(query, DNS_UDP_EDNS);
    ldns_pkt_set_edns_do(query, true);
    ldns_pkt_set_edns_option_list(query, options);
    return true;
}

static ldns_pkt *make_query(const struct ask *ask)
{
    uint16_t flags = ask->recursive ? LDNS_RD : 0;
    ldns_pkt *query =
        ldns_pkt_query_new(ldns_dname_new_frm_str(ask->name), ask->type, LDNS_RR_CLASS_IN, flags);

    if (!query || (!ask->transfer->plain && !add_edns(query))) {
        ldns_pkt_free(query);
        return NULL;
    }
    ldns_pkt_set_random_id(query);
    return query;
}

static bool write_query(const struct ask *ask, struct transfer *x)
{
    ldns_pkt *query = make_query(ask);
    uint8_t *wire = NULL, *message = NULL;
    size_t size;
    bool good = query && ldns_pkt2wire(&wire, query, &size) == LDNS_STATUS_OK &&
                (message = realloc(x->query, size + 2));

    if (good) {
        x->query = message;
        x->id = ldns_pkt_id(query);
        x->query_size = size + 2;
        x->query[0] = (uint8_t)(size >> 8);
        x->query[1] = (uint8_t)size;
        memcpy(x->query + 2, wire, size);
    }
    free(wire);
    ldns_pkt_free(query);
    return good;
}

static void begin(struct ask *ask)
{
    struct transfer *x = calloc(1, sizeof *x);

    ask->outcome = ASK_OWN_FAULT;
    ask->error = ENOMEM;
    ask->transfer = x;
    if (!x)
        return;
    x->fd = -1;
    x->begun_ms = ask_clock_ms();
    x->tcp = ask->tcp;
    if (!write_query(ask, x))
        return;
    ask->outcome = ASK_PENDING;
    connect_to(ask);
}

static bool answers(const struct ask *ask, const ldns_pkt *reply)
{
    const ldns_rr_list *questions = ldns_pkt_question(reply);
    const ldns_rr *question;
    ldns_rdf *name;
    bool same;

    if (ldns_pkt_id(reply) != ask->transfer->id || !ldns_pkt_qr(reply))
        return false;
    if (ldns_rr_list_rr_count(questions) == 0)
        return true; /* some servers leave it out of errors */
    question = ldns_rr_list_rr(questions, 0);
    name = ldns_dname_new_frm_str(ask->name);
    same = ldns_dname_compare(ldns_rr_owner(question), name) == 0 &&
           ldns_rr_get_type(question) == ask->type;
    ldns_rdf_deep_free(name);
    return same;
}

/* RFC 6891 section 7: so answers who does not know EDNS. Resolvers ask such a server without. */
static bool wants_plain(const struct ask *ask, const ldns_pkt *reply)
{
    ldns_pkt_rcode rcode = ldns_pkt_get_rcode(reply);

    return (rcode == LDNS_RCODE_FORMERR || rcode == LDNS_RCODE_NOTIMPL) && !ldns_pkt_edns(reply) &&
           !ask->transfer->plain;
}

/* Asks once more where the reply says that it has to be in another way. Returns whether it did. */
static bool ask_again(struct ask *ask, const ldns_pkt *reply)
{
    struct transfer *x = ask->transfer;

    if (wants_plain(ask, reply))
        x->plain = true;
    else if (ldns_pkt_tc(reply) && !x->tcp)
        ask->truncated = x->tcp = true;
    else
        return false;
    close(x->fd);
    x->fd = -1;
    if (write_query(ask, x))
        connect_to(ask);
    else
        end_by_own_fault(ask, ENOMEM);
    return true;
}

/* A whole message has come. Over UDP anybody may have sent it: a wrong one is passed over. */
static void take_message(struct ask *ask, const uint8_t *wire, size_t size)
{
    struct transfer *x = ask->transfer;
    ldns_pkt *reply = NULL;

    if (ldns_wire2pkt(&reply, wire, size) != LDNS_STATUS_OK || !answers(ask, reply)) {
        ldns_pkt_free(reply);
        x->garbage = true;
        if (x->tcp)
            end(ask, ASK_GARBAGE);
        return;
    }
    if (ask_again(ask, reply)) {
        ldns_pkt_free(reply);
        return;
    }
    ask->reply = reply;
    end(ask, ASK_ANSWERED);
}

static void receive_tcp(struct ask *ask)
{
    struct transfer *x = ask->transfer;
    size_t length = x->received < 2 ? 0 : (size_t)x->reply[0] << 8 | x->reply[1];
    ssize_t n = recv(x->fd, x->reply + x->received, 2 + length - x->received, 0);

    if (n == 0)
        end(ask, x->received ? ASK_GARBAGE : ASK_CLOSED);
    else if (n < 0 && !would_block(errno))
        end_by_error(ask, errno);
    if (n <= 0)
        return;
    x->received += (size_t)n;
    if (x->received > 2 && x->received == 2 + length)
        take_message(ask, x->reply + 2, length);
    else if (x->received == 2 && x->reply[0] == 0 && x->reply[1] == 0)
        end(ask, ASK_GARBAGE);
}

static void receive_udp(struct ask *ask)
{
    struct transfer *x = ask->transfer;
    ssize_t n = recv(x->fd, x->reply, sizeof x->reply, 0);

    if (n >= 0)
        take_message(ask, x->reply, (size_t)n);
    else if (!would_block(errno))
        end_by_error(ask, errno);
}

static void on_ready(struct ask *ask, short events)
{
    struct transfer *x = ask->transfer;

    if (x->tcp && x->sent < x->query_size && (events & (POLLOUT | POLLERR | POLLHUP))) {
        send_query(ask);
        return;
    }
    if (x->tcp)
        receive_tcp(ask);
    else
        receive_udp(ask);
}

/* Reading a message that somebody has made to be slow takes its time, which is limited too. */
static void handle(struct ask *const *asks, const struct pollfd *polled, size_t n,
                   uint64_t until_ms)
{
    for (size_t i = 0; i < n; i++)
        if (polled[i].revents && !(asks[i]->transfer->unread = ask_clock_ms() > until_ms))
            on_ready(asks[i], polled[i].revents);
}

/* Waits until until_ms, or for the first events, and handles them. Returns how many asks are
 * pending. */
static size_t turn(struct ask *const *asks, size_t n, uint64_t until_ms)
{
    struct pollfd polled[BATCH];
    struct ask *by_fd[BATCH];
    uint64_t now = ask_clock_ms();
    size_t pending = 0;

    for (size_t i = 0; i < n; i++)
        if (asks[i]->outcome == ASK_PENDING) {
            const struct transfer *x = asks[i]->transfer;
            bool writes = x->tcp && x->sent < x->query_size;

            by_fd[pending] = asks[i];
            polled[pending++] = (struct pollfd){.fd = x->fd, .events = writes ? POLLOUT : POLLIN};
        }
    if (pending && poll(polled, pending, now < until_ms ? (int)(until_ms - now) : 0) > 0)
        handle(by_fd, polled, pending, until_ms);
    return pending;
}

static void resend(struct ask *const *asks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (asks[i]->outcome == ASK_PENDING && !asks[i]->transfer->tcp)
            send_query(asks[i]);
}

/* Whether this host was too busy to read in time: then silence says nothing of the others. */
static bool is_late(struct ask *const *asks, size_t n, uint64_t until_ms)
{
    if (ask_clock_ms() < until_ms + LATE_MS)
        return false;
    turn(asks, n, 0); /* reads nothing any more, but sees what there would be to read */
    for (size_t i = 0; i < n; i++)
        if (asks[i]->outcome == ASK_PENDING && asks[i]->transfer->unread)
            return true;
    return false;
}

static void finish(struct ask *ask, bool late)
{
    struct transfer *x = ask->transfer;

    if (!x)
        return;
    if (ask->outcome == ASK_PENDING && late)
        end_by_own_fault(ask, ETIME);
    else if (ask->outcome == ASK_PENDING)
        end(ask, x->garbage ? ASK_GARBAGE : ASK_SILENT);
    free(x->query);
    free(x);
    ask->transfer = NULL;
}

/* As ask_all(), for at most BATCH questions of a total, of which some were asked before. */
static void ask_batch(struct ask *const *asks, size_t n, unsigned timeout_ms,
                      ask_progress_fn on_progress, void *userdata, size_t before, size_t total)
{
    uint64_t begun = ask_clock_ms();
    size_t pending;
    bool late;

    for (size_t i = 0; i < n; i++)
        begin(asks[i]);
    for (unsigned send = 1; send <= SENDS; send++) {
        uint64_t until = begun + timeout_ms * send / SENDS;

        while ((pending = turn(asks, n, until)) > 0 && ask_clock_ms() < until)
            if (on_progress)
                on_progress(userdata, before + n - pending, total);
        if (send < SENDS)
            resend(asks, n);
    }
    late = is_late(asks, n, begun + timeout_ms);
    for (size_t i = 0; i < n; i++)
        finish(asks[i], late);
}

void ask_all(struct ask *const *asks, size_t n, unsigned timeout_ms, ask_progress_fn on_progress,
             void *userdata)
{
    for (size_t first = 0, batch; first < n; first += batch) {
        batch = n - first < BATCH ? n - first : BATCH;
        ask_batch(asks + first, batch, timeout_ms, on_progress, userdata, first, n);
    }
}

bool ask_was_sent(const struct ask *ask)
{
    return ask->outcome != ASK_PENDING && ask->outcome != ASK_NO_ROUTE &&
           ask->outcome != ASK_OWN_FAULT;
}

void ask_done(struct ask *ask)
{
    ldns_pkt_free(ask->reply);
    ask->reply = NULL;
}
