/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of tmpfs: name=value, separated by commas. Sizes may end in k, m, g, or in % of the memory there is.
 */
#include "fs/mount_options.h"

#include <coopvirt/string.h>
#include <stddef.h>

#define MOUNT_FRAME_BYTES 4096u

/* Digits from *text on, which moves behind them: false without any, or with too many. */
static bool mount_options_digits(const char **text, unsigned base, uint64_t *value)
{
    const char *first = *text;
    *value = 0;
    for (; **text >= '0' && **text < (char)('0' + base); (*text)++)
        if (__builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, (uint64_t)(**text - '0'), value))
            return false;
    return *text != first;
}

/* A number with a unit behind it; *percent tells that the unit is the memory's hundredth. */
static bool mount_options_size(const char **text, uint64_t *value, bool *percent)
{
    unsigned shift = 0;
    *percent = false;
    if (!mount_options_digits(text, 10, value))
        return false;
    switch (**text | 0x20) {
    case 'g':
        shift += 10; /* fall through */
    case 'm':
        shift += 10; /* fall through */
    case 'k':
        shift += 10;
        (*text)++;
        break;
    default:
        *percent = **text == '%';
        *text += *percent;
    }
    return !__builtin_mul_overflow(*value, 1ull << shift, value);
}

static bool mount_options_frames(const char **text, bool bytes, uint64_t memory_frames, uint64_t *frames)
{
    uint64_t value;
    bool percent;
    if (!mount_options_size(text, &value, &percent) || (percent && !bytes))
        return false;
    if (percent) {
        *frames = value > UINT32_MAX ? UINT64_MAX / MOUNT_FRAME_BYTES : memory_frames * value / 100;
        return true;
    }
    if (bytes)
        value = value / MOUNT_FRAME_BYTES + (value % MOUNT_FRAME_BYTES != 0);
    *frames = value;
    return value <= UINT64_MAX / MOUNT_FRAME_BYTES;
}

static bool mount_options_id(const char **text, unsigned base, uint32_t most, uint32_t *id)
{
    uint64_t value;
    if (!mount_options_digits(text, base, &value) || value > most)
        return false;
    *id = (uint32_t)value;
    return true;
}

/* One option, whose value begins at *value. */
static bool mount_options_set(const char *name, size_t length, const char **value, uint64_t memory_frames,
                              struct mount_options *wanted)
{
    static const char *const names[] = {"size", "nr_blocks", "nr_inodes", "mode", "uid", "gid"};
    unsigned i = 0;
    bool percent;
    while (i < sizeof(names) / sizeof(names[0]) && (strlen(names[i]) != length || memcmp(names[i], name, length) != 0))
        i++;
    switch (i) {
    case 0:
    case 1:
        return mount_options_frames(value, i == 0, memory_frames, &wanted->frames);
    case 2:
        return mount_options_size(value, &wanted->inodes, &percent) && !percent;
    case 3:
        return mount_options_id(value, 8, 07777, &wanted->mode);
    case 4:
        return mount_options_id(value, 10, UINT32_MAX - 1, &wanted->uid);
    case 5:
        return mount_options_id(value, 10, UINT32_MAX - 1, &wanted->gid);
    default:
        return false;
    }
}

bool mount_options_parse(const char *text, bool limits, uint64_t memory_frames, struct mount_options *wanted)
{
    while (*text) {
        size_t length = 0;
        while (text[length] && text[length] != '=' && text[length] != ',')
            length++;
        const char *value = text + length + (text[length] == '=');
        bool is_mode = length == 4 && memcmp(text, "mode", 4) == 0;
        bool is_empty = length == 0 && value == text;
        if ((limits && !is_empty) || is_mode) {
            if (text[length] != '=' || !mount_options_set(text, length, &value, memory_frames, wanted))
                return false;
            if (*value && *value != ',')
                return false;
        }
        while (*value && *value != ',')
            value++;
        text = value + (*value == ',');
    }
    return true;
}
