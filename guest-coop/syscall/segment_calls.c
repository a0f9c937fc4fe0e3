/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System V shared memory: segments of pages that processes attach. Each is an open file that its mappings hold; the
 * last mapping of a removed one frees it.
 */
#include "fs/file.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/ipc.h"
#include "kernel/limits.h"
#include "kernel/process.h"
#include "kernel/user_count.h"
#include "kernel/vdso.h"
#include "memory/address_space.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/layout.h"
#include "memory/shared_memory.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"

#define ATTACH_READ_ONLY 010000u
#define ATTACH_ROUND     020000u
#define ATTACH_REPLACE   040000u
#define ATTACH_EXECUTE   0100000u

#define MODE_REMOVED 01000u /* goes with its last mapping */
#define MODE_LOCKED  02000u

#define COMMAND_LOCK     11u
#define COMMAND_UNLOCK   12u
#define COMMAND_STAT     13u
#define COMMAND_INFO     14u
#define COMMAND_STAT_ANY 15u

#define PAGE_MASK (FRAME_BYTES - 1)

struct segment {
    struct ipc_object object; /* first: the two are converted by a cast */
    struct file *file;        /* one reference held until it is removed; the others are mappings */
    struct shared_memory *memory;
    struct user_count *locker; /* for whom its pages count as locked, or NULL */
    uint64_t bytes;
    int64_t attached, detached;
    int creator, last;
};

/* struct shmid64_ds */
struct segment_status {
    struct ipc_permissions permissions;
    uint64_t bytes;
    int64_t attached, detached, changed;
    int32_t creator, last;
    uint64_t mappings, unused[2];
};
_Static_assert(sizeof(struct segment_status) == 112, "struct shmid64_ds");

/* struct shminfo64, struct shm_info */
struct segment_limits {
    uint64_t bytes_most, bytes_least, segments, segments_each, pages, unused[4];
};
struct segment_usage {
    int32_t segments, pad;
    uint64_t pages, resident, swapped, swap_attempts, swap_successes;
};

static uint64_t segment_pages(const struct segment *segment)
{
    return (segment->bytes + PAGE_MASK) / FRAME_BYTES;
}

static void segment_unlock(struct segment *segment)
{
    segment->object.mode &= ~MODE_LOCKED;
    if (!segment->locker)
        return;
    segment->locker->locked -= segment_pages(segment);
    user_count_settle(segment->locker);
    segment->locker = NULL;
}

static void segment_destroy(struct ipc_object *object)
{
    struct segment *segment = (struct segment *)object;
    segment_unlock(segment);
    shared_memory_free(segment->memory);
    heap_free(segment);
}

static struct ipc_table segment_table = {.destroy = segment_destroy};

static coop_paddr segment_page(struct file *file, uint64_t index)
{
    return shared_memory_page(((struct segment *)file->context)->memory, index);
}

static void segment_release(struct file *file)
{
    ipc_remove(&segment_table, file->context);
}

static const struct file_operations segment_operations = {.page = segment_page, .release = segment_release};

static struct segment *segment_find(uint64_t number)
{
    return (struct segment *)ipc_find(&segment_table, (int)number);
}

static bool segment_removed(const struct segment *segment)
{
    return segment->object.mode & MODE_REMOVED;
}

/* ---- making ---- */

static long segment_create(int key, uint64_t bytes, uint64_t flags)
{
    if (bytes < 1 || bytes > frame_total_count() * FRAME_BYTES)
        return -EINVAL;
    struct segment *segment = heap_allocate(sizeof(*segment));
    if (!segment)
        return -ENOMEM;
    segment->bytes = bytes;
    segment->creator = process_current()->leader_pid;
    segment->memory = shared_memory_make(segment_pages(segment));
    long status = segment->memory ? ipc_add(&segment_table, &segment->object, key, flags) : -ENOMEM;
    if (status < 0) {
        segment_destroy(&segment->object);
        return status;
    }
    segment->file = file_create(&segment_operations, 0, segment, 0);
    if (segment->file)
        return status;
    ipc_remove(&segment_table, &segment->object);
    return -ENOMEM;
}

long kernel_sys_shmget(const struct syscall_arguments *a)
{
    long status;
    struct ipc_object *object = ipc_lookup(&segment_table, (int)a->a0, a->a2, &status);
    if (status < 0)
        return status;
    if (!object)
        return segment_create((int)a->a0, a->a1, a->a2);
    return a->a1 > ((struct segment *)object)->bytes ? -EINVAL : object->number;
}

/* ---- attaching ---- */

/* The address that was asked for (0: any), or -EINVAL. */
static long segment_address(struct address_space *space, uint64_t address, uint64_t bytes, uint64_t flags)
{
    if (address & PAGE_MASK) {
        if (!(flags & ATTACH_ROUND))
            return -EINVAL;
        address &= ~PAGE_MASK;
    }
    if (address == 0)
        return flags & ATTACH_REPLACE ? -EINVAL : 0;
    if (address >= USER_TOP || bytes > USER_TOP - address)
        return -EINVAL;
    if (address + bytes > USER_STACK_TOP && vdso_settle(space) < 0)
        return -ENOMEM;
    bool free = area_range_free(&space->areas, address, address + ((bytes + PAGE_MASK) & ~PAGE_MASK));
    return free || flags & ATTACH_REPLACE ? (long)address : -EINVAL;
}

long kernel_sys_shmat(const struct syscall_arguments *a)
{
    struct process *process = process_current();
    struct segment *segment = segment_find(a->a0);
    if (!segment)
        return -EINVAL;
    long address = segment_address(process->space, a->a1, segment->bytes, a->a2);
    if (address < 0)
        return address;
    bool writable = !(a->a2 & ATTACH_READ_ONLY);
    long status = ipc_permission(&segment->object, writable ? IPC_READ | IPC_WRITE : IPC_READ);
    if (status < 0)
        return status;
    uint32_t protection = AREA_READ | (writable ? AREA_WRITE : 0) | (a->a2 & ATTACH_EXECUTE ? AREA_EXEC : 0);
    file_reference(segment->file); /* what is replaced may be its last mapping */
    status = address_space_map(process->space, (uint64_t)address, segment->bytes, protection,
                               AREA_SHARED | (writable ? 0 : AREA_NO_WRITE), address != 0, segment->file, 0);
    if (status > 0) {
        segment->attached = ipc_now();
        segment->last = process->leader_pid;
    }
    file_release(segment->file);
    return status;
}

/* Is this the mapping of a segment that was attached at the address, or a part of it? */
static bool segment_attached(const struct area *area, uint64_t address)
{
    return area->file && area->file->operations == &segment_operations &&
           area->start - address == area->page_index * FRAME_BYTES;
}

long kernel_sys_shmdt(const struct syscall_arguments *a)
{
    struct address_space *space = process_current()->space;
    struct area *area = a->a0 & PAGE_MASK ? 0 : area_find_from(&space->areas, a->a0);
    while (area && !segment_attached(area, a->a0))
        area = area->next;
    if (!area)
        return -EINVAL;
    struct file *file = area->file;
    struct segment *segment = file->context;
    uint64_t end = a->a0 + segment_pages(segment) * FRAME_BYTES;
    file_reference(file);
    while (area && area->start < end) {
        uint64_t start = area->start, bytes = area->end - start;
        bool wanted = area->file == file && segment_attached(area, a->a0);
        if (wanted)
            address_space_unmap(space, start, bytes);
        area = area_find_from(&space->areas, start + bytes);
    }
    segment->detached = ipc_now();
    segment->last = process_current()->leader_pid;
    file_release(file);
    return 0;
}

/* ---- control ---- */

static long segment_stat(const struct segment *segment, uint64_t address)
{
    struct segment_status status = {.bytes = segment->bytes,
                                    .attached = segment->attached,
                                    .detached = segment->detached,
                                    .changed = segment->object.changed,
                                    .creator = segment->creator,
                                    .last = segment->last,
                                    .mappings = segment->file->references - !segment_removed(segment)};
    ipc_describe(&segment->object, &status.permissions);
    return user_copy_out(address, &status, sizeof(status));
}

static long segment_info(uint64_t address, bool used)
{
    struct segment_limits limits = {.bytes_most = frame_total_count() * FRAME_BYTES,
                                    .bytes_least = 1,
                                    .segments = IPC_OBJECTS,
                                    .segments_each = IPC_OBJECTS,
                                    .pages = frame_total_count()};
    struct segment_usage usage = {.segments = ipc_count(&segment_table)};
    for (unsigned slot = 0; used && slot < IPC_OBJECTS; slot++) {
        const struct segment *segment = (struct segment *)ipc_at(&segment_table, slot);
        usage.pages += segment ? segment_pages(segment) : 0;
        usage.resident += segment ? shared_memory_resident(segment->memory) : 0;
    }
    if (used ? user_copy_out(address, &usage, sizeof(usage)) : user_copy_out(address, &limits, sizeof(limits)))
        return -EFAULT;
    return ipc_highest(&segment_table);
}

static void segment_remove(struct segment *segment)
{
    if (segment_removed(segment))
        return;
    segment->object.mode |= MODE_REMOVED;
    segment->object.key = 0;
    file_release(segment->file);
}

/* Locking asks for a capability of its own from who does not own the segment. */
static long segment_may_own(const struct ipc_object *object, bool locks)
{
    if (locks && capability_held(CAPABILITY_IPC_LOCK))
        return 0;
    uint32_t uid = process_current()->euid;
    if (locks)
        return uid == object->uid || uid == object->creator_uid ? 0 : -EPERM;
    return ipc_owner(object);
}

static bool segment_may_lock(void)
{
    return capability_held(CAPABILITY_IPC_LOCK) || limits_of(process_current(), LIMIT_LOCKED)->soft;
}

/* Nothing here is ever swapped out: all that it does is to be counted. */
static long segment_lock(struct segment *segment)
{
    if (!segment_may_lock())
        return -EPERM;
    if (segment->locker)
        return 0;
    struct user_count *user = user_count_get(process_current()->uid);
    if (!user)
        return -ENOMEM;
    uint64_t locked = user->locked + segment_pages(segment), limit = limits_of(process_current(), LIMIT_LOCKED)->soft;
    if (!capability_held(CAPABILITY_IPC_LOCK) && locked > limit / FRAME_BYTES) {
        user_count_settle(user);
        return -ENOMEM;
    }
    user->locked = locked;
    segment->locker = user;
    segment->object.mode |= MODE_LOCKED;
    return 0;
}

static long segment_owner_command(struct segment *segment, uint64_t command, uint64_t address)
{
    struct segment_status wanted;
    if (command == IPC_SET && user_copy_in(&wanted, address, sizeof(wanted)))
        return -EFAULT;
    bool locks = command == COMMAND_LOCK || command == COMMAND_UNLOCK;
    long status = segment->object.removed ? -EIDRM : segment_may_own(&segment->object, locks);
    if (status < 0)
        return status;
    if (command == COMMAND_LOCK)
        return segment_lock(segment);
    if (command == IPC_SET)
        ipc_change(&segment->object, &wanted.permissions);
    else if (command == COMMAND_UNLOCK)
        segment_unlock(segment);
    else
        segment_remove(segment);
    return 0;
}

static long segment_command(struct segment *segment, const struct syscall_arguments *a)
{
    bool by_slot = a->a1 == COMMAND_STAT || a->a1 == COMMAND_STAT_ANY;
    if (a->a1 == IPC_REMOVE || a->a1 == IPC_SET || a->a1 == COMMAND_LOCK || a->a1 == COMMAND_UNLOCK)
        return segment_owner_command(segment, a->a1, a->a2);
    if (a->a1 != IPC_STAT && !by_slot)
        return -EINVAL;
    long status = a->a1 == COMMAND_STAT_ANY ? 0 : ipc_permission(&segment->object, IPC_READ);
    if (status == 0)
        status = segment_stat(segment, a->a2);
    return status < 0 || !by_slot ? status : segment->object.number;
}

long kernel_sys_shmctl(const struct syscall_arguments *a)
{
    if ((int)a->a0 < 0)
        return -EINVAL;
    if (a->a1 == IPC_INFO || a->a1 == COMMAND_INFO)
        return segment_info(a->a2, a->a1 == COMMAND_INFO);
    bool by_slot = a->a1 == COMMAND_STAT || a->a1 == COMMAND_STAT_ANY;
    struct segment *segment = by_slot ? (struct segment *)ipc_at(&segment_table, a->a0) : segment_find(a->a0);
    if (!segment)
        return -EINVAL;
    ipc_reference(&segment->object); /* copies to and from the user may sleep */
    long status = segment_command(segment, a);
    ipc_release(&segment_table, &segment->object);
    return status;
}
