/* SPDX-License-Identifier: ISC */
/* parentgen: prints what the parent zone must hold so that a name is delegated to its sites, and
 * checks that it does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/page.h"
#include "check/survey.h"
#include "check/survey_report.h"
#include "check/watch.h"
#include "dns/zone.h"
#include "dnskeys.h"
#include "genkey.h"
#include "init.h"
#include "lint.h"
#include "options.h"

enum {
    TIMEOUT_MS = 3000,     /* of one round of questions; three sends over UDP */
    WEB_TIMEOUT_MS = 5000, /* five round trips, with TLS, and a lost packet or two */
};

/* All that the site file says. */
struct input {
    struct conf *conf;
    ldns_rr_list *keys;
    struct zone *zone;    /* as the first site would serve it, unsigned */
    struct report report; /* what was noticed while all that was read */
};

static void on_fault(void *userdata, const char *text)
{
    (void)userdata;
    fprintf(stderr, "%s\n", text);
}

/* Only the reader of the extra records warns. */
static void on_warning(void *userdata, const char *text)
{
    struct input *in = userdata;

    report_add(&in->report, SEVERITY_WARNING, "record-target", 0,
               "Write its final dot, or the records that it leads to", "%s", text);
}

static int fail(int r)
{
    if (r < 0)
        fprintf(stderr, "parentgen: %s\n", strerror(-r));
    return EXIT_FAULT;
}

/* The private keys are on the sites only, and the zone is wanted for its serial and its extra
 * records: it is loaded as if it had no keys. */
static int load_zone(const struct conf *conf, struct faults *faults, struct zone **ret)
{
    struct conf unsigned_conf = *conf;

    unsigned_conf.dnssec_key.n = unsigned_conf.dnssec_publish.n = 0;
    return zone_load(&unsigned_conf, faults, ret);
}

static void input_done(struct input *in)
{
    report_done(&in->report);
    zone_free(in->zone);
    ldns_rr_list_deep_free(in->keys);
    conf_free(in->conf);
}

/* A full disk or a closed pipe must not pass for a delegation. */
static int close_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    fprintf(stderr, "parentgen: the output could not be written: %s\n", strerror(errno));
    return EXIT_FAULT;
}

static void show_progress(void *userdata, size_t done, size_t total)
{
    (void)userdata;
    fprintf(stderr, "\rparentgen: %zu of %zu questions answered\033[K", done, total);
}

static struct survey_request request_of(const struct input *in, const struct options *options,
                                        enum survey_scope scope)
{
    return (struct survey_request){
        .scope = scope,
        .expected = {.conf = in->conf,
                     .keys = in->keys,
                     .serial = in->zone->serial,
                     .now = time(NULL)},
        .parent = options->parent,
        .port = options->port,
        .urls = options->urls,
        .timeout_ms = TIMEOUT_MS,
        .web_timeout_ms = WEB_TIMEOUT_MS,
    };
}

static int survey(const struct input *in, const struct options *options, enum survey_scope scope,
                  struct survey **ret)
{
    struct survey_request request = request_of(in, options, scope);
    bool watched = isatty(STDERR_FILENO);
    int r;

    request.on_progress = watched ? show_progress : NULL;
    r = survey_run(&request, ret);
    if (watched)
        fputs("\r\033[K", stderr);
    return r;
}

static int watch(const struct input *in, const struct options *options)
{
    struct survey_request request = request_of(in, options, SURVEY_ALL);
    struct watch_options how = {
        .interval_s = options->watch_s, .json = options->json, .html = options->html};
    int r = watch_run(&request, &how);

    return r < 0 ? fail(r) : close_output();
}

static int write_page(const struct survey *found, const char *path)
{
    int r = page_write(path, found, NULL, 0);

    if (r < 0)
        fprintf(stderr, "parentgen: %s cannot be written: %s\n", path, page_error(r));
    return r;
}

static int check(const struct input *in, const struct options *options)
{
    struct survey *found;
    int r = survey(in, options, SURVEY_ALL, &found), status = 0, unwritten;

    if (r < 0)
        return fail(r);
    if (options->json)
        r = survey_report_print_json(found, JSON_INDENT(2), stdout);
    else
        survey_report_print(found, isatty(STDOUT_FILENO), stdout);
    unwritten = close_output();
    if (report_count(&found->report, SEVERITY_ERROR) ||
        report_count(&found->report, SEVERITY_WARNING))
        status = EXIT_FAULT;
    else if (survey_count_not_well(found))
        status = EXIT_NOT_WELL;
    if (r == 0 && options->html && write_page(found, options->html) < 0)
        status = EXIT_FAULT;
    survey_free(found);
    if (r < 0)
        return fail(r);
    return unwritten ? EXIT_FAULT : status;
}

/* A DS breaks the name for everyone who validates unless every site signs with its key: whether
 * they do is asked first. */
static enum ds_state decide_ds(const struct input *in, const struct options *options,
                               struct report *report)
{
    static const char fix[] = "Run parentgen --check to see why; --force prints it all the same";
    const struct site_result *result;
    const struct conf_site *site;
    struct survey *found;
    bool served;

    if (!ldns_rr_list_rr_count(in->keys))
        return DS_NONE;
    if (options->action == ACTION_LINT)
        return DS_GIVEN;
    if (survey(in, options, SURVEY_SITES, &found) < 0)
        return DS_WITHHELD;
    served = survey_keys_are_served(found, &result);
    site = served ? NULL : result->site;
    survey_free(found);
    if (served)
        return DS_GIVEN;
    report_add(report, SEVERITY_WARNING, options->force ? "ds-forced" : "ds-withheld", site->line,
               fix,
               options->force ? "the DS is printed, but %s is not seen to serve and sign with the "
                                "keys: the name may break"
                              : "the DS is left out, since %s is not seen to serve and sign with "
                                "the keys",
               site->id);
    return options->force ? DS_GIVEN : DS_WITHHELD;
}

static int print(const struct delegation *d, const struct options *options)
{
    if (options->action == ACTION_LINT || options->action == ACTION_INIT)
        return 0;
    if (options->action == ACTION_PRINT_DS && d->ds_state != DS_GIVEN) {
        fputs(d->ds_state == DS_NONE
                  ? "parentgen: the site file has no key; make one with parentgen --genkey\n"
                  : "",
              stderr);
        return EXIT_FAULT;
    }
    format_print(options->format, d, stdout, stderr);
    return close_output();
}

static int lint_and_print(struct input *in, const struct options *options)
{
    struct report *report = &in->report;
    struct ds ds[DS_MAX];
    size_t n_ds = dnskeys_make_ds(in->keys, ds);
    enum ds_state ds_state = decide_ds(in, options, report);
    struct delegation *d;
    int r = delegation_new(in->conf, ds_state, ds, n_ds, &d), status = EXIT_FAULT;

    if (r < 0)
        return fail(r);
    lint(d, in->zone->records, options->format, report);
    report_print(report, in->conf->path, stderr);
    if (options->action == ACTION_PRINT_DS)
        delegation_keep_ds(d);
    if (report->error)
        status = fail(report->error);
    else if (!report_count(report, SEVERITY_ERROR))
        status = print(d, options);
    delegation_free(d);
    return status;
}

static int run(struct input *in, const struct options *options)
{
    if (options->action == ACTION_CHECK)
        return options->watch_s ? watch(in, options) : check(in, options);
    return lint_and_print(in, options);
}

/* What of the site file the action needs. */
static int load(const struct options *options, struct input *in)
{
    struct faults faults = {.on_fault = on_fault, .userdata = in, .on_warning = on_warning};
    int r = in->conf ? 0 : conf_load(options->file, &faults, &in->conf);

    if (r == 0 && options->action != ACTION_GENKEY)
        r = load_zone(in->conf, &faults, &in->zone);
    if (r == 0 && options->action != ACTION_GENKEY)
        r = dnskeys_load(in->conf, &faults, &in->keys);
    return r;
}

static void tell(const char *text)
{
    fprintf(stderr, "parentgen: %s\n", text);
}

/* What is written is what was read back, and looked at as --lint does. */
static int init(const struct options *options)
{
    struct input in = {0};
    struct draft draft;
    int status = init_ask(options->file, &options->init, &draft), r;

    if (status)
        return status;
    r = draft_load(&draft, tell, &in.conf);
    if (r == 0)
        r = load(options, &in);
    status = r == 0 ? lint_and_print(&in, options) : fail(r);
    if (status == 0)
        status = init_write(&draft) || close_output() ? EXIT_FAULT : 0;
    input_done(&in);
    draft_done(&draft);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = options_parse(argc, argv);
    struct input in = {0};
    int r, status;

    if (options.action == ACTION_INIT)
        return init(&options);
    r = load(&options, &in);
    if (r != 0)
        status = fail(r);
    else if (options.action == ACTION_GENKEY)
        status = genkey(in.conf, stdout, stderr) < 0 ? EXIT_FAULT : close_output();
    else
        status = run(&in, &options);
    input_done(&in);
    return status;
}
