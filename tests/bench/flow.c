/* SPDX-License-Identifier: ISC */
#include "flow.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { FRAME = 2, RECEIVE_BUFFER = 4 << 20 };

int flow_open(struct flow *f, struct queries *queries, const struct sockaddr_in *server, bool tcp)
{
    const struct timeval patience = {.tv_usec = FLOW_PATIENCE_MS * 1000};
    const int size = RECEIVE_BUFFER, one = 1;

    memset(f, 0, sizeof *f);
    f->queries = queries;
    f->tcp = tcp;
    f->fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (f->fd < 0 || connect(f->fd, (const struct sockaddr *)server, sizeof *server) < 0 ||
        setsockopt(f->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
        return -errno;
    if (tcp)
        return setsockopt(f->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0 ? -errno : 0;
    /* Answers must not be lost here; only root may go beyond the system's limit. */
    if (setsockopt(f->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(f->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return 0;
}

void flow_close(struct flow *f)
{
    if (f->fd >= 0)
        close(f->fd);
}

/* One send that the kernel cuts into datagrams (UDP_SEGMENT): far cheaper than many. */
static ssize_t send_datagrams(int fd, uint8_t *octets, size_t each, unsigned n)
{
    struct iovec vector = {octets, each * n};
    union {
        char space[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } control = {0};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    struct cmsghdr *c;
    uint16_t size = (uint16_t)each;

    if (n > 1) {
        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space;
        c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof size);
        memcpy(CMSG_DATA(c), &size, sizeof size);
    }
    return sendmsg(fd, &message, 0);
}

int flow_send(struct flow *f, unsigned n)
{
    uint8_t octets[FLOW_BURST_MAX * (FRAME + QUERIES_LENGTH_MAX)];
    size_t length = f->queries->length, each = length + (f->tcp ? FRAME : 0);
    ssize_t sent;

    for (unsigned i = 0; i < n; i++) {
        uint8_t *at = octets + i * each;

        if (f->tcp) {
            *at++ = (uint8_t)(length >> 8);
            *at++ = (uint8_t)length;
        }
        queries_put(f->queries, f->next_id, at);
        f->waiting[f->next_id] = true;
        f->next_id = (f->next_id + 1) % QUERIES_IDS;
    }
    sent = f->tcp ? send(f->fd, octets, n * each, MSG_NOSIGNAL)
                  : send_datagrams(f->fd, octets, each, n);
    if (sent != (ssize_t)(n * each))
        return sent < 0 ? -errno : -EIO;
    f->outstanding += n;
    return 0;
}

static int take(struct flow *f, const uint8_t *answer, size_t length)
{
    unsigned id = length >= FRAME ? queries_id(answer) : QUERIES_IDS;

    if (id >= QUERIES_IDS || !f->waiting[id]) {
        f->late++;
        return 0;
    }
    f->waiting[id] = false;
    f->outstanding--;
    f->answers++;
    if (!queries_check(f->queries, answer, length))
        f->wrong++;
    return 1;
}

static int receive_datagrams(struct flow *f, int flags)
{
    static uint8_t buffers[FLOW_BURST_MAX][QUERIES_ANSWER_MAX];
    struct iovec vectors[FLOW_BURST_MAX];
    struct mmsghdr messages[FLOW_BURST_MAX];
    int n, taken = 0;

    for (unsigned i = 0; i < FLOW_BURST_MAX; i++) {
        vectors[i] = (struct iovec){buffers[i], sizeof buffers[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    n = recvmmsg(f->fd, messages, FLOW_BURST_MAX, flags, NULL);
    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++)
        taken += take(f, buffers[i], messages[i].msg_len);
    return taken;
}

static int receive_frames(struct flow *f, int flags)
{
    ssize_t n = recv(f->fd, f->input + f->input_length, sizeof f->input - f->input_length, flags);
    size_t at = 0;
    int taken = 0;

    if (n <= 0)
        return n < 0 ? -errno : -ECONNRESET;
    f->input_length += (size_t)n;
    while (f->input_length - at >= FRAME) {
        size_t length = queries_id(f->input + at);

        if (f->input_length - at < FRAME + length)
            break;
        taken += take(f, f->input + at + FRAME, length);
        at += FRAME + length;
    }
    f->input_length -= at;
    memmove(f->input, f->input + at, f->input_length);
    return taken;
}

int flow_receive(struct flow *f, bool wait)
{
    int n = f->tcp ? receive_frames(f, wait ? 0 : MSG_DONTWAIT)
                   : receive_datagrams(f, wait ? MSG_WAITFORONE : MSG_DONTWAIT);

    return n == -EINTR ? 0 : n;
}

void flow_forget(struct flow *f)
{
    f->lost += f->outstanding;
    f->outstanding = 0;
    memset(f->waiting, 0, sizeof f->waiting);
}

uint64_t flow_dropped(const struct flow *f)
{
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof memory;

    getsockopt(f->fd, SOL_SOCKET, SO_MEMINFO, memory, &length);
    return memory[SK_MEMINFO_DROPS];
}
