/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of options that tmpfs takes (its last argument of mount(2)): pure, and hostile input.
 */
#ifndef FS_MOUNT_OPTIONS_H
#define FS_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define MOUNT_OPTIONS_BYTES 256u

struct mount_options {
    uint64_t frames, inodes; /* limits; 0: none */
    uint32_t mode, uid, gid; /* of the root */
};

/* Changes in `wanted` what the text names: false for what is unknown or no value. Without `limits` (ramfs) only mode=
 * is looked at, and all else is taken for something that means nothing. */
bool mount_options_parse(const char *text, bool limits, uint64_t memory_frames, struct mount_options *wanted);

#endif
