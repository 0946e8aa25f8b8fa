/* SPDX-License-Identifier: ISC */
#include "genkey.h"

#include <errno.h>
#include <fcntl.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ECDSA_P256_BITS = 256 };

static ldns_key *make_key(const char *name)
{
    ldns_key *key = ldns_key_new_frm_algorithm(LDNS_SIGN_ECDSAP256SHA256, ECDSA_P256_BITS);
    ldns_rr *public;

    if (!key)
        return NULL;
    ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str(name));
    ldns_key_set_flags(key, LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY);
    public = ldns_key2rr(key);
    if (!public) {
        ldns_key_deep_free(key);
        return NULL;
    }
    ldns_key_set_keytag(key, ldns_calc_keytag(public)); /* it depends on the flags */
    ldns_rr_free(public);
    return key;
}

/* Creates path, which must not exist, and writes what print() prints. */
static int write_file(const char *path, mode_t mode, void (*print)(FILE *out, const ldns_key *key),
                      const ldns_key *key)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    int r = 0;

    if (!out) {
        r = -errno;
        if (fd >= 0)
            close(fd);
        return r;
    }
    print(out, key);
    if (ferror(out) || fflush(out) != 0 || fsync(fd) < 0)
        r = -EIO;
    fclose(out);
    if (r < 0)
        unlink(path);
    return r;
}

static void print_private(FILE *out, const ldns_key *key)
{
    ldns_key_print(out, key);
}

static void print_public(FILE *out, const ldns_key *key)
{
    ldns_rr *rr = ldns_key2rr(key);

    ldns_rr_print(out, rr);
    ldns_rr_free(rr);
}

/* These are the steps of docs/dnssec.md. */
static const char first_steps[] =
    "parentgen: what to do with this line; wait for the longest TTL each time:\n"
    "  1. Bring both key files to every site, where they belong to the user sitens "
    "(install -o sitens -m 600). Add the line to [zone] there, reload sitens; wait.\n"
    "  2. Put the DS record, which parentgen --ds prints, into the parent zone.\n";
static const char next_steps[] =
    "parentgen: there are keys already, so this one is published before it signs; wait for the "
    "longest TTL each time:\n"
    "  1. Bring both key files to every site, add the line to [zone] there, reload sitens. Put the "
    "DS records of both keys, which parentgen --ds prints, into the parent zone; wait.\n"
    "  2. Replace the line by `dnssec-key = %s`, keep that of the old key, reload sitens; wait.\n"
    "  3. Remove the line of the old key here, and put into the parent zone what parentgen --ds "
    "prints then; wait. Bring this site file to every site, reload sitens.\n";

/* What to add: the first key signs at once. A second one is published first, or resolvers that hold
 * the older key set would find its signatures bogus. */
static void print_line(FILE *out, FILE *notes, const struct conf *conf, const ldns_key *key,
                       const char *file)
{
    ldns_rr *rr;
    char *data;

    if (!conf->dnssec_key.n && !conf->dnssec_publish.n) {
        fprintf(out, "dnssec-key = %s\n", file);
        fputs(first_steps, notes);
        return;
    }
    rr = ldns_key2rr(key);
    data = ldns_rdf2str(ldns_rr_rdf(rr, 3));
    fprintf(out, "dnssec-publish = 257 3 13 %s\n", data);
    fprintf(notes, next_steps, file);
    free(data);
    ldns_rr_free(rr);
}

int genkey(const struct conf *conf, FILE *out, FILE *notes)
{
    const char *slash = strrchr(conf->path, '/');
    int directory = slash ? (int)(slash - conf->path) + 1 : 0;
    ldns_key *key = make_key(conf->name);
    char base[512], private[4096 + 16], public[4096 + 16];
    int r;

    if (!key)
        return -ENOMEM;
    snprintf(base, sizeof base, "K%s.+013+%05u", conf->name, ldns_key_keytag(key));
    snprintf(private, sizeof private, "%.*s%s.private", directory, conf->path, base);
    snprintf(public, sizeof public, "%.*s%s.key", directory, conf->path, base);
    r = write_file(private, 0600, print_private, key);
    if (r < 0)
        fprintf(notes, "parentgen: %s: cannot be created: %s\n", private, strerror(-r));
    else if ((r = write_file(public, 0644, print_public, key)) < 0) {
        fprintf(notes, "parentgen: %s: cannot be created: %s\n", public, strerror(-r));
        unlink(private);
    } else {
        print_line(out, notes, conf, key, private + directory);
    }
    ldns_key_deep_free(key);
    return r;
}
