/* SPDX-License-Identifier: ISC */
/*
 * delegation: the records that the parent zone needs, made from the site file.
 *
 * One flat list that every format prints. Records of one owner and type stand together, so that a
 * format which replaces whole sets finds them as runs. The order depends on the site file alone:
 * NS, DS, glue, other addresses in the parent zone, and last the addresses that belong elsewhere.
 */
#ifndef PARENTGEN_DELEGATION_H
#define PARENTGEN_DELEGATION_H

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/name.h"

enum {
    NAME_TEXT_MAX = 255, /* a host name of 253 octets, its final dot and the terminator */
    DS_DIGEST_MAX = 97,  /* SHA-384 in hexadecimal and the terminator */
    DS_MAX = 2 * CONF_LIST_MAX,
};

enum record_type { RECORD_NS, RECORD_DS, RECORD_A, RECORD_AAAA };

/* Where a record belongs. */
enum record_place {
    PLACE_CUT,       /* at the delegated name */
    PLACE_GLUE,      /* below the delegated name: glue, RFC 9471 */
    PLACE_PARENT,    /* a host of the parent zone, for all that its name tells */
    PLACE_ELSEWHERE, /* not in the parent zone at all */
};

/* The fields of a DS record, RFC 4034 section 5. */
struct ds {
    uint16_t key_tag;
    uint8_t algorithm, digest_type;
    char digest[DS_DIGEST_MAX]; /* lower-case hexadecimal */
};

struct record {
    enum record_type type;
    enum record_place place;
    const char *owner;        /* lower case, no final dot; points into the conf */
    char data[NAME_TEXT_MAX]; /* presentation format; names end in a dot */
    struct address address;   /* of A and AAAA */
    struct ds ds;             /* of DS */
};

/* What is known about the DS records that the parent should hold. */
enum ds_state {
    DS_NONE,     /* the site file has no key: the parent must hold no DS */
    DS_GIVEN,    /* the list holds them */
    DS_WITHHELD, /* there are keys, but publishing a DS now could break the name */
};

struct delegation {
    const struct conf *conf;
    enum ds_state ds_state;
    size_t n;     /* records that go into the parent zone */
    size_t n_all; /* and, from n on, those that belong elsewhere */
    struct record *at;
    size_t n_stale; /* sets, by owner and type alone, that the parent zone must not hold */
    struct record *stale;
};

/*
 * Makes the list. conf must outlive it. ds holds n_ds records, at most DS_MAX; they are copied if
 * ds_state is DS_GIVEN. Returns 0, or -ENOMEM. Free with delegation_free().
 */
int delegation_new(const struct conf *conf, enum ds_state ds_state, const struct ds *ds,
                   size_t n_ds, struct delegation **ret);

/* NULL is allowed. */
void delegation_free(struct delegation *delegation);

/* Leaves nothing but the DS records. */
void delegation_keep_ds(struct delegation *delegation);

/* How many records, beginning with the first-th, share its owner and type. */
size_t delegation_set_length(const struct delegation *delegation, size_t first);

/* "NS", "DS", "A" or "AAAA". */
const char *record_type_name(enum record_type type);

/* The labels of name that come before those of zone, "@" if there are none, copied to out, which
 * holds NAME_TEXT_MAX octets. name must be within zone. Returns out. */
const char *name_relative(const char *name, const char *zone, char *out);

#endif
