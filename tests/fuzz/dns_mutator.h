/* SPDX-License-Identifier: ISC */
/* dns_mutator: DNS queries out of chance, sound ones among them. */
#ifndef SITENS_TESTS_FUZZ_DNS_MUTATOR_H
#define SITENS_TESTS_FUZZ_DNS_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/*
 * As LLVMFuzzerCustomMutator: half of the time libFuzzer changes any octets; else the query, which
 * stands behind the first head octets, is made anew, with right counts and lengths, and then
 * perhaps a single octet of it is changed.
 */
size_t dns_mutate(uint8_t *data, size_t size, size_t max, unsigned seed, size_t head);

#endif
