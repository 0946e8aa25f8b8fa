/* SPDX-License-Identifier: ISC */
/* parentgen: prints what the parent zone must hold so that a name is delegated to its sites. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "delegation.h"
#include "format.h"

enum {
    EXIT_FAULT = 1,  /* a bad site file, a lint error, a fault found by --check */
    EXIT_USAGE = 64, /* EX_USAGE */
};

struct options {
    const struct format *format;
    const char *file;
};

static const char help[] = "Usage: parentgen [OPTION]... FILE\n"
                           "Prints what to put into the parent zone for the name in the site file "
                           "FILE.\n\n"
                           "  -f, --format NAME  the form to print:\n";

static void print_help(void)
{
    fputs(help, stdout);
    for (const struct format *format = formats; format->name; format++)
        printf("                       %-21s %s\n", format->name, format->purpose);
    fputs("  -h, --help         print this and exit\n"
          "  -V, --version      print the version and exit\n",
          stdout);
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

static struct options parse_options(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {0},
    };
    struct options options = {.format = formats};
    int c;

    while ((c = getopt_long(argc, argv, "f:hV", long_options, NULL)) != -1)
        switch (c) {
        case 'f':
            options.format = choose_format(optarg);
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
    if (optind != argc - 1) {
        fputs("parentgen: give one site file, such as /etc/sitens/get.example.org.conf\n", stderr);
        exit(EXIT_USAGE);
    }
    options.file = argv[optind];
    return options;
}

static void on_fault(void *userdata, const char *text)
{
    (void)userdata;
    fprintf(stderr, "%s\n", text);
}

/* A full disk or a closed pipe must not pass for a delegation. */
static int close_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    fprintf(stderr, "parentgen: the output could not be written: %s\n", strerror(errno));
    return EXIT_FAULT;
}

static int run(const struct options *options, const struct conf *conf)
{
    struct delegation *delegation;
    int r = delegation_new(conf, DS_NONE, NULL, 0, &delegation);

    if (r < 0) {
        fprintf(stderr, "parentgen: %s\n", strerror(-r));
        return EXIT_FAULT;
    }
    format_print(options->format, delegation, stdout, stderr);
    delegation_free(delegation);
    return close_output();
}

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv);
    struct conf *conf;
    int status;

    if (conf_load(options.file, on_fault, NULL, &conf) < 0)
        return EXIT_FAULT;
    status = run(&options, conf);
    conf_free(conf);
    return status;
}
