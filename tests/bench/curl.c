/* SPDX-License-Identifier: ISC */
/*
 * libcurl kept in one process: what a check costs at least.
 *
 * usage: bench-curl N INTERVAL_MS ADDRESS PORT URL [CA-FILE]
 *
 * Makes N requests in each INTERVAL_MS, one after the other, each on a new connection, as health
 * checks are; trusts CA-FILE, of which libcurl keeps what it has read. Prints nothing, ends when it
 * is killed.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static size_t discard(char *data, size_t size, size_t n, void *userdata)
{
    (void)data, (void)userdata;
    return size * n;
}

static void begin(CURLM *multi, const char *url, struct curl_slist *to, const char *ca_file)
{
    CURL *easy = curl_easy_init();

    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, to);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_multi_add_handle(multi, easy);
}

static void finish(CURLM *multi)
{
    CURLMsg *message;
    int running = 1, left;

    while (curl_multi_perform(multi, &running) == CURLM_OK && running)
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    while ((message = curl_multi_info_read(multi, &left))) {
        CURL *easy = message->easy_handle;

        if (message->data.result != CURLE_OK) {
            fprintf(stderr, "bench-curl: %s\n", curl_easy_strerror(message->data.result));
            exit(1);
        }
        curl_multi_remove_handle(multi, easy);
        curl_easy_cleanup(easy);
    }
}

int main(int argc, char **argv)
{
    struct curl_slist *to;
    struct timespec pause = {0};
    char target[256];
    CURLM *multi;

    if (argc < 6)
        return 64;
    pause.tv_nsec = atol(argv[2]) * 1000000 / atol(argv[1]);
    snprintf(target, sizeof target, "::%s:%s", argv[3], argv[4]);
    to = curl_slist_append(NULL, target);
    curl_global_init(CURL_GLOBAL_SSL);
    multi = curl_multi_init();
    for (;;) {
        begin(multi, argv[5], to, argc > 6 ? argv[6] : NULL);
        finish(multi);
        nanosleep(&pause, NULL);
    }
}
