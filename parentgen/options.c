/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/dns.h"
#include "conf/value.h"

enum { WATCH_S = 10 };

enum {
    OPTION_DS = 256,
    OPTION_LINT,
    OPTION_CHECK,
    OPTION_PARENT,
    OPTION_PORT,
    OPTION_URL,
    OPTION_WATCH,
    OPTION_HTML,
    OPTION_JSON,
    OPTION_FORCE,
    OPTION_GENKEY,
    OPTION_INIT,
    OPTION_SITE,
    OPTION_WEB
};

static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"ds", no_argument, NULL, OPTION_DS},
    {"force", no_argument, NULL, OPTION_FORCE},
    {"lint", no_argument, NULL, OPTION_LINT},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"parent", required_argument, NULL, OPTION_PARENT},
    {"port", required_argument, NULL, OPTION_PORT},
    {"url", required_argument, NULL, OPTION_URL},
    {"watch", optional_argument, NULL, OPTION_WATCH},
    {"html", required_argument, NULL, OPTION_HTML},
    {"json", no_argument, NULL, OPTION_JSON},
    {"genkey", no_argument, NULL, OPTION_GENKEY},
    {"init", no_argument, NULL, OPTION_INIT},
    {"site", required_argument, NULL, OPTION_SITE},
    {"web", required_argument, NULL, OPTION_WEB},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

static const char help_begin[] =
    "Usage: parentgen [OPTION]... FILE\n"
    "Prints what to put into the parent zone for the name in the site file FILE.\n\n"
    "  -f, --format NAME            the form to print:\n";

static const char help_end[] =
    "      --ds                     print the DS records alone\n"
    "      --force                  print DS records although a site does not serve the keys\n"
    "      --lint                   only say what is unwise about the site file\n"
    "      --check                  ask the parent and every site what they answer, and compare\n"
    "      --parent ADDRESS[@PORT]  with --check: ask this name server of the parent zone\n"
    "      --port N                 the sites' port, if not 53\n"
    "      --url URL                with --check: ask the sites' web servers for this, too\n"
    "      --watch[=SECONDS]        with --check: again and again, and what changes; default 10\n"
    "      --html PAGE              with --check: write the file PAGE, for people who look\n"
    "      --json                   with --check: print JSON\n"
    "      --genkey                 make a key for DNSSEC beside FILE\n"
    "      --init                   ask a few questions, and write the site file FILE\n"
    "      --site ID=ADDR[,ADDR]    with --init: this site, and ask nothing (repeatable)\n"
    "      --web URL                with --init: what each site asks of its own web server\n"
    "  -h, --help                   print this and exit\n"
    "  -V, --version                print the version and exit\n";

static void print_help(void)
{
    fputs(help_begin, stdout);
    for (const struct format *format = formats; format->name; format++)
        printf("                               %-21s %s\n", format->name, format->purpose);
    fputs(help_end, stdout);
}

static __attribute__((noreturn, format(printf, 1, 2))) void wrong(const char *format, ...)
{
    va_list args;

    fputs("parentgen: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("\nTry parentgen --help.\n", stderr);
    exit(EXIT_USAGE);
}

static const struct format *choose_format(const char *name)
{
    const struct format *format = format_find(name);

    if (format)
        return format;
    fprintf(stderr, "parentgen: %s: no such format; there are ", name);
    format_list_names(stderr);
    fputs("\n", stderr);
    exit(EXIT_USAGE);
}

static uint16_t parse_port(const char *text)
{
    uint32_t port;

    if (!value_number(text, 1, 65535, &port))
        wrong("%s: not a port; it must be a number from 1 to 65535", text);
    return (uint16_t)port;
}

static struct endpoint parse_server(const char *text)
{
    struct endpoint server = {0};

    if (!endpoint_parse(text, DNS_PORT, &server))
        wrong("%s: must be ADDRESS or ADDRESS@PORT", text);
    return server;
}

static unsigned parse_interval(const char *text)
{
    uint32_t seconds = WATCH_S;

    if (text && !value_number(text, 1, 86400, &seconds))
        wrong("%s: must be a number of seconds from 1 to 86400", text);
    return seconds;
}

static void add_url(struct web_urls *urls, const char *url)
{
    if (!web_url_is_good(url))
        wrong("%s: must be http://NAME/PATH or https://NAME/PATH, in ASCII, without a user", url);
    if (urls->n == WEB_URLS_MAX)
        wrong("%s: only %d URLs can be asked at a time", url, WEB_URLS_MAX);
    urls->at[urls->n++] = url;
}

static void add_site(struct init_options *init, const char *text)
{
    if (init->n_sites == CONF_SITES_MAX)
        wrong("--site: more than %d sites", CONF_SITES_MAX);
    init->sites[init->n_sites++] = text;
}

static void choose_action(struct options *options, enum action action)
{
    if (options->action != ACTION_PRINT && options->action != action)
        wrong("only one of --ds, --lint, --check, --genkey and --init can be done at a time");
    options->action = action;
}

static void take(struct options *options, int c)
{
    switch (c) {
    case 'f':
        options->format = choose_format(optarg);
        break;
    case OPTION_DS:
        choose_action(options, ACTION_PRINT_DS);
        break;
    case OPTION_LINT:
        choose_action(options, ACTION_LINT);
        break;
    case OPTION_CHECK:
        choose_action(options, ACTION_CHECK);
        break;
    case OPTION_GENKEY:
        choose_action(options, ACTION_GENKEY);
        break;
    case OPTION_INIT:
        choose_action(options, ACTION_INIT);
        break;
    case OPTION_SITE:
        add_site(&options->init, optarg);
        break;
    case OPTION_WEB:
        options->init.url = optarg;
        break;
    case OPTION_PARENT:
        options->parent = parse_server(optarg);
        break;
    case OPTION_PORT:
        options->port = parse_port(optarg);
        break;
    case OPTION_URL:
        add_url(&options->urls, optarg);
        break;
    case OPTION_WATCH:
        options->watch_s = parse_interval(optarg);
        break;
    case OPTION_HTML:
        options->html = optarg;
        break;
    case OPTION_JSON:
        options->json = true;
        break;
    case OPTION_FORCE:
        options->force = true;
        break;
    case 'h':
        print_help();
        exit(0);
    case 'V':
        puts("parentgen " SITENS_VERSION);
        exit(0);
    default:
        fputs("Try parentgen --help.\n", stderr);
        exit(EXIT_USAGE);
    }
}

struct options options_parse(int argc, char **argv)
{
    struct options options = {.format = formats, .port = DNS_PORT};
    int c;

    while ((c = getopt_long(argc, argv, "f:hV", long_options, NULL)) != -1)
        take(&options, c);
    if (options.action != ACTION_CHECK && (options.json || options.html || options.urls.n ||
                                           options.watch_s || options.parent.address.family))
        wrong(
            "--parent, --url, --watch, --html and --json belong to --check (for the delegation as "
            "JSON: --format json)");
    if (options.action != ACTION_INIT && (options.init.n_sites || options.init.url))
        wrong("--site and --web belong to --init");
    if (options.init.url && !options.init.n_sites)
        wrong("--web goes with --site; without both, --init asks");
    if (optind != argc - 1)
        wrong("give one site file, such as /etc/sitens/get.example.org.conf");
    options.file = argv[optind];
    return options;
}
