/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a cpio archive in the "newc" format, in place and without trust: every length is checked
 * against what is left before it is used. Pure; knows nothing of file systems.
 */
#ifndef FS_CPIO_H
#define FS_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpio_reader {
    const uint8_t *archive;
    size_t bytes;
    size_t position; /* of the next header */
};

struct cpio_entry {
    const char *name; /* terminated, in the archive */
    const uint8_t *content;
    uint64_t content_bytes;
    uint64_t inode; /* hard links share it, together with the device */
    uint64_t device;
    uint32_t mode, uid, gid, links;
    uint64_t modified_seconds;
    uint32_t rdevice_major, rdevice_minor;
};

enum cpio_result {
    CPIO_ENTRY,      /* *entry is filled */
    CPIO_END,        /* the trailer */
    CPIO_NO_MAGIC,   /* no header where one must be */
    CPIO_BAD_NUMBER, /* a header field is no hexadecimal number */
    CPIO_TRUNCATED,  /* a header, name or content goes beyond the archive's end */
    CPIO_BAD_NAME,   /* a name without its terminator, empty, or with one inside */
};

enum cpio_result cpio_next(struct cpio_reader *reader, struct cpio_entry *entry);

/* After CPIO_END: skips the padding with zeroes and says whether another archive follows, to be read like the first. */
bool cpio_follows(struct cpio_reader *reader);

/* What went wrong, in words. */
const char *cpio_describe(enum cpio_result result);

#endif
