/* SPDX-License-Identifier: ISC */
/* Preloaded into sitens: once the kernel has no memory to watch the $FAILING_POLL, a "socket" or a
 * "pipe", over which a helper is spoken with. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_meant(int fd)
{
    int type = 0;
    socklen_t length = sizeof type;
    struct stat st;

    if (!strcmp(getenv("FAILING_POLL"), "pipe"))
        return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_SEQPACKET;
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    static int (*next)(int, int, int, struct epoll_event *);
    static int left = 1; /* the next pipe is one of libuv, which ends the process then */

    if (!next)
        next = (int (*)(int, int, int, struct epoll_event *))dlsym(RTLD_NEXT, "epoll_ctl");
    if (operation == EPOLL_CTL_ADD && left > 0 && gettid() == getpid() && is_meant(fd)) {
        left--;
        errno = ENOMEM;
        return -1;
    }
    return next(epoll, operation, fd, event);
}
