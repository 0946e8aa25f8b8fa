/* SPDX-License-Identifier: ISC */
/* The extra records: any octets are either refused or give a table of answers. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/compile.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct memory_file records;
static struct conf *conf;

static void on_fault(void *userdata, const char *text)
{
    (void)text;
    (void)userdata;
}

static void set_up(void)
{
    static const char text[] = "[zone]\nname = get.example.org\nrecords = %s\n"
                               "[site a]\nnameserver = ns.example.org\naddress = 192.0.2.1\n"
                               "[check]\ntcp = 127.0.0.1:80\n";
    char site[512];
    struct memory_file file;
    struct faults faults = {.on_fault = on_fault};

    memory_file_init(&records);
    memory_file_init(&file);
    snprintf(site, sizeof site, text, records.path);
    memory_file_set(&file, site, strlen(site));
    if (conf_load(file.path, &faults, &conf) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zone *zone = NULL;
    struct table *table = NULL;
    struct faults faults = {.on_fault = on_fault};
    int r;

    if (!conf)
        set_up();
    memory_file_set(&records, data, size);
    r = zone_load(conf, &faults, &zone);
    if (r == 0 ? faults.n > 0 : r != FAULTS_REPORTED || faults.n == 0)
        abort();
    if (r == 0) {
        struct version version;
        const struct version *current = &version;

        if (version_make(zone, conf, conf->sites, answer_set_of_site(conf, 0), NULL, 0, &version))
            abort();
        r = compile_table(&current, 1, "a", &table);
        if (r < 0 && r != -EMSGSIZE)
            abort();
        if (r == 0)
            table_free(table);
        version_done(&version);
    }
    zone_free(zone);
    return 0;
}
