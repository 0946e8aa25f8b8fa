/* SPDX-License-Identifier: ISC */
/*
 * A stand-in for systemd on a private bus: it knows units and tells those who have subscribed.
 *
 * usage: fake_systemd ADDRESS [UNIT STATE]...
 *
 * The units are there before anybody can ask.
 *
 * Each line on standard input is a command, answered by the line "done":
 *   set UNIT STATE     UNIT has this ActiveState; the subscribers are told
 *   install UNIT       UNIT is installed and inactive, without a word
 *   mask UNIT          UNIT is masked
 *   alias NAME UNIT    NAME is another name of UNIT, without a word
 *   tell-reload        tells of the beginning and the end of a daemon-reload
 *   tell-files         tells that files of units have changed
 *   reexec             leaves the bus and comes back, as systemctl daemon-reexec does: it has
 *                      forgotten who had subscribed
 * alias.service is another name of nginx.service. A unit that was never set is not installed.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#define SYSTEMD     "org.freedesktop.systemd1"
#define PROPERTIES  "org.freedesktop.DBus.Properties"
#define UNIT_PREFIX "/org/freedesktop/systemd1/unit"

enum { UNITS_MAX = 16 };

static struct {
    char name[256], state[64], load[64];
} units[UNITS_MAX];
static struct {
    char name[256], unit[256];
} aliases[UNITS_MAX] = {{"alias.service", "nginx.service"}};
static size_t n_aliases = 1;
static size_t n_units;
static bool subscribed;
static const char *address;
static sd_event *event;
static sd_bus *bus;

/* Ends the program if a call failed: a test then fails, and this says why. */
static int must(int r, const char *what)
{
    if (r < 0) {
        fprintf(stderr, "fake_systemd: %s: %s\n", what, strerror(-r));
        exit(1);
    }
    return r;
}

/* The index of a unit, or n_units. */
static size_t find(const char *name)
{
    size_t i = 0;

    while (i < n_units && strcmp(units[i].name, name) != 0)
        i++;
    return i;
}

static const char *main_name(const char *name)
{
    for (size_t i = n_aliases; i-- > 0;)
        if (!strcmp(aliases[i].name, name))
            return aliases[i].unit;
    return name;
}

static void append_text(sd_bus_message *m, const char *key, const char *value)
{
    must(sd_bus_message_append(m, "{sv}", key, "s", value), key);
}

static int on_load_unit(sd_bus_message *m)
{
    const char *name;
    char *path;
    int r;

    must(sd_bus_message_read(m, "s", &name), "LoadUnit");
    if (!strchr(name, '.'))
        return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_INVALID_ARGS,
                                          "Unit name %s is not valid.", name);
    must(sd_bus_path_encode(UNIT_PREFIX, main_name(name), &path), "path");
    r = sd_bus_reply_method_return(m, "o", path);
    free(path);
    return r;
}

static int on_get_all(sd_bus_message *m)
{
    sd_bus_message *reply;
    char *name;
    size_t i;
    int r;

    must(sd_bus_path_decode(sd_bus_message_get_path(m), UNIT_PREFIX, &name), "path");
    i = find(name);
    must(sd_bus_message_new_method_return(m, &reply), "reply");
    must(sd_bus_message_open_container(reply, 'a', "{sv}"), "array");
    append_text(reply, "Id", name);
    append_text(reply, "LoadState", i < n_units ? units[i].load : "not-found");
    append_text(reply, "ActiveState", i < n_units ? units[i].state : "inactive");
    must(sd_bus_message_append(reply, "{sv}", "Job", "(uo)", 0, "/"), "Job");
    must(sd_bus_message_close_container(reply), "array");
    r = sd_bus_send(bus, reply, NULL);
    sd_bus_message_unref(reply);
    free(name);
    return r < 0 ? r : 1;
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    (void)userdata;
    (void)error;
    if (sd_bus_message_is_method_call(m, SYSTEMD ".Manager", "Subscribe")) {
        subscribed = true;
        return sd_bus_reply_method_return(m, "");
    }
    if (sd_bus_message_is_method_call(m, SYSTEMD ".Manager", "LoadUnit"))
        return on_load_unit(m);
    if (sd_bus_message_is_method_call(m, PROPERTIES, "GetAll"))
        return on_get_all(m);
    return 0;
}

static void join(void)
{
    must(sd_bus_new(&bus), "bus");
    must(sd_bus_set_address(bus, address), address);
    must(sd_bus_set_bus_client(bus, 1), "client");
    must(sd_bus_start(bus), "start");
    must(sd_bus_add_filter(bus, NULL, on_message, NULL), "filter");
    must(sd_bus_request_name(bus, SYSTEMD, 0), "name");
    must(sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL), "event");
}

static void tell(const char *name, const char *state)
{
    sd_bus_message *m;
    char *path;

    must(sd_bus_path_encode(UNIT_PREFIX, name, &path), "path");
    must(sd_bus_message_new_signal(bus, &m, path, PROPERTIES, "PropertiesChanged"), "signal");
    must(sd_bus_message_append(m, "sa{sv}as", SYSTEMD ".Unit", 2, "Job", "(uo)", 0, "/",
                               "ActiveState", "s", state, 0),
         "signal");
    must(sd_bus_send(bus, m, NULL), "send");
    must(sd_bus_flush(bus), "flush");
    sd_bus_message_unref(m);
    free(path);
}

static void set(const char *name, const char *state, const char *load)
{
    size_t i = find(name);

    if (i == UNITS_MAX)
        exit(1);
    n_units = i == n_units ? i + 1 : n_units;
    snprintf(units[i].name, sizeof units[i].name, "%s", name);
    snprintf(units[i].state, sizeof units[i].state, "%s", state);
    snprintf(units[i].load, sizeof units[i].load, "%s", load);
}

static void set_alias(const char *name, const char *unit)
{
    if (n_aliases == UNITS_MAX)
        exit(1);
    snprintf(aliases[n_aliases].name, sizeof aliases[0].name, "%s", name);
    snprintf(aliases[n_aliases++].unit, sizeof aliases[0].unit, "%s", unit);
}

static void tell_manager(const char *signal, const char *types, int value)
{
    if (!subscribed)
        return;
    must(sd_bus_emit_signal(bus, "/org/freedesktop/systemd1", SYSTEMD ".Manager", signal, types,
                            value),
         signal);
    must(sd_bus_flush(bus), "flush");
}

/* Returns whether line is a command about units. */
static bool change_units(const char *line)
{
    char name[256], word[256];

    if (sscanf(line, "set %255s %63s", name, word) == 2) {
        set(name, word, "loaded");
        if (subscribed)
            tell(name, word);
    } else if (sscanf(line, "install %255s", name) == 1) {
        set(name, "inactive", "loaded");
    } else if (sscanf(line, "mask %255s", name) == 1) {
        set(name, "inactive", "masked");
    } else if (sscanf(line, "alias %255s %255s", name, word) == 2) {
        set_alias(name, word);
    } else {
        return false;
    }
    return true;
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    char line[512];

    (void)source;
    (void)fd;
    (void)events;
    (void)userdata;
    if (!fgets(line, sizeof line, stdin))
        return sd_event_exit(event, 0);
    if (change_units(line)) {
        /* done */
    } else if (!strcmp(line, "tell-reload\n")) {
        tell_manager("Reloading", "b", 1);
        tell_manager("Reloading", "b", 0);
    } else if (!strcmp(line, "tell-files\n")) {
        tell_manager("UnitFilesChanged", "", 0);
    } else if (!strcmp(line, "reexec\n")) {
        bus = sd_bus_flush_close_unref(bus);
        subscribed = false;
        join();
    } else {
        return sd_event_exit(event, 1);
    }
    puts("done");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc % 2)
        return 64;
    address = argv[1];
    for (int i = 2; i < argc; i += 2)
        set(argv[i], argv[i + 1], "loaded");
    /* A line at a time: what stdio would keep back, the event loop would not see. */
    setvbuf(stdin, NULL, _IONBF, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    must(sd_event_default(&event), "event");
    must(sd_event_add_io(event, NULL, STDIN_FILENO, 1 /* EPOLLIN */, on_input, NULL), "input");
    join();
    puts("done");
    return sd_event_loop(event);
}
