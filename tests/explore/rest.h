/* SPDX-License-Identifier: ISC */
/*
 * rest: what becomes of the sites once nothing happens any more.
 *
 * From each state that world.c found, and under each combination of web servers that work and links
 * that are cut, in one direction or both: whatever the order in which sites make their rounds, they
 * come to rest, that is, no round changes any of them, within w->rest_max rounds. And then each
 * gives what DESIGN's table of states says, which is written here once more, from what is true and
 * not from what a site believes: so whoever hands over to each other has ended silent.
 */
#ifndef SITENS_TESTS_EXPLORE_REST_H
#define SITENS_TESTS_EXPLORE_REST_H

#include "world.h"

/* Returns what promise was broken, having printed how, or NULL. *ret_n: the states looked at. */
const char *rest_explore(struct world *w, size_t *ret_n);

#endif
