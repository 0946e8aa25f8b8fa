/* SPDX-License-Identifier: ISC */
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/compile.h"
#include "memory_file.h"

enum { BIG = 2600 }; /* hexadecimal digits of the record that needs TCP */

static const char site_file[] =
    "[zone]\nname = get.example.test\nrecords = %s\n%s%s%s"
    "[site dc1]\nnameserver = ns1.get.example.test\naddress = 192.0.2.10 2001:db8:2::10\n"
    "[site dc2]\nnameserver = get.dc2.example.test\naddress = 198.51.100.20\n"
    "[check]\ntcp = 127.0.0.1:80\n";

static const char extra_records[] = "@ MX 0 .\n"
                                    "alias CNAME target\n"
                                    "target A 192.0.2.99\n"
                                    "dangling CNAME nothing\n"
                                    "elsewhere CNAME x.example.org.\n"
                                    "deep.er.ent TXT \"deep\"\n"
                                    "big TYPE65280 \\# 1300 ";

static const char private_key[] = "Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\n"
                                  "PrivateKey: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=\n";

static void on_fault(void *userdata, const char *text)
{
    (void)userdata;
    fputs(text, stderr);
    abort();
}

static void make(const char *records, const char *key, time_t now, struct table *ret[2])
{
    struct memory_file file;
    struct faults faults = {.on_fault = on_fault};
    char text[4096];
    struct conf *conf;
    struct zone *zone;

    memory_file_init(&file);
    snprintf(text, sizeof text, site_file, records, key ? "dnssec-key = " : "", key ? key : "",
             key ? "\n" : "");
    memory_file_set(&file, text, strlen(text));
    if (conf_load(file.path, &faults, &conf) != 0 || zone_load(conf, &faults, &zone) != 0)
        abort();
    for (int both = 0; both < 2; both++) {
        struct answer_set set = answer_set_of_site(conf, 0);
        struct version version;
        const struct version *current = &version;

        if (both)
            set = answer_set_union(set, answer_set_of_site(conf, 1));
        if (version_make(zone, conf, conf->sites, set, NULL, now, &version) < 0 ||
            compile_table(&current, 1, "dc1", &ret[both]) < 0)
            abort();
        version_done(&version);
    }
    zone_free(zone);
    conf_free(conf);
}

void tables_make(bool is_signed, time_t now, struct table *ret[2])
{
    /* As its file says, it is the key of this name. */
    char directory[] = "/tmp/fuzz-tables-XXXXXX", path[96];
    char text[sizeof extra_records + BIG + 1] = "";
    char *end = stpcpy(text, extra_records);
    struct memory_file records;
    FILE *key;

    memset(end, 'a', BIG);
    end[BIG] = '\n';
    memory_file_init(&records);
    memory_file_set(&records, text, (size_t)(end + BIG + 1 - text));
    umask(S_IRWXG | S_IRWXO);
    if (!mkdtemp(directory))
        abort();
    snprintf(path, sizeof path, "%s/Kget.example.test.+013+27578.private", directory);
    key = fopen(path, "we");
    if (!key || fputs(private_key, key) < 0 || fclose(key) != 0)
        abort();
    make(records.path, is_signed ? path : NULL, now, ret);
    unlink(path);
    rmdir(directory);
}
