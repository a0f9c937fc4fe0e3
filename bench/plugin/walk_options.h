/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk plugin's arguments: sizes of its caches. Pure.
 */
#ifndef WALK_OPTIONS_H
#define WALK_OPTIONS_H

#include "walk_model.h"

struct walk_options {
    struct walk_model_config config;
    const char *path; /* out=FILE, a part of the argument */
    bool compares;    /* compare=on: each hit with the emulator's own translation */
};

/* No cache at all, tags on: what the arguments add to. */
void walk_options_start(struct walk_options *options);

/* Takes one NAME=VALUE. False: no such name, or no such value. */
bool walk_options_take(struct walk_options *options, const char *argument);

/* What is taken, for the one line that refuses another. */
extern const char walk_options_known[];

#endif
