/* SPDX-License-Identifier: ISC */
#include "random_zone.h"

#include <stdio.h>
#include <string.h>

enum { RECORDS = 12 };

static const char *const labels[] = {"a", "b", "AB", "a\\000", "z", "-", "_x", "\\200"};

unsigned random_below(uint32_t *seed, unsigned limit)
{
    return test_random(seed) % limit;
}

char *random_name(uint32_t *seed, char *name, unsigned depth)
{
    name[0] = '\0';
    for (unsigned n = 1 + random_below(seed, depth); n; n--) {
        strcat(name, labels[random_below(seed, LENGTH(labels))]);
        strcat(name, n > 1 ? "." : "");
    }
    return name;
}

/* A name that is drawn twice keeps what it got first. */
static void random_records(uint32_t *seed, char *text)
{
    char names[RECORDS][RANDOM_NAME_MAX];
    bool only_txt = random_below(seed, 2); /* else the other family is somewhere in most zones */

    text[0] = '\0';
    for (unsigned i = 0; i < RECORDS; i++) {
        static const char *const targets[] = {"get.example.org.", "nothing.there", "example.net."};
        unsigned target = random_below(seed, i ? 6 : 3);
        char *end = text + strlen(text);
        bool known = false;

        random_name(seed, names[i], RANDOM_DEPTH);
        for (unsigned k = 0; k < i; k++)
            known = known || !strcasecmp(names[k], names[i]);
        if (known)
            continue;
        if (random_below(seed, 3) == 0)
            sprintf(end, "%s CNAME %s\n", names[i],
                    target < LENGTH(targets) ? targets[target] : names[random_below(seed, i)]);
        else if (only_txt)
            sprintf(end, "%s TXT x\n", names[i]);
        else if (random_below(seed, 2))
            sprintf(end, "%s TXT x\n%s A 192.0.2.1\n", names[i], names[i]);
        else
            sprintf(end, "%s AAAA 2001:db8::1\n", names[i]);
    }
}

struct signed_zone random_zone(void **state, uint32_t *seed)
{
    static const char *const own[] = {"192.0.2.10", "2001:db8::10", "192.0.2.10 2001:db8::10"};
    char content[1024], extra[RECORDS * 256];
    struct signed_zone zone;

    snprintf(content, sizeof content,
             ZONE "dnssec-key = k.private\n[site dc1]\nnameserver = %s\naddress = %s\n%s" CHECK,
             random_below(seed, 2) ? "ns1.get.example.org" : "ns.example.net",
             own[random_below(seed, 3)],
             "[site dc2]\nnameserver = ns2.x.get.example.org\naddress = 192.0.2.20\n");
    random_records(seed, extra);
    zone = signed_zone_load(state, content, extra);
    assert_int_equal(signed_zone_make(&zone, signed_zone_own(&zone), time(NULL)), 0);
    return zone;
}
