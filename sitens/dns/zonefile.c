/* SPDX-License-Identifier: ISC */
#include "zonefile.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What put(), and all that calls it, returns besides 0: the caller's caller ends. */
enum { BAD = ZONEFILE_FAULT };

void zonefile_init(struct zonefile *z, FILE *in)
{
    *z = (struct zonefile){.in = in, .at = 1};
}

void zonefile_done(struct zonefile *z)
{
    free(z->text);
    free(z->words);
}

static int bad(struct zonefile *z, const char *fault)
{
    z->fault = fault;
    z->line = z->at;
    return BAD;
}

static int peek(struct zonefile *z)
{
    int c = getc(z->in);

    if (c != EOF)
        ungetc(c, z->in);
    return c;
}

/* The next octet; the end of a line is one octet in a file of Windows too. */
static int get(struct zonefile *z)
{
    int c = getc(z->in);

    if (c == '\r' && (peek(z) == '\n' || peek(z) == EOF))
        c = getc(z->in);
    return c;
}

static int put(struct zonefile *z, int c)
{
    if (z->text_used == z->text_size) {
        size_t size = z->text_size ? z->text_size * 2 : 256;
        char *text = realloc(z->text, size);

        if (!text)
            return -ENOMEM;
        z->text = text;
        z->text_size = size;
    }
    z->text[z->text_used++] = (char)c;
    return 0;
}

/* Texts may still move: until the entry is complete, a word is known by where it begins. */
static int begin_word(struct zonefile *z, bool quoted)
{
    if (z->n_words == z->words_size) {
        size_t size = z->words_size ? z->words_size * 2 : 16;
        struct zonefile_word *words = reallocarray(z->words, size, sizeof *words);

        if (!words)
            return -ENOMEM;
        z->words = words;
        z->words_size = size;
    }
    if (!z->n_words)
        z->line = z->at;
    z->words[z->n_words++] = (struct zonefile_word){.start = z->text_used, .quoted = quoted};
    return 0;
}

/* What follows a backslash: \X, or \DDD with the octet's number. */
static int read_escape(struct zonefile *z)
{
    int value = 0, c = get(z), r = put(z, '\\');

    if (c == EOF || c == '\n') {
        if (c != EOF)
            ungetc(c, z->in);
        return bad(z, "a backslash at the end of the line");
    }
    if (r == 0 && !isdigit(c))
        return iscntrl(c) ? bad(z, "a control character: write it as \\DDD") : put(z, c);
    for (int i = 0; r == 0 && i < 3; i++) {
        if (i)
            c = get(z);
        if (!isdigit(c)) {
            if (c != EOF)
                ungetc(c, z->in);
            return bad(z, "a malformed escape: \\DDD has three digits, from \\000 to \\255");
        }
        value = value * 10 + c - '0';
        r = put(z, c);
    }
    return r == 0 && value > 255 ? bad(z, "a malformed escape: \\DDD goes from \\000 to \\255") : r;
}

static bool ends_word(int c)
{
    return c == EOF || (c != '\0' && strchr(" \t\n();", c) != NULL);
}

/* Up to the closing quotation mark, which is read too. */
static int read_quoted(struct zonefile *z)
{
    int r = 0;

    while (r == 0) {
        int c = get(z);

        if (c == '"')
            return ends_word(peek(z)) || peek(z) == '\r'
                       ? 0
                       : bad(z, "text right behind a closing quotation mark: put a blank between, "
                                "or write the mark within as \\\"");
        if (c == EOF || c == '\n') {
            if (c != EOF)
                ungetc(c, z->in);
            return bad(z, "a quotation mark is not closed on its line");
        }
        if (c == '\\')
            r = read_escape(z);
        else if (iscntrl(c) && c != '\t')
            r = bad(z, "a control character: write it as \\DDD");
        else
            r = put(z, c);
    }
    return r;
}

static int read_word(struct zonefile *z, int c)
{
    int r = 0, before = 0;

    while (r == 0 && !ends_word(c)) {
        if (c == '"' && before == '=') {
            z->words[z->n_words - 1].valued = true;
            r = put(z, c);
            if (r == 0)
                r = read_quoted(z);
            return r == 0 ? put(z, '"') : r;
        }
        if (c == '"')
            return bad(z, "a quotation mark within a word: write it as \\\"");
        if (iscntrl(c))
            return bad(z, "a control character: this is not a zone file, or write it as \\DDD");
        r = c == '\\' ? read_escape(z) : put(z, c);
        before = c == '\\' ? 0 : c;
        if (r == 0)
            c = get(z);
    }
    if (r == 0 && c != EOF)
        ungetc(c, z->in);
    return r;
}

static int read_one(struct zonefile *z, int c)
{
    int r = begin_word(z, c == '"');

    if (r == 0)
        r = c == '"' ? read_quoted(z) : read_word(z, c);
    return r == 0 ? put(z, '\0') : r;
}

static void skip_line(struct zonefile *z)
{
    int c;

    while ((c = getc(z->in)) != EOF && c != '\n')
        ;
    z->at++;
}

static void skip_mark(struct zonefile *z)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, as some editors write it */

    for (int i = 0; mark[i] && peek(z) == (unsigned char)mark[i]; i++)
        getc(z->in);
}

/* Words up to the end of a line outside of parentheses. */
static int read_entry(struct zonefile *z)
{
    unsigned depth = 0, opened = 0;
    int r = 0, c;

    z->indented = peek(z) == ' ' || peek(z) == '\t';
    while (r == 0 && (c = get(z)) != EOF) {
        if (c == ';') {
            while ((c = peek(z)) != EOF && c != '\n')
                getc(z->in);
        } else if (c == '\n') {
            z->at++;
            if (!depth)
                return 0;
        } else if (c == '(') {
            opened = depth++ ? opened : z->at;
        } else if (c == ')') {
            r = depth ? 0 : bad(z, "a closing parenthesis without an opening one");
            depth -= depth > 0;
        } else if (c != ' ' && c != '\t') {
            r = read_one(z, c);
        }
    }
    if (r == 0 && depth) {
        z->at = opened;
        r = bad(z, "a parenthesis is not closed");
    }
    return r;
}

int zonefile_next(struct zonefile *z)
{
    int r = 0;

    if (z->at == 1)
        skip_mark(z);
    z->n_words = z->text_used = 0;
    while (r == 0 && !z->n_words && peek(z) != EOF)
        r = read_entry(z);
    if (r == BAD && z->fault && peek(z) != EOF)
        skip_line(z);
    if (r != 0)
        return r;
    for (size_t i = 0; i < z->n_words; i++)
        z->words[i].text = z->text + z->words[i].start;
    return z->n_words ? ZONEFILE_ENTRY : ZONEFILE_END;
}
