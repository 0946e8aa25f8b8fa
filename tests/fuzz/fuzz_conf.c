/* SPDX-License-Identifier: ISC */
/* The site file: any octets are either a configuration or at least one fault, told in one line. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_fault(void *userdata, const char *text)
{
    (void)userdata;
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct memory_file file = {.fd = -1};
    struct conf *conf = NULL;
    struct faults faults = {.on_fault = on_fault};
    int r;

    if (file.fd < 0)
        memory_file_init(&file);
    memory_file_set(&file, data, size);
    r = conf_load(file.path, &faults, &conf);
    if (r == 0 ? faults.n > 0 || !conf : r != FAULTS_REPORTED || faults.n == 0 || conf)
        abort();
    if (conf && (conf->n_sites == 0 || conf->n_checks == 0 || conf->serial == 0))
        abort();
    conf_free(conf);
    return 0;
}
