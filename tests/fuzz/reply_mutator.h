/* SPDX-License-Identifier: ISC */
/* reply_mutator: answers to DNS queries, changed record by record, and signed anew. */
#ifndef SITENS_TESTS_FUZZ_REPLY_MUTATOR_H
#define SITENS_TESTS_FUZZ_REPLY_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/*
 * Of get.example.org, with the key that tests/fuzz/seeds signs with. Changes some of the message in
 * data: records come, go, change owner, TTL or octets, get a signature, sound or not; so do flags.
 * What is no message becomes one. Returns its length, 0 if it is longer than max.
 */
size_t reply_mutate(uint8_t *data, size_t size, size_t max, unsigned seed);

#endif
