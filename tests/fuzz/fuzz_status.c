/* SPDX-License-Identifier: ISC */
/* The daemon's answer, at sitensctl: any JSON is shown. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#include "ctl/show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *status = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
    char *text = NULL;
    size_t length;
    FILE *out;

    if (!status)
        return 0;
    out = open_memstream(&text, &length);
    show(out, status, 1800000000);
    show_is_well(status);
    fclose(out);
    free(text);
    json_decref(status);
    return 0;
}
