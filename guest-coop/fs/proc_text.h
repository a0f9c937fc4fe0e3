/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files whose text is made when they are read from their start: those of /proc and /sys. What one read saw stays for
 * the reads that go on from there.
 */
#ifndef FS_PROC_TEXT_H
#define FS_PROC_TEXT_H

#include "fs/file.h"

/* A text that grows in a buffer; what does not fit is cut, and it is written anew to a larger one. */
struct proc_text {
    char *bytes;
    size_t used, size;
    bool cut;
};
__attribute__((format(printf, 2, 3))) void proc_print(struct proc_text *text, const char *format, ...);

/* A buffer for an open file, in its context: 0 or -ENOMEM. */
int proc_text_open(struct file *file);

/* read of such a file: make(file, text), which prints, may be called several times. It returns 0, or -errno. */
long proc_text_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position,
                    int (*make)(struct file *file, struct proc_text *text));

void proc_text_release(struct file *file);

#endif
