/* SPDX-License-Identifier: ISC */
#include "picture.h"

#include <string.h>

/* In units of the picture, of which the smallest screen has as many as pixels. */
enum {
    WIDTH = 336,
    ROW = 56, /* from one site to the next */
    BOX = 42, /* height */
    SITE_X = 40,
    SITE_WIDTH = 164,
    WEB_X = 226,
    WEB_WIDTH = 110,
    TRUNK_X = 18,
    BAR = 5, /* of a minute */
    BARS_HEIGHT = 24,
    ID_MAX = 13, /* characters that fit */
};

void picture_text(const char *text, FILE *out)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*text, out);
        }
}

const char *picture_class(enum history_mark mark)
{
    static const char *const names[] = {"none", "wrong", "away", "standby", "serving"};

    return names[mark];
}

/* A sign for each mark that is told without colour. */
static void print_sign(enum history_mark mark, int x, int y, FILE *out)
{
    static const char *const shapes[] = {
        [MARK_NONE] = "M-6 0h12",
        [MARK_WRONG] = "M-6 -6l12 12M6 -6l-12 12",
        [MARK_AWAY] = "M-6 -6h12v12h-12zM-2 -2h4v4h-4z",
        [MARK_STANDBY] = "M-3 -6v12M3 -6v12",
        [MARK_SERVING] = "M-6 0l4 5l8 -10",
    };

    fprintf(out, "<path class=\"sign %s\" transform=\"translate(%d %d)\" d=\"%s\"/>\n",
            picture_class(mark), x, y, shapes[mark]);
}

static void print_arrow(const char *path, bool works, FILE *out)
{
    fprintf(out, "<path class=\"arrow%s\" d=\"%s\" marker-end=\"url(#head)\"/>\n",
            works ? "" : " off", path);
}

static void print_box(int x, int y, int width, const char *class, FILE *out)
{
    fprintf(out, "<rect class=\"box %s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n",
            class, x, y, width, BOX);
}

static void print_line(int x, int y, const char *class, const char *text, size_t max, FILE *out)
{
    char cut[NAME_TEXT_MAX + 8];

    snprintf(cut, sizeof cut, "%.*s%s", (int)max, text, strlen(text) > max ? ".." : "");
    fprintf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
    picture_text(cut, out);
    fputs("</text>\n", out);
}

/* The worst that the URLs get at the site. */
static const struct web_ask *worst_web(const struct survey *survey,
                                       const struct site_result *result)
{
    const struct web_ask *worst = web_result_worst(result, 0);

    for (size_t k = 1; k < survey->request.urls.n; k++) {
        const struct web_ask *ask = web_result_worst(result, k);

        if (ask->outcome > worst->outcome ||
            (ask->outcome == worst->outcome && ask->status > worst->status))
            worst = ask;
    }
    return worst;
}

static void print_web(const struct survey *survey, const struct site_result *result, int y,
                      FILE *out)
{
    bool works = web_result_is_well(result, &survey->request.urls);
    char path[64], word[WEB_WORD_MAX];

    snprintf(path, sizeof path, "M%d %dH%d", SITE_X + SITE_WIDTH, y + BOX / 2, WEB_X - 3);
    print_arrow(path, works, out);
    print_box(WEB_X, y, WEB_WIDTH, works ? "serving" : "wrong", out);
    print_line(WEB_X + 8, y + 17, "small", "web server", 20, out);
    print_line(WEB_X + 8, y + 34, "big", web_word(worst_web(survey, result), word), 20, out);
}

static void print_site(const struct survey *survey, const struct site_result *result, int y,
                       bool delegated, FILE *out)
{
    enum history_mark mark = history_mark(survey, result);
    char path[64];

    snprintf(path, sizeof path, "M%d %dV%dH%d", TRUNK_X, BOX, y + BOX / 2, SITE_X - 3);
    print_arrow(path, delegated && site_result_answers(result), out);
    print_box(SITE_X, y, SITE_WIDTH, picture_class(mark), out);
    print_sign(mark, SITE_X + 16, y + BOX / 2, out);
    print_line(SITE_X + 32, y + 17, "big", result->site->id, ID_MAX, out);
    print_line(SITE_X + 32, y + 34, "small", site_state_name(result->state), 20, out);
    if (survey->request.urls.n)
        print_web(survey, result, y, out);
}

void picture_scheme(const struct survey *survey, FILE *out)
{
    const struct conf *conf = survey->request.expected.conf;
    int height = BOX + (int)conf->n_sites * ROW + 6;
    bool delegated = false;

    for (size_t i = 0; i < survey->n_parents; i++)
        delegated |= survey->parents[i].delegates;
    fprintf(out,
            "<svg class=\"scheme\" viewBox=\"-1 -1 %d %d\" role=\"img\" aria-label=\"The parent "
            "zone, the sites and their web servers; the list below says the same\">\n"
            "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"6\" refY=\"4\" markerWidth=\"6\" "
            "markerHeight=\"6\" orient=\"auto\"><path class=\"head\" d=\"M0 0L8 4L0 8z\"/>"
            "</marker></defs>\n",
            WIDTH + 2, height);
    print_box(0, 0, WIDTH, delegated ? "serving" : "wrong", out);
    print_line(8, 17, "small",
               delegated ? "parent zone, delegates" : "parent zone, does not delegate", 40, out);
    print_line(8, 34, "big", conf->parent, 36, out);
    for (size_t i = conf->n_sites; i > 0; i--)
        print_site(survey, &survey->sites[i - 1], BOX + 2 + (int)(i - 1) * ROW + ROW - BOX,
                   delegated, out);
    fputs("</svg>\n", out);
}

void picture_hour(const struct history_site *site, FILE *out)
{
    static const int heights[] = {[MARK_NONE] = 1,
                                  [MARK_WRONG] = 6,
                                  [MARK_AWAY] = 11,
                                  [MARK_STANDBY] = 17,
                                  [MARK_SERVING] = 24};
    unsigned n[MARK_SERVING + 1] = {0};

    for (size_t i = 0; i < HISTORY_MINUTES; i++)
        n[site->minutes[i]]++;
    fprintf(out,
            "<svg class=\"hour\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" "
            "aria-label=\"The last hour, minute by minute\">\n",
            HISTORY_MINUTES * BAR, BARS_HEIGHT);
    for (int i = 0; i < HISTORY_MINUTES; i++) {
        enum history_mark mark = site->minutes[i];

        fprintf(out, "<rect class=\"bar %s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
                picture_class(mark), i * BAR, BARS_HEIGHT - heights[mark], BAR - 1, heights[mark]);
    }
    fputs("</svg>\n<p class=\"quiet\">Last hour, in minutes:", out);
    for (size_t i = MARK_SERVING + 1; i > MARK_NONE; i--)
        if (n[i - 1])
            fprintf(out, " %s %u",
                    i - 1 == MARK_NONE ? "not looked" : picture_class((enum history_mark)(i - 1)),
                    n[i - 1]);
    fputs("</p>\n", out);
}
