/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files by one line each, for the tests of file systems on the fake kernel.
 */
#ifndef FAKE_FILES_H
#define FAKE_FILES_H

#include "fake_kernel.h"

#include "fs/linux_abi.h"
#include "suite.h"
#include <string.h>

static inline long open_file(const char *path, uint32_t flags)
{
    return fake_call(open, path, flags, 0644);
}

static inline void make_file(const char *path, const char *text)
{
    long fd = open_file(path, ABI_O_CREAT | ABI_O_WRONLY | ABI_O_TRUNC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fake_call(write, fd, text, strlen(text)), (long)strlen(text));
    ck_assert_int_eq(fake_call(close, fd), 0);
}

static inline const char *read_file(const char *path)
{
    static char text[256];
    long fd = open_file(path, ABI_O_RDONLY);
    ck_assert_int_ge(fd, 0);
    long bytes = fake_call(read, fd, text, sizeof(text) - 1);
    ck_assert_int_ge(bytes, 0);
    text[bytes] = '\0';
    fake_call(close, fd);
    return text;
}

static inline struct abi_stat stat_of(const char *path)
{
    struct abi_stat status;
    ck_assert_int_eq(fake_call(lstat, path, &status), 0);
    return status;
}

#endif
