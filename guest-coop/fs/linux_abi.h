/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the Linux x86-64 system-call ABI that names files: flags, modes, and the structures
 * that cross the system-call border. Sizes and key offsets are asserted; the names carry a prefix
 * so that host tests can use them beside the host's own headers.
 */
#ifndef FS_LINUX_ABI_H
#define FS_LINUX_ABI_H

#include <stddef.h>
#include <stdint.h>

#define ABI_PATH_BYTES 4096u /* PATH_MAX, terminator included */
#define ABI_NAME_BYTES 255u  /* NAME_MAX */
#define ABI_IOV_LIMIT  1024u
/* No call moves more than this (MAX_RW_COUNT). */
#define ABI_TRANSFER_LIMIT 0x7ffff000ul

/* open(2) */
#define ABI_O_ACCESS    00000003u
#define ABI_O_RDONLY    00000000u
#define ABI_O_WRONLY    00000001u
#define ABI_O_RDWR      00000002u
#define ABI_O_CREAT     00000100u
#define ABI_O_EXCL      00000200u
#define ABI_O_NOCTTY    00000400u
#define ABI_O_TRUNC     00001000u
#define ABI_O_APPEND    00002000u
#define ABI_O_NONBLOCK  00004000u
#define ABI_O_DSYNC     00010000u
#define ABI_O_DIRECT    00040000u
#define ABI_O_LARGEFILE 00100000u
#define ABI_O_DIRECTORY 00200000u
#define ABI_O_NOFOLLOW  00400000u
#define ABI_O_NOATIME   01000000u
#define ABI_O_CLOEXEC   02000000u
#define ABI_O_PATH      010000000u
#define ABI_O_TMPFILE   020000000u

#define ABI_AT_FDCWD            (-100)
#define ABI_AT_SYMLINK_NOFOLLOW 0x100u
#define ABI_AT_REMOVEDIR        0x200u
#define ABI_AT_EACCESS          0x200u
#define ABI_AT_SYMLINK_FOLLOW   0x400u
#define ABI_AT_EMPTY_PATH       0x1000u

#define ABI_RENAME_NOREPLACE 1u
#define ABI_RENAME_EXCHANGE  2u

/* fcntl(2), flock(2) */
#define ABI_F_DUPFD         0
#define ABI_F_GETFD         1
#define ABI_F_SETFD         2
#define ABI_F_GETFL         3
#define ABI_F_SETFL         4
#define ABI_F_GETLK         5
#define ABI_F_SETLK         6
#define ABI_F_SETLKW        7
#define ABI_F_OFD_GETLK     36
#define ABI_F_OFD_SETLK     37
#define ABI_F_OFD_SETLKW    38
#define ABI_F_DUPFD_CLOEXEC 1030
#define ABI_F_GETPIPE_SZ    1032
#define ABI_FD_CLOEXEC      1

#define ABI_SEEK_SET 0
#define ABI_SEEK_CUR 1
#define ABI_SEEK_END 2

/* inode(7) */
#define ABI_S_IFMT   0170000u
#define ABI_S_IFIFO  0010000u
#define ABI_S_IFCHR  0020000u
#define ABI_S_IFDIR  0040000u
#define ABI_S_IFBLK  0060000u
#define ABI_S_IFREG  0100000u
#define ABI_S_IFLNK  0120000u
#define ABI_S_IFSOCK 0140000u
#define ABI_S_IXGRP  0000010u
#define ABI_S_ISUID  0004000u
#define ABI_S_ISGID  0002000u
#define ABI_S_ISVTX  0001000u

#define ABI_MAY_EXECUTE 1u
#define ABI_MAY_WRITE   2u
#define ABI_MAY_READ    4u

/* poll(2) */
#define ABI_POLLIN   0x0001u
#define ABI_POLLPRI  0x0002u
#define ABI_POLLOUT  0x0004u
#define ABI_POLLERR  0x0008u
#define ABI_POLLHUP  0x0010u
#define ABI_POLLNVAL 0x0020u
#define ABI_POLLRDHUP 0x2000u

/* signal(7), those that files send */
#define ABI_SIGHUP   1
#define ABI_SIGINT   2
#define ABI_SIGQUIT  3
#define ABI_SIGPIPE  13
#define ABI_SIGCONT  18
#define ABI_SIGTSTP  20
#define ABI_SIGTTIN  21
#define ABI_SIGTTOU  22
#define ABI_SIGWINCH 28

struct abi_timespec {
    int64_t seconds, nanoseconds;
};

struct abi_timeval {
    int64_t seconds, microseconds;
};

#define ABI_UTIME_NOW  0x3fffffffl
#define ABI_UTIME_OMIT 0x3ffffffel

/* struct stat */
struct abi_stat {
    uint64_t device;                                 /* 0 */
    uint64_t inode;                                  /* 8 */
    uint64_t links;                                  /* 16 */
    uint32_t mode;                                   /* 24 */
    uint32_t uid;                                    /* 28 */
    uint32_t gid;                                    /* 32 */
    uint32_t pad;                                    /* 36 */
    uint64_t rdevice;                                /* 40 */
    int64_t size;                                    /* 48 */
    int64_t block_bytes;                             /* 56 */
    int64_t blocks;                                  /* 64, of 512 bytes */
    struct abi_timespec accessed, modified, changed; /* 72, 88, 104 */
    int64_t reserved[3];                             /* 120 */
};
_Static_assert(sizeof(struct abi_stat) == 144 && offsetof(struct abi_stat, size) == 48, "struct stat");

struct abi_statx_timestamp {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t reserved;
};

#define ABI_STATX_BASIC 0x7ffu

/* struct statx */
struct abi_statx {
    uint32_t mask;                                                /* 0 */
    uint32_t block_bytes;                                         /* 4 */
    uint64_t attributes;                                          /* 8 */
    uint32_t links;                                               /* 16 */
    uint32_t uid, gid;                                            /* 20 */
    uint16_t mode, pad;                                           /* 28 */
    uint64_t inode;                                               /* 32 */
    uint64_t size;                                                /* 40 */
    uint64_t blocks;                                              /* 48 */
    uint64_t attributes_mask;                                     /* 56 */
    struct abi_statx_timestamp accessed, born, changed, modified; /* 64 */
    uint32_t rdevice_major, rdevice_minor;                        /* 128 */
    uint32_t device_major, device_minor;                          /* 136 */
    uint64_t reserved[14];                                        /* 144 */
};
_Static_assert(sizeof(struct abi_statx) == 256 && offsetof(struct abi_statx, rdevice_major) == 128, "struct statx");

/* struct linux_dirent64; name follows, records are 8-byte aligned */
struct abi_directory_entry {
    uint64_t inode;
    int64_t next;
    uint16_t bytes;
    uint8_t type;
    char name[];
} __attribute__((packed));
_Static_assert(offsetof(struct abi_directory_entry, name) == 19, "struct linux_dirent64");

struct abi_iovec {
    uint64_t base, bytes;
};

struct abi_pollfd {
    int32_t descriptor;
    uint16_t events, returned;
};
_Static_assert(sizeof(struct abi_pollfd) == 8, "struct pollfd");

/* struct statfs */
struct abi_statfs {
    int64_t type, block_bytes, blocks, blocks_free, blocks_available, files, files_free;
    int32_t id[2];
    int64_t name_bytes, fragment_bytes, flags, spare[4];
};
_Static_assert(sizeof(struct abi_statfs) == 120, "struct statfs");

#define ABI_RAMFS_MAGIC 0x858458f6l
#define ABI_TMPFS_MAGIC 0x1021994l
#define ABI_PROC_MAGIC  0x9fa0l
#define ABI_DEVPTS_MAGIC 0x1cd1l

/* struct flock */
struct abi_flock {
    int16_t type, whence; /* 0 */
    int32_t pad;
    int64_t start, bytes; /* 8 */
    int32_t pid, pad2;    /* 24 */
};
_Static_assert(sizeof(struct abi_flock) == 32, "struct flock");
#define ABI_F_RDLCK 0
#define ABI_F_WRLCK 1
#define ABI_F_UNLCK 2

/* Device numbers as stat(2) shows them (makedev). */
#define ABI_DEVICE(major, minor)                                                                                       \
    (((uint64_t)((major)&0xfffu) << 8) | ((minor)&0xffu) | ((uint64_t)((minor) & ~0xffu) << 12))
#define ABI_DEVICE_MAJOR(device) ((uint32_t)((device) >> 8 & 0xfffu))
#define ABI_DEVICE_MINOR(device) ((uint32_t)(((device)&0xffu) | ((device) >> 12 & 0xfff00u)))

#endif
