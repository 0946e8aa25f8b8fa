/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <arpa/inet.h>
#include <string.h>

#include "conf/url.h"
#include "conf/value.h"

static void check_url(const char *text, bool tls, const char *address, uint16_t port,
                      const char *path)
{
    struct conf_url url = {0};
    char buffer[INET6_ADDRSTRLEN];

    if (url_parse(text, &url) != 0)
        fail_msg("`%s` was refused", text);
    assert_int_equal(url.tls, tls);
    assert_string_equal(address_text(&url.address, buffer), address);
    assert_int_equal(url.port, port);
    assert_string_equal(url.path, path);
    assert_null(url.unix_path);
    url_done(&url);
}

static void addresses_and_ports(void **state)
{
    (void)state;
    check_url("http://127.0.0.1/healthz", false, "127.0.0.1", 80, "/healthz");
    check_url("https://127.0.0.1/healthz", true, "127.0.0.1", 443, "/healthz");
    check_url("http://192.0.2.1:8080/", false, "192.0.2.1", 8080, "/");
    check_url("http://[::1]/", false, "::1", 80, "/");
    check_url("https://[2001:db8::1]:8443/x", true, "2001:db8::1", 8443, "/x");
    check_url("http://localhost/", false, "127.0.0.1", 80, "/");
}

static void paths(void **state)
{
    (void)state;
    check_url("http://127.0.0.1", false, "127.0.0.1", 80, "/");
    check_url("http://127.0.0.1?x=1", false, "127.0.0.1", 80, "/?x=1");
    check_url("http://127.0.0.1/a/b?c=d&e=f", false, "127.0.0.1", 80, "/a/b?c=d&e=f");
}

static void check_unix(const char *text, const char *socket, const char *path)
{
    struct conf_url url = {0};

    assert_int_equal(url_parse(text, &url), 0);
    assert_string_equal(url.unix_path, socket);
    assert_string_equal(url.path, path);
    assert_int_equal(url.address.family, 0);
    url_done(&url);
}

static void unix_sockets(void **state)
{
    (void)state;
    check_unix("unix:/run/web.sock:/path", "/run/web.sock", "/path");
    check_unix("unix:/run/web.sock", "/run/web.sock", "/");
    check_unix("unix:/run/a:b.sock:/x?y=z", "/run/a:b.sock", "/x?y=z");
}

#define TOO_LONG_FOR_A_SOCKET                                                                      \
    "a-path-longer-than-the-108-octets-that-a-unix-socket-address-can-hold/which-connect-would-"   \
    "refuse-or-cut-short.sock:/x"

static void refused(void **state)
{
    static const char *const texts[] = {
        "",
        "127.0.0.1",
        "http://",
        "http:///x",
        "http://example.org/",
        "http://web/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "HTTP//127.0.0.1/",
        "http://127.0.0.1:0x50/",
        "http://127.0.0.1:65536/",
        "http://user@127.0.0.1/",
        "http://user:secret@127.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://:secret@127.0.0.1/",
        "http://127.0.0.1/#fragment",
        "http://[::1/",
        "http://127.0.0.1/a b",
        "unix:relative.sock:/x",
        "unix:",
        "unix:/" TOO_LONG_FOR_A_SOCKET,
    };
    struct conf_url url = {.port = 7};

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++)
        if (url_parse(texts[i], &url) != VALUE_MALFORMED)
            fail_msg("`%s` was taken", texts[i]);
    assert_int_equal(url.port, 7);
    assert_null(url.path);
    assert_null(url.unix_path);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_and_ports),
        cmocka_unit_test(paths),
        cmocka_unit_test(unix_sockets),
        cmocka_unit_test(refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
