/* SPDX-License-Identifier: ISC */
/* The order of names, without which the proofs of denial would be wrong. */
#include "random_zone.h"

#include <stdlib.h>

#include "dns/table.h"

static int sign_of(int n)
{
    return (n > 0) - (n < 0);
}

static void names_compare_as_in_ldns(void **state)
{
    uint32_t seed = 4034;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[2][RANDOM_NAME_MAX];
        ldns_rdf *name[2];

        for (int k = 0; k < 2; k++)
            name[k] = ldns_dname_new_frm_str(random_name(&seed, text[k], RANDOM_DEPTH));
        assert_int_equal(
            sign_of(table_compare_names(ldns_rdf_data(name[0]), ldns_rdf_data(name[1]))),
            sign_of(ldns_dname_compare(name[0], name[1])));
        ldns_rdf_deep_free(name[0]);
        ldns_rdf_deep_free(name[1]);
    }
}

/* The example of RFC 4034 section 6.1. */
static void canonical_order(void **state)
{
    static const char *const ordered[] = {
        "example.",         "a.example.",      "yljkjljk.a.example.",
        "Z.a.example.",     "zABC.a.EXAMPLE.", "z.example.",
        "\\001.z.example.", "*.z.example.",    "\\200.z.example.",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(ordered); i++)
        for (size_t k = 0; k < LENGTH(ordered); k++) {
            ldns_rdf *a = ldns_dname_new_frm_str(ordered[i]);
            ldns_rdf *b = ldns_dname_new_frm_str(ordered[k]);

            assert_int_equal(sign_of(table_compare_names(ldns_rdf_data(a), ldns_rdf_data(b))),
                             sign_of((int)i - (int)k));
            ldns_rdf_deep_free(a);
            ldns_rdf_deep_free(b);
        }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_compare_as_in_ldns),
        cmocka_unit_test(canonical_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
