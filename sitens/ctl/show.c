/* SPDX-License-Identifier: ISC */
#include "show.h"

#include <pwd.h>
#include <string.h>

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "?";
}

/* "3 days", "2 h", "5 min", "8 s": since when something is. */
static const char *age(const json_t *object, const char *key, time_t now, char *out, size_t size)
{
    static const struct {
        json_int_t seconds;
        const char *name;
    } units[] = {{2 * 86400, "days"}, {2 * 3600, "h"}, {2 * 60, "min"}, {0, "s"}};
    static const json_int_t lengths[] = {86400, 3600, 60, 1};
    json_int_t since = json_integer_value(json_object_get(object, key)), seconds = 0;
    size_t i = 0;

    if (since >= 0 && since < now) /* else the clock was set */
        seconds = (json_int_t)now - since;
    while (seconds < units[i].seconds)
        i++;
    snprintf(out, size, "%lld %s", (long long)(seconds / lengths[i]), units[i].name);
    return out;
}

static void show_answers(FILE *out, const json_t *zone)
{
    const json_t *list = json_object_get(zone, "answers");
    size_t i;
    json_t *site;

    fputs("  answers with  ", out);
    if (json_array_size(list) == 0)
        fputs("nobody's addresses", out);
    json_array_foreach(list, i, site)
        fprintf(out, "%s%s", i ? ", " : "", json_is_string(site) ? json_string_value(site) : "?");
    fputc('\n', out);
}

/* The name of the user who said it. */
static const char *who(const json_t *said, char user[32])
{
    json_int_t uid = json_integer_value(json_object_get(said, "uid"));
    const struct passwd *entry = getpwuid((uid_t)uid);

    snprintf(user, 32, "user %lld", (long long)uid);
    return entry ? entry->pw_name : user;
}

static void show_override(FILE *out, const json_t *zone, time_t now)
{
    const json_t *said = json_object_get(zone, "override");
    char for_[32], user[32];

    if (!json_is_object(said))
        return;
    age(said, "since", now, for_, sizeof for_);
    if (!strcmp(text(said, "kind"), "held"))
        fprintf(out, "  OVERRIDE      held for %s: it failed; `sitensctl in %s` ends that\n", for_,
                text(zone, "zone"));
    else
        fprintf(out, "  OVERRIDE      %s for %s, by %s%s; `sitensctl auto %s` ends it\n",
                text(said, "kind"), for_, who(said, user),
                json_is_true(json_object_get(said, "runtime")) ? ", until sitens ends" : "",
                text(zone, "zone"));
}

static void show_checks(FILE *out, const json_t *zone)
{
    size_t i;
    json_t *check;

    json_array_foreach(json_object_get(zone, "checks"), i, check)
    {
        const char *name = text(check, "name");

        fprintf(out, "  check%s%-*s %-7s %6.1f ms  %s\n", *name ? " " : "", *name ? 7 : 8, name,
                text(check, "health"), 1000 * json_real_value(json_object_get(check, "duration")),
                text(check, "reason"));
    }
}

static void show_peers(FILE *out, const json_t *zone)
{
    const json_t *list = json_object_get(zone, "peers");
    size_t i;
    json_t *peer;

    if (json_array_size(list) == 0)
        return;
    fputs("  other sites   ", out);
    json_array_foreach(list, i, peer)
        fprintf(out, "%s%s %s", i ? ", " : "", text(peer, "site"),
                !strcmp(text(peer, "health"), "up")     ? "well"
                : !strcmp(text(peer, "health"), "down") ? "not well"
                                                        : "not asked yet");
    fputc('\n', out);
}

static void show_end(FILE *out, const json_t *zone)
{
    time_t end = (time_t)json_integer_value(json_object_get(zone, "signatures_end"));
    char when[32];
    struct tm tm;

    fprintf(out, "  serial        %lld",
            (long long)json_integer_value(json_object_get(zone, "serial")));
    if (end && gmtime_r(&end, &tm) && strftime(when, sizeof when, "%Y-%m-%d %H:%M UTC", &tm))
        fprintf(out, ", signed until %s", when);
    fputc('\n', out);
}

void show(FILE *out, const json_t *status, time_t now)
{
    size_t i;
    json_t *zone;
    char since[32];

    if (json_is_true(json_object_get(status, "reload_failed")))
        fputs("THE LAST RELOAD FAILED, the log says why; the configuration of before goes on:\n\n",
              out);
    json_array_foreach(json_object_get(status, "zones"), i, zone)
    {
        fprintf(out, "%s%s: %s for %s, as site %s\n", i ? "\n" : "", text(zone, "zone"),
                text(zone, "state"), age(zone, "since", now, since, sizeof since),
                text(zone, "site"));
        fprintf(out, "  because       %s\n", text(zone, "reason"));
        show_override(out, zone, now);
        show_answers(out, zone);
        show_checks(out, zone);
        show_peers(out, zone);
        show_end(out, zone);
    }
}

bool show_is_well(const json_t *status)
{
    bool well = true;
    size_t i;
    json_t *zone;

    json_array_foreach(json_object_get(status, "zones"), i, zone) well =
        well && json_is_true(json_object_get(zone, "well")) &&
        !json_is_object(json_object_get(zone, "override"));
    return well;
}
