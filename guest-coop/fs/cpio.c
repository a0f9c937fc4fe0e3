/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The newc format: a header of 110 characters (a magic number and 13 fields of 8 hexadecimal digits),
 * the terminated name, the content; name and content are padded to 4 bytes. "TRAILER!!!" ends it.
 */
#include "fs/cpio.h"

#include <coopvirt/string.h>

#define CPIO_HEADER_BYTES 110
#define CPIO_MAGIC_BYTES  6
#define CPIO_FIELD_BYTES  8
#define CPIO_FIELDS       13

/* The fields in their order. */
enum cpio_field {
    CPIO_INODE,
    CPIO_MODE,
    CPIO_UID,
    CPIO_GID,
    CPIO_LINKS,
    CPIO_MODIFIED,
    CPIO_CONTENT_BYTES,
    CPIO_DEVICE_MAJOR,
    CPIO_DEVICE_MINOR,
    CPIO_RDEVICE_MAJOR,
    CPIO_RDEVICE_MINOR,
    CPIO_NAME_BYTES,
    CPIO_CHECK, /* 0 in this format */
};

static int cpio_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool cpio_fields(const uint8_t *header, uint32_t *fields)
{
    const uint8_t *at = header + CPIO_MAGIC_BYTES;

    for (unsigned field = 0; field < CPIO_FIELDS; field++) {
        fields[field] = 0;
        for (unsigned i = 0; i < CPIO_FIELD_BYTES; i++) {
            int digit = cpio_digit(*at++);
            if (digit < 0)
                return false;
            fields[field] = fields[field] << 4 | (uint32_t)digit;
        }
    }
    return true;
}

static size_t cpio_align(size_t position)
{
    return (position + 3) & ~(size_t)3;
}

static void cpio_fill(struct cpio_entry *entry, const uint32_t *fields)
{
    entry->content_bytes = fields[CPIO_CONTENT_BYTES];
    entry->inode = fields[CPIO_INODE];
    entry->device = (uint64_t)fields[CPIO_DEVICE_MAJOR] << 32 | fields[CPIO_DEVICE_MINOR];
    entry->mode = fields[CPIO_MODE];
    entry->uid = fields[CPIO_UID];
    entry->gid = fields[CPIO_GID];
    entry->links = fields[CPIO_LINKS];
    entry->modified_seconds = fields[CPIO_MODIFIED];
    entry->rdevice_major = fields[CPIO_RDEVICE_MAJOR];
    entry->rdevice_minor = fields[CPIO_RDEVICE_MINOR];
}

enum cpio_result cpio_next(struct cpio_reader *reader, struct cpio_entry *entry)
{
    uint32_t fields[CPIO_FIELDS];
    size_t at = reader->position;

    if (at > reader->bytes || reader->bytes - at < CPIO_HEADER_BYTES)
        return CPIO_TRUNCATED;
    const uint8_t *header = reader->archive + at;
    if (memcmp(header, "070701", CPIO_MAGIC_BYTES) != 0)
        return CPIO_NO_MAGIC;
    if (!cpio_fields(header, fields))
        return CPIO_BAD_NUMBER;
    at += CPIO_HEADER_BYTES;

    size_t name_bytes = fields[CPIO_NAME_BYTES];
    if (name_bytes > reader->bytes - at)
        return CPIO_TRUNCATED;
    entry->name = (const char *)reader->archive + at;
    if (name_bytes < 2 || entry->name[name_bytes - 1] != '\0' || strlen(entry->name) != name_bytes - 1)
        return CPIO_BAD_NAME;
    at = cpio_align(at + name_bytes);
    if (strcmp(entry->name, "TRAILER!!!") == 0) {
        reader->position = at;
        return CPIO_END;
    }

    cpio_fill(entry, fields);
    if (at > reader->bytes || entry->content_bytes > reader->bytes - at)
        return CPIO_TRUNCATED;
    entry->content = reader->archive + at;
    reader->position = cpio_align(at + entry->content_bytes);
    return CPIO_ENTRY;
}

bool cpio_follows(struct cpio_reader *reader)
{
    while (reader->position < reader->bytes && reader->archive[reader->position] == 0)
        reader->position++;
    return reader->position < reader->bytes;
}

const char *cpio_describe(enum cpio_result result)
{
    static const char *const words[] = {
        [CPIO_ENTRY] = "an entry",
        [CPIO_END] = "the end",
        [CPIO_NO_MAGIC] = "no newc header where one must be (is it compressed, or another format?)",
        [CPIO_BAD_NUMBER] = "a header field is no number",
        [CPIO_TRUNCATED] = "it ends in the middle (truncated?)",
        [CPIO_BAD_NAME] = "a file name is malformed",
    };
    return words[result];
}
