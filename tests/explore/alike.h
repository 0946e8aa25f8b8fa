/* SPDX-License-Identifier: ISC */
/*
 * alike: makes one state of those that nothing can ever tell from each other.
 *
 * They look alike, and whatever happens leads to such that do (Moore's minimal automaton). So
 * nothing is lost, and there is far less to explore: each site counts, and they multiply.
 */
#ifndef SITENS_TESTS_EXPLORE_ALIKE_H
#define SITENS_TESTS_EXPLORE_ALIKE_H

#include "site.h"

/* Numbers the states anew, site->n of them. A group is numbered where its first state was
 * found, hence state 0 stays 0. */
void alike_merge(struct site *site, unsigned n_events);

#endif
