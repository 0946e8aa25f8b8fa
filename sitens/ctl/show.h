/* SPDX-License-Identifier: ISC */
/* show: the status of sitens for people: one screen. */
#ifndef SITENS_CTL_SHOW_H
#define SITENS_CTL_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

/* Prints what the daemon says, as of now. Members that are missing are left out. */
void show(FILE *out, const json_t *status, time_t now);

/* Whether every name is well, and none was overruled. */
bool show_is_well(const json_t *status);

#endif
