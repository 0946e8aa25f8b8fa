/* SPDX-License-Identifier: ISC */
/*
 * Key files and `dnssec-publish`: any octets are keys or a fault, the daemon can sign with what it
 * takes, and parentgen, which sees the public half alone, takes the same.
 *
 * The input is the private key, the .key file beside it and what is published besides, with a NUL
 * between them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/keys.h"
#include "dns/version.h"
#include "dns/zone.h"
#include "dnskeys.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/fuzz-keys-XXXXXX";
static char private_path[64], public_path[64];

static void on_fault(void *userdata, const char *text)
{
    (void)userdata;
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            abort();
}

static void clean_up(void)
{
    unlink(private_path);
    unlink(public_path);
    rmdir(directory);
}

static void set_up(void)
{
    if (!mkdtemp(directory))
        abort();
    snprintf(private_path, sizeof private_path, "%s/K.private", directory);
    snprintf(public_path, sizeof public_path, "%s/K.key", directory);
    atexit(clean_up);
}

static void put(const char *path, const uint8_t *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
}

/* Takes what there is up to a NUL. */
static const uint8_t *take(const uint8_t **data, size_t *size, size_t *ret_size)
{
    const uint8_t *part = *data, *end = memchr(part, 0, *size);

    *ret_size = end ? (size_t)(end - part) : *size;
    *size -= end ? *ret_size + 1 : *size;
    *data = end ? end + 1 : part + *ret_size;
    return part;
}

/* NULL: the site file is none already. */
static struct conf *load_conf(struct faults *faults, const uint8_t *publish, size_t size)
{
    static struct memory_file file = {.fd = -1};
    struct conf *conf = NULL;
    char text[16384];
    int n =
        snprintf(text, sizeof text,
                 "[zone]\nname = get.example.org\ndnssec-key = %s\n%s%.*s\n"
                 "[site a]\nnameserver = ns.example.org\naddress = 192.0.2.1\n"
                 "[check]\ntcp = 127.0.0.1:80\n",
                 private_path, size ? "dnssec-publish = " : "", (int)size, (const char *)publish);

    if (file.fd < 0)
        memory_file_init(&file);
    memory_file_set(&file, text, (size_t)n);
    return conf_load(file.path, faults, &conf) == 0 ? conf : NULL;
}

static void check_signing(const struct conf *conf, struct faults *faults)
{
    struct version version;
    struct zone *zone;

    if (zone_load(conf, faults, &zone) != 0)
        abort();
    if (version_make(zone, conf, conf->sites, answer_set_of_site(conf, 0), NULL, 1800000000,
                     &version) == 0)
        version_done(&version);
    zone_free(zone);
}

static void check_keys(const struct conf *conf)
{
    struct faults faults = {.on_fault = on_fault};
    struct keys *keys = NULL;
    ldns_rr_list *public = NULL;
    int r = keys_load(conf, &faults, &keys), p;

    if (r == 0 ? faults.n > 0 : r != FAULTS_REPORTED || faults.n == 0)
        abort();
    faults.n = 0;
    p = dnskeys_load(conf, &faults, &public);
    if (p == 0 ? faults.n > 0 : p != FAULTS_REPORTED || faults.n == 0)
        abort();
    /* Each reads a half that the other does not; where both take it, it is one key set. */
    if (r == 0 && p == 0 && conf->dnssec_key.n > 0 && ldns_rr_list_compare(keys->published, public))
        abort();
    if (r == 0)
        check_signing(conf, &faults);
    keys_free(keys);
    ldns_rr_list_deep_free(public);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct faults faults = {.on_fault = on_fault};
    const uint8_t *part;
    struct conf *conf;
    size_t n;

    if (!*private_path)
        set_up();
    part = take(&data, &size, &n);
    put(private_path, part, n);
    part = take(&data, &size, &n);
    put(public_path, part, n);
    part = take(&data, &size, &n);
    conf = load_conf(&faults, part, n);
    if (conf)
        check_keys(conf);
    conf_free(conf);
    return 0;
}
