/* SPDX-License-Identifier: ISC */
/*
 * sitens-exec: runs the command of one exec check, for sitens, and leaves nothing of it behind.
 *
 * Commands start further processes, and those leave their process group and session: timeout(1),
 * setsid(1), a shell with job control, a daemon. But their parent, when theirs ends, becomes this
 * process (PR_SET_CHILD_SUBREAPER), so all of them can be found, and none can get away: once the
 * command has ended, or sitens wants no more or is gone, every child is killed until there is none.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "protocol.h"

static void report(enum exec_event event, int value, const char *text)
{
    struct exec_report message = {.event = event, .value = value};

    snprintf(message.text, sizeof message.text, "%s", text);
    send(STDIN_FILENO, &message, sizeof message, MSG_NOSIGNAL);
}

/* The command is no better protected than any other process when memory runs out. */
static void give_up_protection(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, "0", 1) < 0)
        perror("oom_score_adj");
    close(fd);
}

/* Why the system does not run a file that is there; "" where error says it all. */
static const char *explain(const char *path, int error)
{
    static const char bom[] = "\xef\xbb\xbf";
    char line[128];
    FILE *file = fopen(path, "re");
    bool read = file && fgets(line, sizeof line, file);

    if (file)
        fclose(file);
    if (!read)
        return error == ENOEXEC ? "it is empty" : "";
    if (!strncmp(line, bom, 3))
        return "it begins with a byte order mark, so that `#!` is not at its beginning";
    if (error == ENOEXEC)
        return "it is no program, and does not begin with `#!` and an interpreter";
    if (!strncmp(line, "#!", 2) && strchr(line, '\r'))
        return "its lines end in CR LF, so that the interpreter after `#!` is not found";
    if (!strncmp(line, "#!", 2) && error == ENOENT)
        return "the interpreter after its `#!` is not there";
    return "";
}

/* In the new process: becomes the command, or tells errno to fd. */
static void become(char **argv, int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;
    int error;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0)
        execv(argv[0], argv); /* execvp() would hand to the shell what is no program */
    error = errno;
    _exit(write(fd, &error, sizeof error) == sizeof error ? EX_UNAVAILABLE : EX_IOERR);
}

/* Starts the command. Returns its process, or 0 when it was told that there is none. */
static pid_t start(char **argv)
{
    int failure[2], error;
    pid_t pid = pipe2(failure, O_CLOEXEC) < 0 ? -1 : fork();

    if (pid < 0) {
        report(EXEC_UNMADE, errno, "");
        return 0;
    }
    if (pid == 0)
        become(argv, failure[1]);
    close(failure[1]);
    if (read(failure[0], &error, sizeof error) == sizeof error) {
        report(EXEC_NOT_RUN, error, explain(argv[0], error));
        pid = 0;
    } else {
        report(EXEC_STARTED, 0, "");
    }
    close(failure[0]);
    return pid;
}

/* Returns whether at least one child could be killed. */
static bool kill_children(void)
{
    FILE *file = fopen("/proc/thread-self/children", "re");
    bool any = false;
    int pid;

    while (file && fscanf(file, "%d", &pid) == 1)
        any = kill(pid, SIGKILL) == 0 || any;
    if (file)
        fclose(file);
    return any;
}

/* The children of what is killed become ours, and are next. */
static void kill_all(pid_t command)
{
    if (command)
        kill(-command, SIGKILL);
    while (kill_children() && waitpid(-1, NULL, 0) > 0)
        ;
}

/* Reaps who has ended. Returns whether it was the command, and reports how. */
static bool is_over(pid_t command)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == command) {
            if (WIFSIGNALED(status))
                report(EXEC_KILLED, WTERMSIG(status), "");
            else
                report(EXEC_EXITED, WEXITSTATUS(status), "");
            return true;
        }
    return false;
}

/* Waits for the end of the command, or of sitens's patience. */
static void await_end(pid_t command, int child)
{
    struct pollfd wait[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = child, .events = POLLIN}};
    struct signalfd_siginfo info;

    while (!is_over(command)) {
        if (poll(wait, 2, -1) < 0 || wait[0].revents)
            return;
        if (wait[1].revents && read(child, &info, sizeof info) < 0)
            return;
    }
}

int main(int argc, char **argv)
{
    sigset_t child;
    pid_t command;
    int fd;

    if (argc < 2 || argv[1][0] != '/') {
        fputs("usage: sitens-exec /COMMAND [ARGUMENT]...\nRuns the command of an exec check, for "
              "sitens(8).\n",
              stderr);
        return EX_USAGE;
    }
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    fd = signalfd(-1, &child, SFD_CLOEXEC);
    if (fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L) < 0 || chdir("/") < 0) {
        report(EXEC_UNMADE, errno, "");
        return EX_OSERR;
    }
    give_up_protection();
    command = start(argv + 1);
    if (command)
        await_end(command, fd);
    kill_all(command);
    return EX_OK;
}
