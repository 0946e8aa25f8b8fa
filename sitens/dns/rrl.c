/* SPDX-License-Identifier: ISC */
#include "rrl.h"

#include <endian.h>
#include <errno.h>
#include <sodium/randombytes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * A budget is one number: the time up to which it is spent (the generic cell rate algorithm). Each
 * answer moves it on by 1/rate of a second, from now at the earliest; an answer that would move it
 * further than the burst ahead of now is over the limit. So an unused budget needs no refill, and a
 * zeroed entry is a full one.
 *
 * The table is set-associative: a hash chooses a set of one cache line, and a tag the entry in it.
 * A prefix that finds no entry takes the one of its set that has spent least. An entry whose time
 * is past has nothing to tell, so whoever is over the limit is not forgotten, however many other
 * addresses an attacker forges meanwhile, until the whole set is.
 *
 * 4096 sets of 4 are 256 KiB. A thread sends half a million answers a second at best; at 1000 a
 * second to each, the default, no more than 500 prefixes can be over the limit at a time, and at 50
 * no more than 10,000. The pages of a table that is not used are never touched.
 */
enum { SET_BITS = 12, SETS = 1 << SET_BITS, ENTRIES = 4, CACHE_LINE = 64 };

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

struct entry {
    uint64_t spent_until_ns;
    uint32_t tag;
    uint32_t limited; /* answers over the limit, to slip every second one */
};

struct set {
    _Alignas(CACHE_LINE) struct entry entry[ENTRIES];
};

struct rrl {
    uint64_t interval_ns, burst_ns;
    uint64_t hash_key[3];
    struct set set[SETS];
};

int rrl_new(uint32_t rate, struct rrl **ret)
{
    struct rrl *rrl;

    if (rate == 0)
        return -EINVAL;
    rrl = mmap(NULL, sizeof *rrl, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (rrl == MAP_FAILED)
        return -errno;
    rrl->interval_ns = NS_PER_S / rate;
    rrl->burst_ns = rrl->interval_ns * rate;
    randombytes_buf(rrl->hash_key, sizeof rrl->hash_key);
    *ret = rrl;
    return 0;
}

void rrl_free(struct rrl *rrl)
{
    if (rrl)
        munmap(rrl, sizeof *rrl);
}

/* The /24 or /56, and behind it family and kind: no two are the same number. */
static uint64_t bucket(const uint8_t *address, size_t address_length, enum rrl_kind kind)
{
    uint32_t v4;
    uint64_t v6;

    if (address_length == sizeof v4) {
        memcpy(&v4, address, sizeof v4);
        return (be32toh(v4) & ~UINT64_C(0xff)) | (uint64_t)kind << 1 | 1;
    }
    memcpy(&v6, address, sizeof v6);
    return (be64toh(v6) & ~UINT64_C(0xff)) | (uint64_t)kind << 1;
}

/* Two multiplications by random odd numbers: no two buckets have the same hash, and whoever does
 * not know the key cannot aim at the set of another. */
static uint64_t hash(const uint64_t *key, uint64_t n)
{
    n = (n ^ key[0]) * (key[1] | 1);
    return (n ^ n >> 32) * (key[2] | 1);
}

static struct entry *find(struct rrl *rrl, uint64_t n)
{
    uint64_t h = hash(rrl->hash_key, n);
    struct set *set = &rrl->set[h >> (64 - SET_BITS)];
    uint32_t tag = (uint32_t)(h >> (32 - SET_BITS)); /* the next bits: the upper ones mix best */
    struct entry *least = &set->entry[0];

    for (int i = 0; i < ENTRIES; i++) {
        if (set->entry[i].tag == tag)
            return &set->entry[i];
        if (set->entry[i].spent_until_ns < least->spent_until_ns)
            least = &set->entry[i];
    }
    *least = (struct entry){.tag = tag};
    return least;
}

enum rrl_action rrl_account(struct rrl *rrl, const uint8_t *address, size_t address_length,
                            enum rrl_kind kind, uint64_t now_ms)
{
    struct entry *entry = find(rrl, bucket(address, address_length, kind));
    uint64_t now_ns = now_ms * NS_PER_MS;
    uint64_t from_ns = entry->spent_until_ns > now_ns ? entry->spent_until_ns : now_ns;

    if (from_ns + rrl->interval_ns > now_ns + rrl->burst_ns)
        return ++entry->limited % 2 ? RRL_DROP : RRL_SLIP;
    entry->spent_until_ns = from_ns + rrl->interval_ns;
    return RRL_SEND;
}
