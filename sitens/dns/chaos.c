/* SPDX-License-Identifier: ISC */
#include "chaos.h"

#include <strings.h>

void chaos_answer(struct exchange *x)
{
    static const char id_server[] = "\x02id\x06server";
    static const char hostname_bind[] = "\x08hostname\x04"
                                        "bind";
    static const uint8_t one_answer[WIRE_COUNTS_LENGTH] = {0, 1, 0, 1};
    const uint8_t *id = x->table->id;
    const char *asked = (const char *)x->packet + WIRE_HEADER_LENGTH;
    size_t length = x->query.name_length;
    bool known = (length == sizeof id_server && !strcasecmp(asked, id_server)) ||
                 (length == sizeof hostname_bind && !strcasecmp(asked, hostname_bind));
    uint8_t *at = x->packet + x->end;

    if (!known || (x->query.type != WIRE_TYPE_TXT && x->query.type != WIRE_TYPE_ANY)) {
        exchange_refuse(x);
        return;
    }
    wire_put16(at, 0xc000 | WIRE_HEADER_LENGTH);
    wire_put16(at + 2, WIRE_TYPE_TXT);
    wire_put16(at + 4, WIRE_CLASS_CH);
    wire_put32(at + 6, 0);
    wire_put16(at + 10, id[0] + 1U);
    memcpy(at + 12, id, id[0] + 1U);
    x->end += 12U + id[0] + 1U;
    x->counts = one_answer;
    x->flags = WIRE_AA;
}
