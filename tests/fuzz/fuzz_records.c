/* SPDX-License-Identifier: ISC */
/* The extra records: any octets are either refused or give a table of answers; and what is printed
 * then gives the same zone again. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/input.h"
#include "dns/compile.h"
#include "dns/zone_print.h"
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

static bool is_own(const char *line)
{
    static const char apex[] = "get.example.org.\t";
    const char *type = strstr(line, "\tIN\t");

    return !strncmp(line, apex, strlen(apex)) && type &&
           (!strncmp(type, "\tIN\tSOA\t", 8) || !strncmp(type, "\tIN\tNS\t", 7) ||
            !strncmp(type, "\tIN\tA\t", 6));
}

/* The zone as text, without the records that the site file gives. */
static char *print(const struct version *version)
{
    char *text = NULL, *extra = NULL, *rest, *line;
    size_t size;
    FILE *out = open_memstream(&text, &size), *kept = open_memstream(&extra, &size);

    zone_print(out, version);
    fclose(out);
    rest = text;
    while ((line = strsep(&rest, "\n")))
        if (*line && !is_own(line))
            fprintf(kept, "%s\n", line);
    fclose(kept);
    free(text);
    return extra;
}

static void check_round_trip(const struct version *version)
{
    struct faults faults = {.on_fault = on_fault};
    char *text = print(version), *text_again;
    struct version again;
    struct zone *zone;

    memory_file_set(&records, text, strlen(text));
    if (strlen(text) <= INPUT_MAX) {
        if (zone_load(conf, &faults, &zone) != 0 ||
            version_make(zone, conf, conf->sites, answer_set_of_site(conf, 0), NULL, 0, &again))
            abort();
        text_again = print(&again);
        if (strcmp(text, text_again) != 0)
            abort();
        free(text_again);
        version_done(&again);
        zone_free(zone);
    }
    free(text);
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
        check_round_trip(&version);
        version_done(&version);
    }
    zone_free(zone);
    return 0;
}
