/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inodes, open files and descriptor tables: the seam between the file systems, the system calls and
 * the rest of the kernel (fork copies a descriptor table, exec closes part of it, mmap asks a
 * file for its pages).
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wait_queue;
struct inode;
struct epoll_item;
struct socket_family;

/* An open file description (POSIX): shared by dup and fork. */
struct file {
    const struct file_operations *operations;
    struct inode *inode; /* one reference held */
    void *context;       /* of the operations */
    uint64_t position;
    uint32_t flags; /* O_* of open(2), changed by F_SETFL */
    uint32_t references;
    struct epoll_item *watchers; /* those of epoll sets */
};

/* Results of poll: POLLIN, POLLOUT ... of the Linux ABI. */
struct file_poll {
    uint32_t events;           /* OUT what is ready now */
    struct wait_queue *queue;  /* OUT woken when that may have changed, or NULL */
    struct wait_queue *queue2; /* OUT a second one (terminals, pipes open for both), or NULL */
};

/* Members may be NULL where a kind of file cannot do the thing; the caller turns that into the right errno. Buffers are
 * user addresses. All may sleep. */
struct file_operations {
    long (*read)(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position);
    long (*write)(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position);
    long (*seek)(struct file *file, int64_t offset, int whence);
    long (*ioctl)(struct file *file, uint32_t request, uint64_t argument);
    long (*directory_entries)(struct file *file, uint64_t user_buffer, size_t bytes); /* getdents64 */
    void (*poll)(struct file *file, struct file_poll *poll);
    /* The frame that holds page `index` of the file, with one reference added for the caller; 0 beyond the end.
     * For a private mapping the caller maps it read-only and copies on write; for a shared one it maps it as is. */
    coop_paddr (*page)(struct file *file, uint64_t index);
    /* The same for a page that is in memory already, else 0; never sleeps. NULL: not asked for. */
    coop_paddr (*page_at_hand)(struct file *file, uint64_t index);
    long (*truncate)(struct file *file, uint64_t bytes);
    /* fallocate(2): makes sure that there is room, and the file that long (unless `keep_size`). NULL: not there. */
    long (*allocate)(struct file *file, uint64_t offset, uint64_t bytes, bool keep_size);
    /* Makes a hole of a range, which reads as zeroes; the file stays as long as it is. NULL: not there. */
    long (*punch)(struct file *file, uint64_t offset, uint64_t bytes);
    void (*release)(struct file *file); /* the last reference is gone */
    long (*sync)(struct file *file);    /* fsync; NULL: nothing to wait for */
    const struct socket_family *family; /* of a socket, or NULL */
};

void file_reference(struct file *file);
void file_release(struct file *file);

/* An open file of given operations (pipes); takes a reference of `inode`, which may be NULL. NULL: too many files. */
struct file *file_create(const struct file_operations *operations, struct inode *inode, void *context, uint32_t flags);

/* Descriptor tables. */
struct files *files_create(void);
struct files *files_clone(struct files *files); /* fork: the same open files; NULL when out of memory */
struct files *files_share(struct files *files); /* a thread: the same table */
void files_release(struct files *files);        /* exit */
int files_unshare(void);                        /* the running thread gets a copy of its own: 0 or -ENOMEM */
void files_close_on_exec(struct files *files);

/* The open file behind a descriptor of the running process, one reference added; NULL when there is none. */
struct file *files_get(int descriptor);

/* The same without a reference, for the length of one system call. Where threads share the table, and another one may
 * close the descriptor meanwhile, the file is held until files_release_held. */
struct file *files_borrow(int descriptor);

/* Gives back what files_borrow held: at the end of each system call, and before a poll looks anew. */
void files_release_held(void);

/* Puts a file, whose reference is taken over also on failure, at the lowest free descriptor from `lowest` on:
 * the descriptor, or -EMFILE. `close_on_exec` marks it. */
int files_add(struct file *file, int lowest, bool close_on_exec);

/* Puts a file, whose reference is taken over also on failure, at this descriptor and closes what was there: the
 * descriptor, or -EBADF. */
int files_put(struct file *file, int descriptor, bool close_on_exec);

int files_close(int descriptor); /* 0 or -EBADF */
int files_close_on_exec_get(int descriptor);
int files_close_on_exec_set(int descriptor, bool close_on_exec);

/* The descriptors of any process, for /proc/PID/fd: the next open one from `descriptor` on, or -1. */
int files_next(const struct files *files, int descriptor, struct file **file);

/* Open files in the whole system; ENFILE beyond. */
#define FILES_SYSTEM_LIMIT 16384u
uint32_t file_open_count(void);

/* Descriptors that a process may have (RLIMIT_NOFILE). */
#define FILES_LIMIT 1024

/* Opens a path for the kernel itself (exec, init): 0 and a file with one reference, or -errno. `path` is kernel memory.
 */
int file_open(const char *path, uint32_t flags, uint32_t mode, struct file **file);

/* The same from a directory other than the current one. */
int file_open_at(struct inode *start, const char *path, uint32_t flags, uint32_t mode, struct file **file);

/* Opens an inode whose permissions were checked: 0 and a file with one reference, or -errno. */
int file_open_inode(struct inode *inode, uint32_t flags, struct file **opened);

/* In the flags of a file that the kernel writes for itself: no process's RLIMIT_FSIZE holds for it. */
#define FILE_UNLIMITED (1u << 31)

/* Opens a new file in memory that no name leads to: 0, -ENOSPC, -ENFILE. */
int file_open_unnamed(uint32_t flags, uint32_t mode, struct file **file);

/* Reads into kernel memory (program headers, scripts): bytes or -errno. */
long file_read_kernel(struct file *file, void *to, size_t bytes, uint64_t offset);

/* Where a write to a regular file, which may reach `limit`, begins; cuts *bytes to what has room. 0, or -EFBIG (and
 * SIGXFSZ where it is the process's limit). */
int file_write_place(const struct file *file, uint64_t position, uint64_t limit, uint64_t *at, size_t *bytes);

/* May the running process make the file so long? 0, or -EFBIG and SIGXFSZ. */
int file_check_size(const struct inode *inode, uint64_t bytes);

/* The seek of regular files: anywhere from 0 on. */
long file_seek(struct file *file, int64_t offset, int whence);

/* For exec: may the running process execute it? 0, -EACCES ... */
int file_check_execute(struct file *file);

/* Inodes are counted. */
void inode_reference(struct inode *inode);
void inode_release(struct inode *inode);
struct inode *inode_root(void);

/* Mounts ramfs at /, unpacks the cpio archive into it, adds /dev and /proc. Panics with a clear line when the archive
 * is corrupt (a corrupt boot file must not look like a missing program). */
void fs_start(const void *archive, size_t archive_bytes);

#endif
