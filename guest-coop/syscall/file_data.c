/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that move data through a descriptor, and those that set its position or length.
 */
#include "syscall/file_calls.h"

#include "fs/inode.h"
#include "fs/notify.h"
#include "kernel/errno.h"
#include "memory/user_copy.h"
#include "syscall/user_path.h"

/* The file behind a descriptor if it may be read, with an operation for it; NULL and *status otherwise. */
static struct file *file_data_reader(uint64_t descriptor, long *status)
{
    struct file *file = files_borrow((int)descriptor);

    if (!file || (file->flags & (ABI_O_WRONLY | ABI_O_PATH)))
        *status = -EBADF;
    else if (!file->operations->read)
        *status = file->operations->directory_entries ? -EISDIR : -EINVAL;
    else
        return file;
    return NULL;
}

static struct file *file_data_writer(uint64_t descriptor, long *status)
{
    struct file *file = files_borrow((int)descriptor);

    if (!file || (file->flags & ABI_O_PATH) || (file->flags & ABI_O_ACCESS) == ABI_O_RDONLY)
        *status = -EBADF;
    else if (!file->operations->write)
        *status = -EINVAL;
    else
        return file;
    return NULL;
}

typedef long file_data_call(const struct syscall_arguments *a);

static size_t file_data_limit(uint64_t bytes)
{
    return bytes < ABI_TRANSFER_LIMIT ? bytes : ABI_TRANSFER_LIMIT;
}

/* While somebody watches something: a call that moves bytes, which is told when it has moved some. */
static __attribute__((noinline)) long file_data_watched(const struct syscall_arguments *a, file_data_call *call,
                                                        uint32_t event)
{
    struct file *file = files_borrow((int)a->a0);
    long moved = call(a);

    if (moved > 0)
        notify_inode(file->inode, event);
    return moved;
}

static inline long file_data_read(const struct syscall_arguments *a)
{
    long status;
    struct file *file = file_data_reader(a->a0, &status);
    return file ? file->operations->read(file, a->a1, file_data_limit(a->a2), &file->position) : status;
}

long file_sys_read(const struct syscall_arguments *a)
{
    return notify_active ? file_data_watched(a, file_data_read, NOTIFY_ACCESS) : file_data_read(a);
}

static inline long file_data_write(const struct syscall_arguments *a)
{
    long status;
    struct file *file = file_data_writer(a->a0, &status);
    return file ? file->operations->write(file, a->a1, file_data_limit(a->a2), &file->position) : status;
}

long file_sys_write(const struct syscall_arguments *a)
{
    return notify_active ? file_data_watched(a, file_data_write, NOTIFY_MODIFY) : file_data_write(a);
}

/* A position as an argument: 0, -EINVAL, or -ESPIPE for files without positions. */
static long file_data_position(const struct file *file, uint64_t position)
{
    if ((int64_t)position < 0)
        return -EINVAL;
    return file->operations->seek ? 0 : -ESPIPE;
}

typedef long file_data_transfer(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position);

/* Calls the operation for one vector after the other until one comes short. */
static long file_data_vectors(struct file *file, file_data_transfer *transfer, const struct syscall_arguments *a,
                              uint64_t *position)
{
    size_t done = 0;

    if (a->a2 > ABI_IOV_LIMIT)
        return -EINVAL;
    for (uint64_t i = 0; i < a->a2; i++) {
        struct abi_iovec vector;
        long moved = -EFAULT;
        if (user_copy_in(&vector, a->a1 + i * sizeof(vector), sizeof(vector)) == 0)
            moved = (int64_t)vector.bytes < 0 ? -EINVAL : 0;
        if (moved == 0 && vector.bytes)
            moved = transfer(file, vector.base, file_data_limit(vector.bytes), position);
        if (moved < 0)
            return done ? (long)done : moved;
        done += (size_t)moved;
        if ((uint64_t)moved < vector.bytes)
            break;
    }
    return (long)done;
}

static inline long file_data_readv(const struct syscall_arguments *a)
{
    long status;
    struct file *file = file_data_reader(a->a0, &status);
    return file ? file_data_vectors(file, file->operations->read, a, &file->position) : status;
}

long file_sys_readv(const struct syscall_arguments *a)
{
    return notify_active ? file_data_watched(a, file_data_readv, NOTIFY_ACCESS) : file_data_readv(a);
}

static inline long file_data_writev(const struct syscall_arguments *a)
{
    long status;
    struct file *file = file_data_writer(a->a0, &status);
    return file ? file_data_vectors(file, file->operations->write, a, &file->position) : status;
}

long file_sys_writev(const struct syscall_arguments *a)
{
    return notify_active ? file_data_watched(a, file_data_writev, NOTIFY_MODIFY) : file_data_writev(a);
}

/* A transfer at a position of its own, of one buffer or of vectors. */
static long file_data_at(const struct syscall_arguments *a, bool writes, bool vectors)
{
    long status;
    uint64_t position = a->a3;
    struct file *file = writes ? file_data_writer(a->a0, &status) : file_data_reader(a->a0, &status);

    if (file)
        status = file_data_position(file, position);
    if (!file || status)
        return status;
    file_data_transfer *transfer = writes ? file->operations->write : file->operations->read;
    if (vectors)
        return file_data_vectors(file, transfer, a, &position);
    return transfer(file, a->a1, file_data_limit(a->a2), &position);
}

static long file_data_pread64(const struct syscall_arguments *a)
{
    return file_data_at(a, false, false);
}

long file_sys_pread64(const struct syscall_arguments *a)
{
    return notify_active ? file_data_watched(a, file_data_pread64, NOTIFY_ACCESS) : file_data_pread64(a);
}

static long file_data_pwrite64(const struct syscall_arguments *a)
{
    return file_data_at(a, true, false);
}

long file_sys_pwrite64(const struct syscall_arguments *a)
{
    return notify_active ? file_data_watched(a, file_data_pwrite64, NOTIFY_MODIFY) : file_data_pwrite64(a);
}

static long file_data_preadv(const struct syscall_arguments *a)
{
    return file_data_at(a, false, true);
}

long file_sys_preadv(const struct syscall_arguments *a)
{
    return notify_active ? file_data_watched(a, file_data_preadv, NOTIFY_ACCESS) : file_data_preadv(a);
}

static long file_data_pwritev(const struct syscall_arguments *a)
{
    return file_data_at(a, true, true);
}

long file_sys_pwritev(const struct syscall_arguments *a)
{
    return notify_active ? file_data_watched(a, file_data_pwritev, NOTIFY_MODIFY) : file_data_pwritev(a);
}

/* Position -1 is the file's own. No flag of a single transfer is there. */
long file_sys_preadv2(const struct syscall_arguments *a)
{
    if (a->a5)
        return -EOPNOTSUPP;
    return (int64_t)a->a3 == -1 ? file_sys_readv(a) : file_sys_preadv(a);
}

long file_sys_pwritev2(const struct syscall_arguments *a)
{
    if (a->a5)
        return -EOPNOTSUPP;
    return (int64_t)a->a3 == -1 ? file_sys_writev(a) : file_sys_pwritev(a);
}

long file_sys_lseek(const struct syscall_arguments *a)
{
    struct file *file = files_borrow((int)a->a0);

    if (!file || (file->flags & ABI_O_PATH))
        return -EBADF;
    return file->operations->seek ? file->operations->seek(file, (int64_t)a->a1, (int)a->a2) : -ESPIPE;
}

long file_sys_getdents64(const struct syscall_arguments *a)
{
    struct file *file = files_borrow((int)a->a0);

    if (!file || (file->flags & ABI_O_PATH))
        return -EBADF;
    if (!file->operations->directory_entries)
        return -ENOTDIR;
    long status = file->operations->directory_entries(file, a->a1, (uint32_t)a->a2);
    if (notify_active && status >= 0)
        notify_inode(file->inode, NOTIFY_ACCESS);
    return status;
}

#define FILE_FIONBIO  0x5421u
#define FILE_FIONCLEX 0x5450u
#define FILE_FIOCLEX  0x5451u

static long file_data_set_nonblocking(struct file *file, uint64_t user_flag)
{
    int32_t flag;
    if (user_copy_in(&flag, user_flag, sizeof(flag)))
        return -EFAULT;
    file->flags = flag ? file->flags | ABI_O_NONBLOCK : file->flags & ~ABI_O_NONBLOCK;
    return 0;
}

long file_sys_ioctl(const struct syscall_arguments *a)
{
    struct file *file = files_borrow((int)a->a0);

    if (!file || (file->flags & ABI_O_PATH))
        return -EBADF;
    switch ((uint32_t)a->a1) {
    case FILE_FIONBIO:
        return file_data_set_nonblocking(file, a->a2);
    case FILE_FIOCLEX:
    case FILE_FIONCLEX:
        return files_close_on_exec_set((int)a->a0, (uint32_t)a->a1 == FILE_FIOCLEX);
    default:
        return file->operations->ioctl ? file->operations->ioctl(file, (uint32_t)a->a1, a->a2) : -ENOTTY;
    }
}

long file_sys_truncate(const struct syscall_arguments *a)
{
    struct inode *inode;

    if ((int64_t)a->a1 < 0)
        return -EINVAL;
    long status = user_path_find(ABI_AT_FDCWD, a->a0, PATH_FOLLOW, false, &inode);
    if (status)
        return status;
    if (inode_is_directory(inode))
        status = -EISDIR;
    else if (!inode->operations->truncate)
        status = -EINVAL;
    else
        status = inode_check_changeable(inode);
    if (status == 0)
        status = inode_permission(inode, ABI_MAY_WRITE);
    if (status == 0)
        status = file_check_size(inode, a->a1);
    if (status == 0)
        status = inode->operations->truncate(inode, a->a1);
    if (status == 0 && notify_active)
        notify_inode(inode, NOTIFY_MODIFY);
    inode_release(inode);
    return status;
}

long file_sys_ftruncate(const struct syscall_arguments *a)
{
    struct file *file = files_borrow((int)a->a0);

    if (!file || (file->flags & ABI_O_PATH))
        return -EBADF;
    if ((int64_t)a->a1 < 0 || (file->flags & ABI_O_ACCESS) == ABI_O_RDONLY || !file->operations->truncate)
        return -EINVAL;
    int status = file_check_size(file->inode, a->a1);
    if (status == 0)
        status = (int)file->operations->truncate(file, a->a1);
    if (status == 0 && notify_active)
        notify_inode(file->inode, NOTIFY_MODIFY);
    return status;
}

long file_sys_fsync(const struct syscall_arguments *a)
{
    struct file *file = files_borrow((int)a->a0);

    if (!file || (file->flags & ABI_O_PATH))
        return -EBADF;
    if (file->operations->sync)
        return file->operations->sync(file);
    return file->operations->seek ? 0 : -EINVAL;
}

long file_sys_fdatasync(const struct syscall_arguments *a)
{
    return file_sys_fsync(a);
}

#define SYNC_RANGE_FLAGS 7u

/* The whole file: that is more than was asked for. */
long file_sys_sync_file_range(const struct syscall_arguments *a)
{
    const struct file *file = files_borrow((int)a->a0);

    if (!file || (file->flags & ABI_O_PATH))
        return -EBADF;
    if ((int64_t)a->a1 < 0 || (int64_t)a->a2 < 0 || (int64_t)(a->a1 + a->a2) < 0 ||
        (a->a3 & ~(uint64_t)SYNC_RANGE_FLAGS))
        return -EINVAL;
    if (!file->operations->seek)
        return -ESPIPE;
    return a->a3 ? file_sys_fsync(a) : 0;
}

#define ALLOCATE_KEEP_SIZE  1u
#define ALLOCATE_PUNCH_HOLE 2u

long file_sys_fallocate(const struct syscall_arguments *a)
{
    struct file *file = files_borrow((int)a->a0);
    uint32_t mode = (uint32_t)a->a1;

    if (!file || (file->flags & ABI_O_PATH))
        return -EBADF;
    if ((int64_t)a->a2 < 0 || (int64_t)a->a3 <= 0)
        return -EINVAL;
    if (mode & ~(ALLOCATE_KEEP_SIZE | ALLOCATE_PUNCH_HOLE) || mode == ALLOCATE_PUNCH_HOLE)
        return -EOPNOTSUPP;
    if ((file->flags & ABI_O_ACCESS) == ABI_O_RDONLY)
        return -EBADF;
    if (!file->operations->seek)
        return -ESPIPE;
    if (inode_is_directory(file->inode))
        return -EISDIR;
    if (inode_type(file->inode) != ABI_S_IFREG)
        return -ENODEV;
    if ((int64_t)(a->a2 + a->a3) < 0)
        return -EFBIG;
    if (mode & ALLOCATE_PUNCH_HOLE)
        return file->operations->punch ? file->operations->punch(file, a->a2, a->a3) : -EOPNOTSUPP;
    if (!file->operations->allocate)
        return -EOPNOTSUPP;
    int status = mode & ALLOCATE_KEEP_SIZE ? 0 : file_check_size(file->inode, a->a2 + a->a3);
    return status ? status : file->operations->allocate(file, a->a2, a->a3, mode & ALLOCATE_KEEP_SIZE);
}

/* Nothing is far away: files are in memory, and a disk's are read when they are wanted. */
long file_sys_readahead(const struct syscall_arguments *a)
{
    const struct file *file = files_borrow((int)a->a0);

    if (!file || (file->flags & (ABI_O_WRONLY | ABI_O_PATH)))
        return -EBADF;
    return file->inode && inode_type(file->inode) == ABI_S_IFREG ? 0 : -EINVAL;
}

/* Advice is taken note of by doing nothing, as it may be. */
long file_sys_fadvise64(const struct syscall_arguments *a)
{
    const struct file *file = files_borrow((int)a->a0);
    return !file ? -EBADF : file->operations->seek ? 0 : -ESPIPE;
}
