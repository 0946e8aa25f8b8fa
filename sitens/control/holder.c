/* SPDX-License-Identifier: ISC */
#include "holder.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An address as /proc/net has it: 32-bit words in host order, in hexadecimal. */
static void to_proc(const struct address *address, char *ret)
{
    size_t words = address->family == AF_INET ? 1 : 4;

    for (size_t i = 0; i < words; i++) {
        uint32_t word;

        memcpy(&word, address->octets + 4 * i, sizeof word);
        ret += sprintf(ret, "%08" PRIX32, word);
    }
}

/* The inode of the socket in file that is bound to endpoint or to the wildcard; 0: none. */
static unsigned long find_inode(const char *file, const struct endpoint *endpoint)
{
    char wanted[33], any[33], line[512];
    FILE *in = fopen(file, "re");
    unsigned long found = 0;

    to_proc(&endpoint->address, wanted);
    to_proc(&(struct address){.family = endpoint->address.family}, any);
    while (in && !found && fgets(line, sizeof line, in)) {
        char local[33], state[3];
        unsigned port;
        unsigned long inode;

        if (sscanf(line, " %*d: %32[0-9A-F]:%4x %*s %2s %*s %*s %*s %*s %*s %lu", local, &port,
                   state, &inode) == 4 &&
            port == endpoint->port && (!strcmp(local, wanted) || !strcmp(local, any)) &&
            (!strcmp(state, "07") || !strcmp(state, "0A"))) /* bound (UDP), listening (TCP) */
            found = inode;
    }
    if (in)
        fclose(in);
    return found;
}

static bool has_socket(const char *pid, unsigned long inode)
{
    char directory[64], wanted[64], target[64];
    bool found = false;
    struct dirent *entry;
    DIR *fds;

    snprintf(directory, sizeof directory, "/proc/%.16s/fd", pid);
    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    fds = opendir(directory);
    while (fds && !found && (entry = readdir(fds))) {
        ssize_t n = readlinkat(dirfd(fds), entry->d_name, target, sizeof target - 1);

        target[n > 0 ? n : 0] = '\0';
        found = !strcmp(target, wanted);
    }
    if (fds)
        closedir(fds);
    return found;
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

static unsigned long find_any_inode(const struct endpoint *endpoint)
{
    /* A wildcard IPv6 socket may hold the IPv4 port too. */
    const struct endpoint any6 = {.address = {.family = AF_INET6}, .port = endpoint->port};
    bool v4 = endpoint->address.family == AF_INET;
    unsigned long inode = find_inode(v4 ? "/proc/self/net/udp" : "/proc/self/net/udp6", endpoint);

    if (!inode)
        inode = find_inode(v4 ? "/proc/self/net/tcp" : "/proc/self/net/tcp6", endpoint);
    if (!inode && v4)
        inode = find_inode("/proc/self/net/udp6", &any6);
    if (!inode && v4)
        inode = find_inode("/proc/self/net/tcp6", &any6);
    return inode;
}

bool holder_find(const struct endpoint *endpoint, char *ret, size_t size)
{
    unsigned long inode = find_any_inode(endpoint);
    DIR *processes = inode ? opendir("/proc") : NULL;
    struct dirent *entry;

    ret[0] = '\0';
    while (processes && !ret[0] && (entry = readdir(processes)))
        if (isdigit((unsigned char)entry->d_name[0]) && has_socket(entry->d_name, inode))
            describe(entry->d_name, ret, size);
    if (processes)
        closedir(processes);
    return inode != 0;
}
