/* SPDX-License-Identifier: ISC */
#include "not_ready.h"

bool not_ready(ldns_pkt *answer)
{
    const ldns_edns_option_list *options = answer ? ldns_pkt_edns_get_option_list(answer) : NULL;
    size_t n = options ? ldns_edns_option_list_get_count(options) : 0;

    for (size_t i = 0; i < n; i++) {
        const ldns_edns_option *option = ldns_edns_option_list_get_option(options, i);

        if (ldns_edns_get_code(option) == LDNS_EDNS_EDE && ldns_edns_get_size(option) >= 2 &&
            ldns_read_uint16(ldns_edns_get_data(option)) == LDNS_EDE_NOT_READY)
            return true;
    }
    return false;
}
