/* SPDX-License-Identifier: ISC */
/*
 * zonefile: a zone file as words (RFC 1035 section 5.1), without a thought about what they mean.
 *
 * It is read here and not by ldns because ldns forgives, and then means something else: a quotation
 * mark or a parenthesis that is not closed, an escape such as \999, what follows a closing
 * parenthesis. And what a record means can be compared with what was written only by who has the
 * words. Stricter than named in one thing: a quotation mark begins a word, or the value of key="…",
 * and a blank follows the closing one.
 */
#ifndef SITENS_DNS_ZONEFILE_H
#define SITENS_DNS_ZONEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct zonefile_word {
    char *text;  /* escapes as they were written, each of them well-formed; no quotation marks
                    around it */
    bool quoted; /* it had some */
    bool valued; /* it is key="…", with these marks: parameters of SVCB have that, nothing else */
    size_t start; /* zonefile's own: where text begins in the text of all */
};

/* The entry that zonefile_next() read, which owns all texts until the next call. */
struct zonefile {
    FILE *in;
    unsigned line; /* of the entry's first word, or of the fault */
    bool indented; /* the entry begins with a blank: its owner is that of the entry before */
    struct zonefile_word *words;
    size_t n_words; /* at least one */
    const char *fault;

    /* Its own. */
    unsigned at; /* the line that is being read */
    char *text;  /* of all words, each ended by a NUL */
    size_t text_size, text_used, words_size;
};

enum { ZONEFILE_END = 0, ZONEFILE_ENTRY = 1, ZONEFILE_FAULT = 2 };

/* zonefile_done() frees what it needs; the stream is the caller's. */
void zonefile_init(struct zonefile *z, FILE *in);
void zonefile_done(struct zonefile *z);

/* Reads the next entry. Returns ZONEFILE_ENTRY; ZONEFILE_END; ZONEFILE_FAULT when the text is
 * malformed: z->fault says how, and the next call goes on behind that line; or -ENOMEM. */
int zonefile_next(struct zonefile *z);

#endif
