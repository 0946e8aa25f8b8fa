/* SPDX-License-Identifier: ISC */
#include "conf_options.h"

#include <assert.h>
#include <errno.h>
#include <sodium/crypto_hash_sha256.h>
#include <stdlib.h>

#define DAY          86400U
#define WEEK         (7 * DAY)
#define HOUR_MS      3600000U
#define AT_ZONE(f)   offsetof(struct conf, f)
#define AT_SITE(f)   offsetof(struct conf_site, f)
#define AT_CHECK(f)  offsetof(struct conf_check, f)
#define AT_POLICY(f) offsetof(struct conf, policy.f)

#define TTL_ALLOWED   "a duration from 1s to 7d, such as 60, 90s, 5m or 1h"
#define HOST_ALLOWED  "a host name: labels of letters, digits and hyphens, 253 octets at most"
#define COUNT_ALLOWED "a number from 1 to 100"

static const struct conf_option options[] = {
    /* clang-format off */
    {SECTION_ZONE, "name", &value_type_name, AT_ZONE(name), 2, 0, false, NULL, HOST_ALLOWED},
    {SECTION_ZONE, "parent", &value_type_name, AT_ZONE(parent), 1, 0, false, NULL, HOST_ALLOWED},
    {SECTION_ZONE, "hostmaster", &value_type_name, AT_ZONE(hostmaster), 2, 0, false, NULL,
     "a mail address written as a domain name: hostmaster.example.org for hostmaster@example.org"},
    {SECTION_ZONE, "ttl", &value_type_seconds, AT_ZONE(ttl), 1, WEEK, false, "60", TTL_ALLOWED},
    {SECTION_ZONE, "negative-ttl", &value_type_seconds, AT_ZONE(negative_ttl), 1, WEEK, false, NULL, TTL_ALLOWED},
    {SECTION_ZONE, "delegation-ttl", &value_type_seconds, AT_ZONE(delegation_ttl), 1, WEEK, false, "1h", TTL_ALLOWED},
    {SECTION_ZONE, "records", &value_type_path, AT_ZONE(records), 0, 0, false, NULL, "a file name"},
    {SECTION_ZONE, "dnssec-key", &value_type_path_list, AT_ZONE(dnssec_key), 0, 0, true, NULL,
     "the name of a private key file, at most 16 of them"},
    {SECTION_ZONE, "dnssec-publish", &value_type_text_list, AT_ZONE(dnssec_publish), 0, 0, true, NULL,
     "a DNSKEY's flags, protocol, algorithm and key, such as `257 3 13 mdsswUyr3DPW…`, at most 16 of them"},

    {SECTION_SITE, "nameserver", &value_type_name, AT_SITE(nameserver), 2, 0, false, NULL, HOST_ALLOWED},
    {SECTION_SITE, "address", &value_type_addresses, AT_SITE(address), 0, 0, true, NULL,
     "one to eight different IPv4 or IPv6 unicast addresses, separated by spaces"},
    {SECTION_SITE, "preference", &value_type_number, AT_SITE(preference), 0, 65535, false, "10", "a number from 0 to 65535"},

    {SECTION_CHECK, "url", &value_type_url, AT_CHECK(url), 0, 0, false, NULL,
     "http://ADDRESS[:PORT]/PATH, https://ADDRESS[:PORT]/PATH or unix:/SOCKET:/PATH; the ADDRESS is one of "
     "this host, or localhost (name the virtual host with `host =`)"},
    {SECTION_CHECK, "host", &value_type_hostname, AT_CHECK(host), 0, 0, false, NULL, HOST_ALLOWED},
    {SECTION_CHECK, "expect-status", &value_type_status, AT_CHECK(expect_status), 0, 0, false, NULL,
     "HTTP status codes from 100 to 599, such as `200`, `200-399` or `200 204`, at most 8 ranges"},
    {SECTION_CHECK, "expect-body", &value_type_text, AT_CHECK(expect_body), 0, 0, false, NULL, "a text"},
    {SECTION_CHECK, "ca-file", &value_type_path, AT_CHECK(ca_file), 0, 0, false, NULL, "a file name"},
    {SECTION_CHECK, "insecure", &value_type_flag, AT_CHECK(insecure), 0, 0, false, "no", "yes or no"},
    {SECTION_CHECK, "tcp", &value_type_endpoint, AT_CHECK(tcp), 0, 0, false, NULL, "ADDRESS:PORT or [ADDRESS]:PORT"},
    {SECTION_CHECK, "exec", &value_type_text, AT_CHECK(exec), 0, 0, false, NULL, "a command line"},
    {SECTION_CHECK, "file", &value_type_path, AT_CHECK(file), 0, 0, false, NULL, "a file name"},
    {SECTION_CHECK, "max-age", &value_type_milliseconds, AT_CHECK(max_age_ms), 1000, 30 * DAY * 1000, false, NULL,
     "a duration from 1s to 30d"},
    {SECTION_CHECK, "unit", &value_type_text, AT_CHECK(unit), 0, 0, false, NULL, "the name of a systemd unit"},
    {SECTION_CHECK, "interval", &value_type_milliseconds, AT_CHECK(interval_ms), 100, HOUR_MS, false, "1s",
     "a duration from 100ms to 1h"},
    {SECTION_CHECK, "fast-interval", &value_type_milliseconds, AT_CHECK(fast_interval_ms), 50, HOUR_MS, false, NULL,
     "a duration from 50ms to 1h"},
    {SECTION_CHECK, "timeout", &value_type_milliseconds, AT_CHECK(timeout_ms), 10, HOUR_MS, false, "1s",
     "a duration from 10ms to 1h"},
    {SECTION_CHECK, "fall", &value_type_number, AT_CHECK(fall), 1, 100, false, "2", COUNT_ALLOWED},
    {SECTION_CHECK, "rise", &value_type_number, AT_CHECK(rise), 1, 100, false, "3", COUNT_ALLOWED},

    {SECTION_POLICY, "answer", &value_type_answer, AT_POLICY(answer), 0, 0, false, "own", "own or serving"},
    {SECTION_POLICY, "withdraw", &value_type_withdraw, AT_POLICY(withdraw), 0, 0, false, "silent", "silent, servfail or hand-over"},
    {SECTION_POLICY, "last-resort", &value_type_flag, AT_POLICY(last_resort), 0, 0, false, "no", "yes or no"},
    {SECTION_POLICY, "return", &value_type_return, AT_POLICY(comeback), 0, 0, false, "automatic", "automatic or manual"},
    {SECTION_POLICY, "hold-down", &value_type_milliseconds, AT_POLICY(hold_down_ms), 0, HOUR_MS, false, "10s",
     "a duration from 0s to 1h"},
    {SECTION_POLICY, "hold-down-max", &value_type_milliseconds, AT_POLICY(hold_down_max_ms), 0, HOUR_MS, false, NULL,
     "a duration from 0s to 1h"},
    /* clang-format on */
};

static const char *const section_names[] = {"", "zone", "site", "check", "policy"};

const struct conf_option *conf_options(size_t *ret_n)
{
    static_assert(sizeof options / sizeof *options <= CONF_OPTIONS_MAX, "grow CONF_OPTIONS_MAX");
    *ret_n = sizeof options / sizeof *options;
    return options;
}

const char *conf_section_name(enum section section)
{
    return section_names[section];
}

void *conf_option_field(const struct conf_option *o, void *target)
{
    return (char *)target + o->offset;
}

int conf_options_set_defaults(enum section section, void *target)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof options / sizeof *options; i++) {
        const struct conf_option *o = &options[i];
        struct value_bounds bounds = {.min = o->min, .max = o->max};

        if (o->section == section && o->fallback)
            r = o->type->parse(o->fallback, &bounds, conf_option_field(o, target));
    }
    return r;
}

void conf_options_release(enum section section, void *target)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].section == section && options[i].type->done)
            options[i].type->done(conf_option_field(&options[i], target));
}

static void fingerprint_section(FILE *out, enum section section, void *target)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].section == section) {
            fprintf(out, "%s.%s=", section_names[section], options[i].key);
            options[i].type->print(out, conf_option_field(&options[i], target));
            fputc('\n', out);
        }
}

int conf_options_fingerprint(struct conf *conf, uint32_t *ret)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    uint32_t serial;
    bool whole;

    if (!out)
        return -ENOMEM;
    fingerprint_section(out, SECTION_ZONE, conf);
    for (size_t i = 0; i < conf->n_sites; i++) {
        fprintf(out, "[%s]\n", conf->sites[i].id);
        fingerprint_section(out, SECTION_SITE, &conf->sites[i]);
    }
    for (size_t i = 0; i < conf->n_checks; i++) {
        fprintf(out, "[%s]\n", conf->checks[i].name);
        fingerprint_section(out, SECTION_CHECK, &conf->checks[i]);
    }
    fingerprint_section(out, SECTION_POLICY, conf);
    whole = !ferror(out); /* memory may have run out before now, too */
    if (fclose(out) != 0 || !whole || !text) {
        free(text);
        return -ENOMEM;
    }
    crypto_hash_sha256(digest, (unsigned char *)text, length);
    free(text);
    serial = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 |
             digest[3];
    *ret = serial ? serial : 1;
    return 0;
}
