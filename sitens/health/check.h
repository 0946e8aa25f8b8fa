/* SPDX-License-Identifier: ISC */
/*
 * check: asks one probe again and again and judges its answers.
 *
 * It owns the schedule: the first round at once, then every interval, every fast-interval once one
 * has failed, each shortened at random by up to a tenth so that sites do not beat together; never
 * two rounds at the same time. It also owns the one deadline of a round: a probe that has not
 * ended by then is cancelled, whatever it does.
 *
 * A round that could not be made is neither a pass nor a failure: a host that is short of something
 * for a moment says nothing of its web server, and two busy hosts must not both withdraw. It is
 * repeated soon; once none could be made for check_unmade_max_ms(), nobody knows whether the web
 * server works, and the check is down.
 *
 * Threads: everything here runs on the control loop.
 */
#ifndef SITENS_HEALTH_CHECK_H
#define SITENS_HEALTH_CHECK_H

#include "conf/conf.h"
#include "probe.h"
#include "rise_fall.h"

struct check;

/* Called after each result. The check must not be freed from inside it. */
typedef void (*check_result_fn)(void *userdata);

/*
 * Begins to check. pace, which outlives the check, says how often, how long, and rise and fall. The
 * check owns probe from now on, also when it fails to be made, and a reference to conf (may be
 * NULL), which probe was made from. Returns 0 or -errno.
 */
int check_new(uv_loop_t *loop, const struct conf *conf, const struct conf_check *pace,
              struct probe *probe, check_result_fn on_result, void *userdata, struct check **ret);

/* Gives the check another owner, after a reload that did not change what it asks: it goes on, in
 * the middle of a round too, at the new pace. */
void check_adopt(struct check *check, const struct conf_check *pace, check_result_fn on_result,
                 void *userdata);

/* Ends the check; on_result is not called any more. NULL is allowed. */
void check_free(struct check *check);

/* Its health, and what speaks against it; valid until the loop runs again. */
const struct rise_fall *check_rise_fall(const struct check *check);

/* Why it has that health: the reason of the result that turned it, or of the last one that
 * confirmed it. One printable line, valid until the loop runs again. */
const char *check_reason(const struct check *check);

/* The last result, and how long it took in seconds; 0 before the first. */
bool check_passed(const struct check *check);
double check_duration(const struct check *check);

/* Whether the check's rounds began and ended when they should have. */
bool check_on_time(const struct check *check, uint64_t now_ms);

/* The milliseconds from the beginning of a round to the next; random is any number. */
uint32_t check_delay_ms(const struct conf_check *pace, bool in_doubt, uint32_t random);

/* How long, in milliseconds, the rounds may fail to be made before that counts as down. */
uint64_t check_unmade_max_ms(const struct conf_check *pace);

#endif
