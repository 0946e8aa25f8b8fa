/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

enum { MANY = 20000 };

static int standard_error, reading_end;

/* Standard error becomes a pipe. */
static void redirect(void)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    reading_end = fds[0];
}

static int set_up(void **state)
{
    (void)state;
    standard_error = dup(STDERR_FILENO);
    redirect();
    log_init(false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    return 0;
}

struct seen {
    unsigned messages, in_order, dropped;
};

static void read_line(const char *line, struct seen *seen)
{
    unsigned number;

    if (sscanf(line, "INFO: message %u\n", &number) == 1) {
        seen->in_order += number == seen->messages + seen->dropped;
        seen->messages++;
    } else if (sscanf(line, "WARNING: %u message", &number) == 1) {
        seen->dropped += number;
    } else {
        fail_msg("%s", line);
    }
}

/* Reads all that is written to standard error, until that is closed. */
static void *reader(void *argument)
{
    FILE *in = fdopen(reading_end, "r");
    char line[256];

    while (fgets(line, sizeof line, in))
        read_line(line, argument);
    fclose(in);
    return NULL;
}

static void end_reading(pthread_t thread)
{
    dup2(standard_error, STDERR_FILENO); /* the last one that had the pipe open */
    pthread_join(thread, NULL);
}

static void what_is_not_read_is_counted_and_told(void **state)
{
    struct seen seen = {0};
    pthread_t thread;
    uint64_t before = log_dropped();

    (void)state;
    log_start();
    log_never_wait();
    for (unsigned i = 0; i < MANY; i++)
        log_info("message %u", i);
    assert_int_not_equal(log_dropped(), before);
    pthread_create(&thread, NULL, reader, &seen);
    log_end();
    end_reading(thread);
    assert_int_equal(seen.messages + seen.dropped, MANY);
    assert_int_equal(seen.in_order, seen.messages);
    assert_int_equal(seen.dropped, log_dropped() - before);
}

static void what_fails_is_counted_and_told(void **state)
{
    int pipe_end = dup(STDERR_FILENO), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct seen seen = {0};
    pthread_t thread;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        dup2(i < 2 ? full : pipe_end, STDERR_FILENO);
        log_info("message %u", i);
    }
    close(full);
    close(pipe_end);
    pthread_create(&thread, NULL, reader, &seen);
    end_reading(thread);
    assert_int_equal(seen.messages, 1);
    assert_int_equal(seen.in_order, 1);
    assert_int_equal(seen.dropped, 2);
}

/* What others may share is not to be changed, so it may be non-blocking. */
static void waits_where_writing_does_not_block(void **state)
{
    struct seen seen = {0};
    pthread_t thread;

    (void)state;
    assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK), 0);
    pthread_create(&thread, NULL, reader, &seen);
    for (unsigned i = 0; i < MANY; i++)
        log_info("message %u", i);
    assert_true(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK);
    end_reading(thread);
    assert_int_equal(seen.messages, MANY);
    assert_int_equal(seen.in_order, MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_fails_is_counted_and_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_where_writing_does_not_block, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_read_is_counted_and_told, set_up, tear_down),
    };

    unsetenv("JOURNAL_STREAM");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
