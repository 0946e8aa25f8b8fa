/* SPDX-License-Identifier: ISC */
/*
 * parentgen --check: whatever the parent and the sites answer, a report comes of it.
 *
 * The input is a row of replies, each behind an octet that says what becomes of a question and two
 * with its length. The questions take them by turns. Its length says whether the parent's address
 * is given, and which URLs are asked for with what outcome.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "check/survey.h"
#include "check/survey_report.h"
#include "memory_file.h"
#include "reply_mutator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
void __wrap_ask_all(struct ask *const *asks, size_t n, unsigned timeout_ms,
                    ask_progress_fn on_progress, void *userdata);
void __wrap_web_ask_all(struct web_ask *const *asks, size_t n, unsigned timeout_ms);
struct resolvers __wrap_lookup_resolvers(void);

enum { NOW = 1800000000, HEAD = 3 };

static const char site_file[] =
    "[zone]\nname = get.example.org\n"
    "[site dc1]\nnameserver = ns1.get.example.org\naddress = 192.0.2.1 2001:db8::1\n"
    "[site dc2]\nnameserver = get.dc2.example.org\naddress = 192.0.2.2 2001:db8::2\n"
    "preference = 20\n"
    "[check]\ntcp = 127.0.0.1:80\n";

/* Of the private key 1, which the seeds are signed with. */
static const char key[] = "get.example.org. 3600 IN DNSKEY 257 3 13 "
                          "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84z"
                          "V2sxXs7LtkBoN79R9Q==";

static struct conf *conf;
static ldns_rr_list *keys;
static const uint8_t *input, *at;
static size_t input_size;

static bool take(void *out, size_t size)
{
    if ((size_t)(input + input_size - at) < size)
        return false;
    memcpy(out, at, size);
    at += size;
    return true;
}

/* The next reply; the first one again behind the last. */
static void answer(struct ask *ask)
{
    static const enum ask_outcome others[] = {ASK_SILENT,   ASK_CLOSED,  ASK_REFUSED,
                                              ASK_NO_ROUTE, ASK_GARBAGE, ASK_OWN_FAULT};
    uint8_t head[HEAD], wire[65535];
    size_t length;

    if (!take(head, sizeof head)) {
        at = input;
        if (!take(head, sizeof head))
            memset(head, 1, sizeof head);
    }
    length = (size_t)head[1] << 8 | head[2];
    if (length > (size_t)(input + input_size - at))
        length = (size_t)(input + input_size - at);
    take(wire, length);
    ask->outcome = ASK_ANSWERED;
    ask->error = EMFILE;
    ask->truncated = head[0] & 0x80;
    if ((head[0] & 0x7f) || ldns_wire2pkt(&ask->reply, wire, length) != LDNS_STATUS_OK) {
        ask->reply = NULL;
        ask->outcome = others[(head[0] & 0x7f) % (sizeof others / sizeof *others)];
    }
}

void __wrap_ask_all(struct ask *const *asks, size_t n, unsigned timeout_ms,
                    ask_progress_fn on_progress, void *userdata)
{
    (void)timeout_ms;
    (void)on_progress;
    (void)userdata;
    for (size_t i = 0; i < n; i++)
        answer(asks[i]);
}

/* What web servers send is for fuzz_web. */
void __wrap_web_ask_all(struct web_ask *const *asks, size_t n, unsigned timeout_ms)
{
    static const long statuses[] = {200, 301, 404, 503};

    (void)timeout_ms;
    for (size_t i = 0; i < n; i++) {
        asks[i]->outcome = (enum web_outcome)((input_size / 4 + i) % (WEB_UNREACHABLE + 1));
        asks[i]->status =
            asks[i]->outcome == WEB_ANSWERED ? statuses[(input_size / 32 + i) % 4] : 0;
        snprintf(asks[i]->text, sizeof asks[i]->text, "https://get.example.org/%zu", i);
    }
}

struct resolvers __wrap_lookup_resolvers(void)
{
    return (struct resolvers){.n = 1, .at = {{.address = {.family = AF_INET}, .port = 53}}};
}

static void on_fault(void *userdata, const char *text)
{
    (void)userdata;
    (void)text;
}

static void set_up(void)
{
    struct faults faults = {.on_fault = on_fault};
    struct memory_file file;
    ldns_rr *rr;

    memory_file_init(&file);
    memory_file_set(&file, site_file, strlen(site_file));
    keys = ldns_rr_list_new();
    if (conf_load(file.path, &faults, &conf) != 0 || !keys ||
        ldns_rr_new_frm_str(&rr, key, 0, NULL, NULL) != LDNS_STATUS_OK)
        abort();
    ldns_rr_list_push_rr(keys, rr);
}

static void print(const struct survey *survey)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    json_t *json;

    survey_report_print(survey, true, out);
    rewind(out);
    if (survey_report_print_json(survey, 0, out) < 0)
        abort();
    fclose(out);
    json = json_loads(text, 0, NULL);
    if (!json)
        abort();
    json_decref(json);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct survey_request request = {.scope = SURVEY_ALL, .timeout_ms = 1000};
    struct survey *survey;

    if (!conf)
        set_up();
    input = at = data;
    input_size = size;
    request.expected = (struct expectation){.conf = conf, .keys = keys, .serial = 1, .now = NOW};
    if (size % 2)
        request.parent.address.family = AF_INET;
    if (size / 2 % 2)
        request.urls =
            (struct web_urls){2, {"http://get.example.org/", "https://get.example.org/a"}};
    if (survey_run(&request, &survey) != 0)
        abort();
    print(survey);
    survey_free(survey);
    return 0;
}

/* Where the reply after that at offset at begins. */
static size_t next_reply(const uint8_t *data, size_t size, size_t at)
{
    size_t length = (size_t)data[at + 1] << 8 | data[at + 2];

    return size - at - HEAD < length ? size : at + HEAD + length;
}

/* Half of the time one of the replies is changed as a message, and the row stays one. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint8_t reply[65535];
    size_t at = 0, end, length = 0;

    if (seed % 2 || size < HEAD || max > sizeof reply)
        return LLVMFuzzerMutate(data, size, max);
    end = next_reply(data, size, at);
    for (unsigned skip = (unsigned)rand_r(&seed) % 32; skip > 0 && size - end >= HEAD; skip--) {
        at = end;
        end = next_reply(data, size, at);
    }
    memcpy(reply, data + at + HEAD, end - at - HEAD);
    length = reply_mutate(reply, end - at - HEAD, max - (size - (end - at)) - HEAD, seed);
    if (!length)
        return LLVMFuzzerMutate(data, size, max);
    memmove(data + at + HEAD + length, data + end, size - end);
    memcpy(data + at + HEAD, reply, length);
    data[at + 1] = (uint8_t)(length >> 8);
    data[at + 2] = (uint8_t)length;
    return size - (end - at - HEAD) + length;
}
