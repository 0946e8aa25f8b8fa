/* SPDX-License-Identifier: ISC */
#include "easy.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* As libcurl would. */
static curl_socket_t on_open(void *userdata, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct easy_faults *faults = userdata;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    faults->open = fd < 0 ? errno : 0;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

bool easy_set_rules(CURL *easy, const char *user_agent, struct easy_faults *faults)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, faults->text);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, faults);
    /* These it copies. */
    return curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
}

/* libcurl says that there is no memory also of a header line beyond its own limit. Before an octet
 * of the response is there, it means what it says. */
static bool is_memory_short(CURL *easy)
{
    void *volatile some = malloc((size_t)1024 * 1024);
    curl_off_t first_octet_us = 0;

    curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &first_octet_us);
    free(some);
    return !some || !first_octet_us;
}

bool easy_lacked_memory(CURL *easy, CURLcode result)
{
    /* No name is looked up: that is an address for which there was no memory. */
    return result == CURLE_COULDNT_RESOLVE_HOST ||
           (result == CURLE_OUT_OF_MEMORY && is_memory_short(easy));
}

bool easy_had_long_header(CURL *easy, CURLcode result)
{
    const CURLcode too_large = 100; /* CURLE_TOO_LARGE, from libcurl 8.6 on */

    return result == too_large || (result == CURLE_OUT_OF_MEMORY && !is_memory_short(easy));
}
