/* SPDX-License-Identifier: ISC */
/*
 * Confines itself as sitens-http does, and tries what is not allowed any more.
 *
 * usage: confined files|calls FILE PID
 *
 * Prints a line for each attempt: its name and 0, or the error.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/confine.h"

static void tell(const char *what, long result)
{
    printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "0");
    fflush(stdout);
}

static int connect_abstract(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path + 1, name);
    return connect(fd, (struct sockaddr *)&address,
                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)));
}

int main(int argc, char **argv)
{
    static struct trust trust;
    char lacks[256] = "";
    pid_t pid;

    if (argc != 4)
        return 64;
    if (!strcmp(argv[1], "files"))
        confine_files(&trust, lacks, sizeof lacks);
    else
        confine_calls(lacks, sizeof lacks);
    printf("lacks %s\n", lacks);
    tell("read", open(argv[2], O_RDONLY));
    tell("write", open(argv[2], O_WRONLY));
    tell("truncate", truncate(argv[2], 0));
    tell("create", open("/tmp/sitens-confined", O_CREAT | O_RDWR, 0600));
    tell("signal", kill(atoi(argv[3]), 0));
    tell("trace", ptrace(PTRACE_SEIZE, atoi(argv[3]), 0, 0));
    tell("abstract", connect_abstract(argv[2]));
    tell("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
    pid = fork();
    if (pid == 0)
        _exit(0);
    tell("fork", pid);
    return 0;
}
