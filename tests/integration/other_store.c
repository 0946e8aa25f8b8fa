/* SPDX-License-Identifier: ISC */
/* Preloaded into sitens-http: a libcurl that was built with other paths to the certificates that it
 * trusts, $STORE_BUNDLE and $STORE_DIRECTORY, or without. */
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>

curl_version_info_data *curl_version_info(CURLversion version)
{
    static curl_version_info_data info;
    curl_version_info_data *(*next)(CURLversion);

    next = (curl_version_info_data * (*)(CURLversion)) dlsym(RTLD_NEXT, "curl_version_info");
    info = *next(version);
    info.cainfo = getenv("STORE_BUNDLE");
    info.capath = getenv("STORE_DIRECTORY");
    return &info;
}
