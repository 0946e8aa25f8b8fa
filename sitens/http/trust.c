/* SPDX-License-Identifier: ISC */
#include "trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add(struct trust *trust, const char *path)
{
    struct trust_path *at = &trust->at[trust->n];

    if (trust->n == TRUST_MAX || !(at->path = strdup(path)))
        return;
    if (stat(path, &at->was) < 0)
        memset(&at->was, 0, sizeof at->was);
    trust->n++;
}

/* Whether OpenSSL looks for a file of this name: the hash of a subject, and a number. */
static bool is_hash(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.';
}

static bool is_below(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* A link in the directory, if it leads elsewhere, or nowhere as yet. It is kept by its own name:
 * whichever link on the way becomes another one, stat() tells. */
static void add_link(struct trust *trust, const char *directory, const char *name)
{
    char path[PATH_MAX], target[PATH_MAX];

    if ((size_t)snprintf(path, sizeof path, "%s/%s", trust->directory, name) < sizeof path &&
        (!realpath(path, target) || !(is_below(target, "/usr") || is_below(target, directory))))
        add(trust, path);
}

static void add_links(struct trust *trust)
{
    char directory[PATH_MAX];
    DIR *links = opendir(trust->directory);
    struct dirent *entry;

    if (links && realpath(trust->directory, directory))
        while ((entry = readdir(links)))
            if (is_hash(entry->d_name) && (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN))
                add_link(trust, directory, entry->d_name);
    if (links)
        closedir(links);
}

void trust_read(struct trust *trust, char *const *ca_files)
{
    for (; *ca_files; ca_files++)
        add(trust, *ca_files);
    if (trust->bundle)
        add(trust, trust->bundle);
    if (trust->directory) {
        add(trust, trust->directory);
        add_links(trust);
    }
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

bool trust_changed(const struct trust *trust)
{
    for (size_t i = 0; i < trust->n; i++) {
        struct stat is;

        if (stat(trust->at[i].path, &is) < 0)
            memset(&is, 0, sizeof is);
        if (!is_same(&is, &trust->at[i].was))
            return true;
    }
    return false;
}

const char *trust_refused(const struct trust *trust)
{
    for (size_t i = 0; i < trust->n; i++) {
        const char *path = trust->at[i].path;
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd >= 0)
            close(fd);
        else if (errno == EACCES && access(path, R_OK) == 0) /* which only asks for permissions */
            return path;
    }
    return NULL;
}
