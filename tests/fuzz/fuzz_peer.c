/* SPDX-License-Identifier: ISC */
/* Another site's answer: no octets are taken for "I am well" but an answer that says so. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "health/peer_message.h"
#include "reply_mutator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

static const char zone[] = "get.example.org";

/* RFC 1035 section 4.1.1: a response with authority, whole, without error, to one question, with
 * something in it. */
static bool may_be_well(const uint8_t *message, size_t size, uint16_t id)
{
    return size >= 12 && message[0] == id >> 8 && message[1] == (id & 0xff) &&
           (message[2] & 0x86) == 0x84 && (message[3] & 0x0f) == 0 && message[4] == 0 &&
           message[5] == 1 && (message[6] || message[7]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint16_t id = size < 2 ? 1 : (uint16_t)(data[0] << 8 | data[1]);
    const char *why = NULL;

    if (peer_answer(data, size, zone, id, &why) == PEER_ANSWERS && !may_be_well(data, size, id))
        abort();
    if (!why)
        abort();
    if (peer_answer(data, size, zone, id ^ 1, &why) != PEER_UNRELATED)
        abort();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    size_t length = seed % 2 ? reply_mutate(data, size, max, seed / 2) : 0;

    return length ? length : LLVMFuzzerMutate(data, size, max);
}
