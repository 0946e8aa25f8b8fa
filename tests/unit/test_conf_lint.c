/* SPDX-License-Identifier: ISC */
#include "conf/conf_lint.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf_file.h"

static void on_finding(void *userdata, const struct conf_finding *finding)
{
    fprintf(userdata, "%u %s: %s\n", finding->line, finding->tag, finding->text);
}

/* What is found in the file with that section [zone] and these two sites. */
static void check(void **state, const char *zone, const char *one, const char *two,
                  const char *expected)
{
    char content[2048], *text = NULL;
    struct conf *conf;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    snprintf(content, sizeof content, "[zone]\n%s\n[site a]\n%s\n[site b]\n%s\n%s", zone, one, two,
             CHECK);
    conf = conf_file_load(state, content);
    conf_lint(conf, on_finding, out);
    fclose(out);
    assert_string_equal(text, expected);
    conf_free(conf);
    free(text);
}

#define ZONE_GOOD "name = get.videolan.org"
#define A_GOOD    "nameserver = a.get.videolan.org\naddress = 193.0.0.1 2a00::1"
#define B_GOOD    "nameserver = b.videolan.net\naddress = 194.0.0.1"

static void nothing(void **state)
{
    check(state, ZONE_GOOD, A_GOOD, B_GOOD, "");
}

static void special_names(void **state)
{
    check(state, "name = get.acme.test", "nameserver = a.acme.test\naddress = 193.0.0.1",
          "nameserver = b.lab.local\naddress = 194.0.0.1",
          "0 special-name: get.acme.test: `test` is for tests (RFC 6761)\n"
          "6 special-name: b.lab.local: `local` is for multicast DNS (RFC 6762)\n");
    check(state, ZONE_GOOD, A_GOOD, "nameserver = b.example.org\naddress = 194.0.0.1",
          "6 special-name: b.example.org: `example.org` is for documentation (RFC "
          "6761)\n");
}

static void doubled_origins(void **state)
{
    check(state, ZONE_GOOD, "nameserver = ns1.get.videolan.org.videolan.org\naddress = 193.0.0.1",
          "nameserver = ns1.get.videolan.org.get.videolan.org\naddress = 194.0.0.1",
          "3 doubled-origin: ns1.get.videolan.org.videolan.org ends in videolan.org "
          "twice\n"
          "6 doubled-origin: ns1.get.videolan.org.get.videolan.org ends in "
          "get.videolan.org twice\n");
    check(state, ZONE_GOOD, "nameserver = videolan.org.videolan.org\naddress = 193.0.0.1",
          "nameserver = nsvideolan.org.videolan.org\naddress = 194.0.0.1",
          "3 doubled-origin: videolan.org.videolan.org ends in videolan.org twice\n");
}

static void doubled_elsewhere(void **state)
{
    check(state, "name = get.videolan.org.videolan.org\nparent = videolan.org",
          "nameserver = ns.dc1.acme.net.acme.net\naddress = 193.0.0.1",
          "nameserver = a.b.a.b.net\naddress = 194.0.0.1",
          "0 doubled-origin: get.videolan.org.videolan.org ends in videolan.org twice\n"
          "4 doubled-origin: ns.dc1.acme.net.acme.net ends in acme.net twice\n");
    check(state, "name = get.de.de", "nameserver = ns1.de.de\naddress = 193.0.0.1",
          "nameserver = ns2.de.de\naddress = 194.0.0.1", "");
}

static void whole_domains(void **state)
{
    check(state, "name = videolan.org", "nameserver = a.videolan.org\naddress = 193.0.0.1", B_GOOD,
          "0 name-is-domain: videolan.org is a whole domain, not a name in one: its web, mail and "
          "other names would all have to be served from here\n");
}

static void special_addresses(void **state)
{
    check(state, ZONE_GOOD,
          "nameserver = a.videolan.org\naddress = 10.0.0.1 10.0.0.2 2002:a00:1::1 192.0.2.1",
          "nameserver = b.videolan.org\naddress = 10.0.0.3",
          "3 private-address: [site a]: 10.0.0.1 is private (RFC 1918)\n"
          "3 special-address: [site a]: 2002:a00:1::1 is of 6to4, whose relays are gone (RFC "
          "7526)\n"
          "3 documentation-address: [site a]: 192.0.2.1 is for documentation (RFC 5737)\n"
          "6 private-address: [site b]: 10.0.0.3 is private (RFC 1918)\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing, conf_file_set_up, conf_file_tear_down),
        cmocka_unit_test_setup_teardown(special_names, conf_file_set_up, conf_file_tear_down),
        cmocka_unit_test_setup_teardown(doubled_origins, conf_file_set_up, conf_file_tear_down),
        cmocka_unit_test_setup_teardown(doubled_elsewhere, conf_file_set_up, conf_file_tear_down),
        cmocka_unit_test_setup_teardown(whole_domains, conf_file_set_up, conf_file_tear_down),
        cmocka_unit_test_setup_teardown(special_addresses, conf_file_set_up, conf_file_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
