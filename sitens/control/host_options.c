/* SPDX-License-Identifier: ISC */
#include "host_options.h"

#include <string.h>
#include <unistd.h>

static const char assignment[] = "SITENS_OPTIONS=", white_space[] = " \t\r\n";

/* Removes white space at both ends, and then the quotes around all of it. */
static char *strip(char *text)
{
    size_t length;

    text += strspn(text, white_space);
    length = strlen(text);
    while (length > 0 && strchr(white_space, text[length - 1]))
        text[--length] = '\0';
    if (length < 2 || (*text != '"' && *text != '\'') || text[length - 1] != *text)
        return text;
    text[length - 1] = '\0';
    return text + 1;
}

/* The last assignment counts, as with systemd. */
static bool take_line(char *line, struct host_options *ret)
{
    line += strspn(line, white_space);
    if (strncmp(line, assignment, sizeof assignment - 1) != 0)
        return true;
    line = strip(line + sizeof assignment - 1);
    strcpy(ret->line, line);
    return !line[strcspn(line, "\"'\\")];
}

static bool split(struct host_options *ret)
{
    char *rest = NULL;

    strcpy(ret->text, ret->line);
    for (char *word = strtok_r(ret->text, white_space, &rest); word;
         word = strtok_r(NULL, white_space, &rest)) {
        if (ret->argc == HOST_OPTIONS_WORDS_MAX)
            return false;
        ret->argv[ret->argc++] = word;
    }
    ret->argv[ret->argc] = NULL;
    return true;
}

bool host_options_read(char *path, struct host_options *ret, char *why)
{
    char line[HOST_OPTIONS_LINE_MAX];
    bool understood = true;
    FILE *in;

    *ret = (struct host_options){.argc = 1, .argv = {path}};
    if (access(path, F_OK) < 0)
        return true;
    in = input_open(path, NULL, why);
    if (!in)
        return false;
    while (fgets(line, sizeof line, in))
        understood = take_line(line, ret) && understood;
    fclose(in);
    if (understood && split(ret))
        return true;
    snprintf(why, INPUT_WHY_MAX,
             "SITENS_OPTIONS: quotes, backslashes and more than %d words are not understood here",
             HOST_OPTIONS_WORDS_MAX - 1);
    return false;
}
