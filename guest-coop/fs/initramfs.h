/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks a cpio archive into a file system.
 */
#ifndef FS_INITRAMFS_H
#define FS_INITRAMFS_H

#include "fs/inode.h"

/* 0, or -errno with the reason in words. No bytes are an empty archive; several archives may follow one
 * another, padded with zeroes. */
int initramfs_unpack(struct inode *root, const void *archive, size_t archive_bytes, char *reason, size_t reason_bytes);

#endif
