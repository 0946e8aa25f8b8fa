/* SPDX-License-Identifier: ISC */
/* What hides the cost of the extra referral: the browser looks the name up before it is needed. */
#include "format.h"

void format_html(FILE *out, const struct delegation *d)
{
    const char *name = d->conf->name;

    fprintf(out,
            "<!-- Into the head of pages that lead to %s: -->\n"
            "<link rel=\"dns-prefetch\" href=\"//%s\">\n"
            "<link rel=\"preconnect\" href=\"https://%s\">\n"
            "<!-- Or, of the same effect, in the HTTP response:\n"
            "Link: <//%s>; rel=dns-prefetch, <https://%s>; rel=preconnect\n"
            "-->\n",
            name, name, name, name, name);
}
