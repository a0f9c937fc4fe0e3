/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row an argument. A cache is ENTRIES/WAYS, or 0 for none.
 */
#include "walk_options.h"

#include <stdlib.h>
#include <string.h>

#define MOST_ENTRIES 65536ul

const char walk_options_known[] = "out=FILE, l1i= l1d= l2i= l2d= l2=ENTRIES/WAYS (l2 is one for both), walk_cache= "
                                  "nested_cache=ENTRIES, tags=on|off, compare=on|off";

void walk_options_start(struct walk_options *options)
{
    *options = (struct walk_options){.config = {.has_tags = true}};
}

static bool walk_options_number(const char *text, char end, unsigned *number)
{
    char *rest;
    unsigned long value = strtoul(text, &rest, 10);

    if (*text < '0' || *text > '9' || *rest != end || value > MOST_ENTRIES)
        return false;
    *number = (unsigned)value;
    return true;
}

static bool walk_options_size(const char *text, struct walk_model_size *size)
{
    const char *slash = strchr(text, '/');

    if (!slash) {
        *size = (struct walk_model_size){0, 1};
        return strcmp(text, "0") == 0;
    }
    return walk_options_number(text, '/', &size->entries) && walk_options_number(slash + 1, '\0', &size->ways) &&
           size->entries && size->ways && size->entries % size->ways == 0;
}

static bool walk_options_switch(const char *text, bool *is_on)
{
    *is_on = strcmp(text, "on") == 0;
    return *is_on || strcmp(text, "off") == 0;
}

bool walk_options_take(struct walk_options *options, const char *argument)
{
    struct walk_model_config *config = &options->config;
    const struct {
        const char *name;
        struct walk_model_size *size;
        unsigned *number;
        bool *is_on;
    } rows[] = {
        {"l1i=", &config->first_fetch, NULL, NULL},
        {"l1d=", &config->first_data, NULL, NULL},
        {"l2i=", &config->second_fetch, NULL, NULL},
        {"l2d=", &config->second_data, NULL, NULL},
        {"l2=", &config->second_data, NULL, NULL},
        {"walk_cache=", NULL, &config->walk_cache, NULL},
        {"nested_cache=", NULL, &config->nested_cache, NULL},
        {"tags=", NULL, NULL, &config->has_tags},
        {"compare=", NULL, NULL, &options->compares},
    };

    if (strncmp(argument, "out=", 4) == 0) {
        options->path = argument + 4;
        return *options->path != '\0';
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *value = argument + strlen(rows[i].name);

        if (strncmp(argument, rows[i].name, strlen(rows[i].name)) != 0)
            continue;
        config->is_unified |= strcmp(rows[i].name, "l2=") == 0;
        return rows[i].size     ? walk_options_size(value, rows[i].size)
               : rows[i].number ? walk_options_number(value, '\0', rows[i].number)
                                : walk_options_switch(value, rows[i].is_on);
    }
    return false;
}
