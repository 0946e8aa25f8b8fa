/* SPDX-License-Identifier: ISC */
/*
 * What the daemon reads of its state directory: any file is taken or refused as a whole, and what
 * is taken is written as it was.
 *
 * The first octet of the input chooses the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/overrides.h"
#include "dns/cookie_secrets.h"
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
struct replacer *__wrap_replacer_new(void);
void __wrap_replacer_free(struct replacer *replacer);
ssize_t __wrap_replacer_read(struct replacer *replacer, const char *path, char *data, size_t size,
                             int wait_ms);
bool __wrap_replacer_put(struct replacer *replacer, const char *path, const char *data, size_t size,
                         const struct replace_options *options);
bool __wrap_replacer_remove(struct replacer *replacer, const char *path);

static char directory[] = "/tmp/fuzz-state-XXXXXX";
static char secrets_path[64];
static char file[OVERRIDES_MAX * 320 + 4096]; /* overrides, instead of the disk's */
static size_t file_size;

struct replacer *__wrap_replacer_new(void)
{
    return (struct replacer *)file;
}

void __wrap_replacer_free(struct replacer *replacer)
{
    (void)replacer;
}

ssize_t __wrap_replacer_read(struct replacer *replacer, const char *path, char *data, size_t size,
                             int wait_ms)
{
    size_t n = file_size < size ? file_size : size;

    (void)replacer, (void)path, (void)wait_ms;
    memcpy(data, file, n);
    return (ssize_t)n;
}

bool __wrap_replacer_put(struct replacer *replacer, const char *path, const char *data, size_t size,
                         const struct replace_options *options)
{
    (void)replacer, (void)path, (void)options;
    if (size > sizeof file)
        abort();
    memcpy(file, data, size);
    file_size = size;
    return true;
}

bool __wrap_replacer_remove(struct replacer *replacer, const char *path)
{
    (void)replacer, (void)path;
    file_size = 0;
    return true;
}

static void clean_up(void)
{
    unlink(secrets_path);
    rmdir(directory);
}

static void set_up(void)
{
    if (!mkdtemp(directory))
        abort();
    snprintf(secrets_path, sizeof secrets_path, "%s/secrets", directory);
    atexit(clean_up);
}

static void try_secrets(const uint8_t *data, size_t size)
{
    struct cookie_secrets secrets, again;
    int r, fd = open(secrets_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
    r = cookie_secrets_load(secrets_path, 1800000000, &secrets);
    if (r != 0 && r != -EBADMSG)
        abort();
    if (r == 0 && (cookie_secrets_write(secrets_path, &secrets) < 0 ||
                   cookie_secrets_load(secrets_path, 1800000000, &again) < 0 ||
                   memcmp(secrets.current, again.current, sizeof again.current) ||
                   secrets.has_previous != again.has_previous))
        abort();
}

/* What was said can be taken back, whatever the file was. */
static void take_back(struct overrides *overrides)
{
    while (overrides->n > 0) {
        struct override automatic = {.kind = GATE_AUTO};

        strcpy(automatic.zone, overrides->at[0].now.zone);
        if (overrides_set(overrides, &automatic) < 0 || overrides_find(overrides, automatic.zone))
            abort();
    }
}

static void try_overrides(const uint8_t *data, size_t size)
{
    static struct overrides overrides, again;
    struct override one = {.zone = "zone", .kind = GATE_OUT, .since = 1, .by = 0};

    memset(&overrides, 0, sizeof overrides);
    memset(&again, 0, sizeof again);
    file_size = size < sizeof file ? size : sizeof file;
    memcpy(file, data, file_size);
    if (overrides_load(&overrides) < 0)
        abort();
    if (overrides_set(&overrides, &one) == 0) {
        if (overrides_load(&again) < 0 || again.n != overrides.n)
            abort();
        overrides_done(&again);
        take_back(&overrides);
    }
    overrides_done(&overrides);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (!*secrets_path)
        set_up();
    if (data[0] % 2)
        try_secrets(data + 1, size - 1);
    else
        try_overrides(data + 1, size - 1);
    return 0;
}
