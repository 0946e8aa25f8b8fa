/* SPDX-License-Identifier: ISC */
#include "holder.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A line of the tables in /proc/net. */
struct bound {
    struct endpoint endpoint;
    unsigned long inode;
};

/* An address in these tables: 32-bit words in host order, in hexadecimal. */
static struct address from_proc(const char *text)
{
    struct address address = {.family = strlen(text) == 8 ? AF_INET : AF_INET6};

    for (size_t i = 0; i < 4 && text[8 * i]; i++) {
        uint32_t word;

        sscanf(text + 8 * i, "%8" SCNx32, &word);
        memcpy(address.octets + 4 * i, &word, sizeof word);
    }
    return address;
}

/* Whether the line is that of a socket which waits for all who come. */
static bool read_bound(const char *line, struct bound *ret)
{
    char local[33], state[3];

    if (sscanf(line, " %*d: %32[0-9A-F]:%4" SCNx16 " %*s %2s %*s %*s %*s %*s %*s %lu", local,
               &ret->endpoint.port, state, &ret->inode) != 4)
        return false;
    ret->endpoint.address = from_proc(local);
    return !strcmp(state, "07") || !strcmp(state, "0A"); /* bound (UDP), listening (TCP) */
}

static bool has(const struct endpoint *bound, const struct endpoint *endpoint)
{
    /* A wildcard IPv6 socket may hold the IPv4 port too. */
    return bound->port == endpoint->port &&
           (address_is_equal(&bound->address, &endpoint->address) ||
            (address_is_wildcard(&bound->address) &&
             (bound->address.family == endpoint->address.family ||
              bound->address.family == AF_INET6)));
}

static void read_table(const char *file, const struct endpoint *endpoints, size_t n,
                       struct holder *ret)
{
    FILE *in = fopen(file, "re");
    struct bound bound;
    char line[512];

    while (in && fgets(line, sizeof line, in)) {
        if (!read_bound(line, &bound))
            continue;
        for (size_t i = 0; i < n; i++)
            if (!ret[i].inode && has(&bound.endpoint, &endpoints[i]))
                ret[i].inode = bound.inode;
    }
    if (in)
        fclose(in);
}

static void describe(const char *pid, char *ret, size_t size)
{
    char path[64], name[32] = "a process";
    FILE *in;

    snprintf(path, sizeof path, "/proc/%.16s/comm", pid);
    in = fopen(path, "re");
    if (in && fgets(name, sizeof name, in))
        name[strcspn(name, "\n")] = '\0';
    if (in)
        fclose(in);
    snprintf(ret, size, "%s (pid %.16s)", name, pid);
}

/* Names the holders whose sockets this process has. */
static void look_at_process(const char *pid, struct holder *ret, size_t n)
{
    char directory[64], target[64];
    struct dirent *entry;
    unsigned long inode;
    DIR *fds;

    snprintf(directory, sizeof directory, "/proc/%.16s/fd", pid);
    fds = opendir(directory);
    while (fds && (entry = readdir(fds))) {
        ssize_t length = readlinkat(dirfd(fds), entry->d_name, target, sizeof target - 1);

        target[length > 0 ? length : 0] = '\0';
        if (sscanf(target, "socket:[%lu]", &inode) != 1)
            continue;
        for (size_t i = 0; i < n; i++)
            if (ret[i].inode == inode && !ret[i].name[0])
                describe(pid, ret[i].name, sizeof ret[i].name);
    }
    if (fds)
        closedir(fds);
}

static bool is_any_held(const struct holder *holders, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (holders[i].inode)
            return true;
    return false;
}

void holder_find(const struct endpoint *endpoints, size_t n, struct holder *ret)
{
    static const char *const tables[] = {"/proc/self/net/udp", "/proc/self/net/tcp",
                                         "/proc/self/net/udp6", "/proc/self/net/tcp6"};
    struct dirent *entry;
    DIR *processes;

    memset(ret, 0, n * sizeof *ret);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        read_table(tables[i], endpoints, n, ret);
    processes = is_any_held(ret, n) ? opendir("/proc") : NULL;
    while (processes && (entry = readdir(processes)))
        if (isdigit((unsigned char)entry->d_name[0]))
            look_at_process(entry->d_name, ret, n);
    if (processes)
        closedir(processes);
}
