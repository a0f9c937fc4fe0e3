/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmap and its kin: flags of the Linux ABI turned into changes of areas.
 */
#include "fs/inode.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "kernel/vdso.h"
#include "memory/address_space.h"
#include "memory/frame.h"
#include "memory/layout.h"
#include "memory/page_table.h"
#include "memory/shared_memory.h"
#include "memory/swap.h"
#include "memory/swap_area.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"

#define MAP_PRIVATE_FLAG         0x02u
#define MAP_TYPE                 0x0fu
#define MAP_FIXED_FLAG           0x10u
#define MAP_ANONYMOUS_FLAG       0x20u
#define MAP_NO_RESERVE_FLAG      0x4000u
#define MAP_FIXED_NOREPLACE_FLAG 0x100000u
#define MAP_LOCKED_FLAG          0x2000u
#define MAP_POPULATE_FLAG        0x8000u
#define PROTECTION_ALL           7u
#define ADVICE_POPULATE_READ     22u
#define ADVICE_POPULATE_WRITE    23u
#define ADVICE_KNOWN             0xfffd1fu /* one bit each, up to the last; not REMOVE */
#define LOCK2_ON_FAULT           1u
#define LOCK_ALL_CURRENT         1u
#define LOCK_ALL_FUTURE          2u
#define LOCK_ALL_ON_FAULT        4u
#define LOCK_ALL_FLAGS           7u
#define SYNC_BOTH                5u /* MS_ASYNC and MS_SYNC */
#define SYNC_ALL                 7u
#define PAGE_MASK                4095ul

static struct address_space *memory_space(void)
{
    return process_current()->space;
}

/* The file that a mapping is of, with a reference: 0, or -errno; *file = NULL for private anonymous memory. */
static int memory_map_file(uint32_t flags, uint32_t protection, int descriptor, uint64_t bytes, struct file **file)
{
    bool shared = (flags & MAP_TYPE) != MAP_PRIVATE_FLAG;
    *file = 0;
    if (flags & MAP_ANONYMOUS_FLAG) {
        if (shared)
            *file = shared_memory_create(bytes);
        return shared && !*file ? -ENOMEM : 0;
    }
    *file = files_get(descriptor);
    if (!*file)
        return -EBADF;
    uint32_t access = (*file)->flags & ABI_O_ACCESS;
    int status = 0;
    if (!(*file)->operations->page)
        status = -ENODEV;
    else if (access == ABI_O_WRONLY || (shared && (protection & AREA_WRITE) && access != ABI_O_RDWR))
        status = -EACCES;
    else if (protection & AREA_EXEC && (*file)->inode && inode_volume_is((*file)->inode, VOLUME_NO_EXECUTE))
        status = -EPERM;
    if (status < 0)
        file_release(*file);
    return status;
}

/* Brings all pages of a range in, as if they were touched: 0, or -ENOMEM where nothing is mapped or memory is short. */
static long memory_populate(uint64_t start, uint64_t end)
{
    struct address_space *space = memory_space();
    for (uint64_t address = start; address < end; address += PAGE_MASK + 1) {
        const struct area *area = area_find(&space->areas, address);
        if (!area)
            return -ENOMEM;
        if (!area->protection) { /* however large */
            address = area->end - FRAME_BYTES;
            continue;
        }
        const uint64_t *slot = page_table_find(space->root, address);
        bool writes = (area->protection & AREA_WRITE) && !(area->flags & AREA_SHARED);
        if (slot && page_present(*slot) && (!writes || (*slot & X86_PTE_W)))
            continue;
        if (address_space_fault(space, address, X86_PF_USER | (writes ? X86_PF_WRITE : 0), address) != FAULT_RESOLVED)
            return -ENOMEM;
        address -= PAGE_MASK + 1; /* it may have made room only, or another page has come: looked at again */
    }
    return 0;
}

/* What a locked mapping has grown by; what cannot be brought in now is left to the faults. */
static __attribute__((noinline)) void memory_populate_locked(uint64_t start, uint64_t end)
{
    const struct area *area = area_find(&memory_space()->areas, end - 1);
    if (area && area->flags & AREA_LOCKED && !memory_space()->lock_on_fault)
        memory_populate(start & ~PAGE_MASK, end);
}

/* May a mapping be locked, as it asks itself or mlockall has asked before? 0 or -errno. */
static __attribute__((noinline)) int memory_map_locked(uint32_t flags, uint64_t bytes)
{
    int status = address_space_may_lock(memory_space(), (bytes + PAGE_MASK) / (PAGE_MASK + 1));
    if (status < 0)
        return status == -EPERM && flags & MAP_LOCKED_FLAG ? -EPERM : -EAGAIN;
    return 0;
}

/* Linux' heuristic (Documentation/mm/overcommit-accounting): more than there is at all is refused, less is let be. */
static bool memory_never_enough(uint64_t bytes)
{
    return bytes > (frame_total_count() + swap_area_total()) * FRAME_BYTES;
}

/* Does a mapping take frames that are its own? */
static bool memory_takes_frames(uint32_t protection, uint32_t flags)
{
    if (flags & MAP_NO_RESERVE_FLAG)
        return false;
    return (flags & MAP_TYPE) == MAP_PRIVATE_FLAG ? protection & AREA_WRITE : flags & MAP_ANONYMOUS_FLAG;
}

/* What a mapping of a file can never become, whatever mprotect(2) asks for. */
static uint32_t memory_map_never(const struct file *file, bool shared)
{
    uint32_t never = shared && (file->flags & ABI_O_ACCESS) != ABI_O_RDWR ? AREA_NO_WRITE : 0;
    return file->inode && inode_volume_is(file->inode, VOLUME_NO_EXECUTE) ? never | AREA_NO_EXEC : never;
}

long kernel_sys_mmap(const struct syscall_arguments *a)
{
    uint32_t protection = (uint32_t)a->a2, flags = (uint32_t)a->a3;
    struct file *file = 0;
    if ((flags & MAP_TYPE) == 0 || (flags & MAP_TYPE) > 3 || (protection & ~PROTECTION_ALL) || (a->a5 & PAGE_MASK))
        return -EINVAL;
    if (a->a1 == 0)
        return -EINVAL;
    bool fixed = flags & (MAP_FIXED_FLAG | MAP_FIXED_NOREPLACE_FLAG);
    if ((flags & MAP_FIXED_NOREPLACE_FLAG) && a->a0 + a->a1 > USER_STACK_TOP && vdso_settle(memory_space()) < 0)
        return -ENOMEM;
    if ((flags & MAP_FIXED_NOREPLACE_FLAG) && !area_range_free(&memory_space()->areas, a->a0, a->a0 + a->a1))
        return -EEXIST;
    if (memory_takes_frames(protection, flags) && memory_never_enough(a->a1))
        return -ENOMEM;
    uint32_t area_flags = (flags & MAP_TYPE) == MAP_PRIVATE_FLAG ? 0 : AREA_SHARED;
    uint32_t locked = flags & MAP_LOCKED_FLAG ? AREA_LOCKED : memory_space()->lock_next;
    int status = locked ? memory_map_locked(flags, a->a1) : 0;
    if (status == 0)
        status = memory_map_file(flags, protection, (int)a->a4, a->a1, &file);
    if (status < 0)
        return status;
    if (!(flags & MAP_ANONYMOUS_FLAG))
        area_flags |= memory_map_never(file, area_flags & AREA_SHARED);
    area_flags |= locked;
    uint64_t index = flags & MAP_ANONYMOUS_FLAG ? 0 : a->a5 >> 12;
    long address = address_space_map(memory_space(), a->a0, a->a1, protection, area_flags, fixed, file, index);
    if (file)
        file_release(file);
    /* What cannot be brought in now is left to the faults. */
    bool now = flags & MAP_POPULATE_FLAG || (locked && !memory_space()->lock_on_fault);
    if (now && address > 0)
        memory_populate((uint64_t)address, (uint64_t)address + a->a1);
    return address;
}

long kernel_sys_munmap(const struct syscall_arguments *a)
{
    return address_space_unmap(memory_space(), a->a0, a->a1);
}

long kernel_sys_mprotect(const struct syscall_arguments *a)
{
    if (a->a2 & ~(uint64_t)PROTECTION_ALL)
        return -EINVAL;
    return address_space_protect(memory_space(), a->a0, a->a1, (uint32_t)a->a2);
}

long kernel_sys_brk(const struct syscall_arguments *a)
{
    struct address_space *space = memory_space();
    uint64_t old = space->break_end;
    if (a->a0 > old && memory_never_enough(a->a0 - old))
        return (long)old;
    uint64_t end = address_space_break(space, a->a0);
    if (space->lock_next && !space->lock_on_fault && end > old)
        memory_populate((old + PAGE_MASK) & ~PAGE_MASK, end);
    return (long)end;
}

long kernel_sys_mremap(const struct syscall_arguments *a)
{
    bool keep = a->a3 & REMAP_KEEP;
    if (a->a3 & ~(uint64_t)(REMAP_MAY_MOVE | REMAP_FIXED | REMAP_KEEP))
        return -EINVAL;
    if (a->a3 & (REMAP_FIXED | REMAP_KEEP) && !(a->a3 & REMAP_MAY_MOVE))
        return -EINVAL;
    if (keep && a->a1 != a->a2)
        return -EINVAL;
    bool grows = (keep || a->a2 > a->a1) && a->a2 < USER_TOP;
    const struct area *area = grows ? area_find(&memory_space()->areas, a->a0) : NULL;
    bool own = area && !(area->flags & AREA_SHARED) && area->protection & AREA_WRITE;
    if (own && memory_never_enough(keep ? a->a2 : a->a2 - a->a1))
        return -ENOMEM;
    long address = address_space_remap(memory_space(), a->a0, a->a1, a->a2, (uint32_t)a->a3, a->a4);
    if (address > 0 && memory_space()->locked_pages && a->a2 > a->a1)
        memory_populate_locked((uint64_t)address + a->a1, (uint64_t)address + a->a2);
    return address;
}

/* Is everything in [start, start + bytes) mapped? */
static bool memory_mapped(uint64_t start, uint64_t bytes)
{
    uint64_t end = start + ((bytes + PAGE_MASK) & ~PAGE_MASK);
    if (end > USER_STACK_TOP && vdso_settle(memory_space()) < 0)
        return false;
    while (start < end) {
        const struct area *area = area_find(&memory_space()->areas, start);
        if (!area)
            return false;
        start = area->end;
    }
    return true;
}

/* Locks bring in, keep, and are counted. */
static long memory_lock(const struct syscall_arguments *a, bool bring_in)
{
    uint64_t start = a->a0 & ~PAGE_MASK, bytes = a->a1 + (a->a0 & PAGE_MASK);
    uint64_t end = (start + bytes + PAGE_MASK) & ~PAGE_MASK;
    struct address_space *space = memory_space();
    int status = address_space_may_lock(space, 0);
    if (status == -EPERM)
        return status;
    if (bytes < a->a1 || bytes > USER_TOP || start > USER_TOP - bytes)
        return -EINVAL;
    if (!memory_mapped(start, bytes))
        return -ENOMEM;
    status = address_space_may_lock(space, ((end - start) >> 12) - address_space_locked(space, start, end));
    if (status == 0 && bytes)
        status = address_space_lock(space, start, end, true);
    return status == 0 && bring_in ? memory_populate(start, end) : status;
}

long kernel_sys_mlock(const struct syscall_arguments *a)
{
    return memory_lock(a, true);
}

long kernel_sys_mlock2(const struct syscall_arguments *a)
{
    return a->a2 & ~(uint64_t)LOCK2_ON_FAULT ? -EINVAL : memory_lock(a, !(a->a2 & LOCK2_ON_FAULT));
}

long kernel_sys_munlock(const struct syscall_arguments *a)
{
    uint64_t start = a->a0 & ~PAGE_MASK, bytes = a->a1 + (a->a0 & PAGE_MASK);
    if (bytes < a->a1 || bytes > USER_TOP || start > USER_TOP - bytes)
        return -EINVAL;
    if (!memory_mapped(start, bytes))
        return -ENOMEM;
    return bytes ? address_space_lock(memory_space(), start, (start + bytes + PAGE_MASK) & ~PAGE_MASK, false) : 0;
}

/* Brings in what there is of each area. By address: a file's page may take its time, and another thread change areas.
 */
static void memory_populate_all(void)
{
    const struct area *area;
    for (uint64_t at = 0; (area = area_find_from(&memory_space()->areas, at)) != NULL;) {
        uint64_t start = area->start > at ? area->start : at;
        at = area->end;
        if (!area->file || area->file->operations->page)
            memory_populate(start, at);
    }
}

long kernel_sys_mlockall(const struct syscall_arguments *a)
{
    struct address_space *space = memory_space();
    if (!a->a0 || a->a0 & ~(uint64_t)LOCK_ALL_FLAGS || a->a0 == LOCK_ALL_ON_FAULT)
        return -EINVAL;
    bool now = a->a0 & LOCK_ALL_CURRENT;
    int status = address_space_may_lock(space, now ? space->mapped_pages - space->locked_pages : 0);
    if (status == -EPERM || (status < 0 && now))
        return status;
    space->lock_next = a->a0 & LOCK_ALL_FUTURE ? AREA_LOCKED : 0;
    space->lock_on_fault = a->a0 & LOCK_ALL_ON_FAULT;
    if (now)
        address_space_lock_all(space, true);
    if (now && !space->lock_on_fault)
        memory_populate_all();
    return 0;
}

long kernel_sys_munlockall(const struct syscall_arguments *a)
{
    (void)a;
    memory_space()->lock_next = 0;
    memory_space()->lock_on_fault = false;
    address_space_lock_all(memory_space(), false);
    return 0;
}

/* Shared file pages are the file's own: what is on a disk is written by fsync. */
long kernel_sys_msync(const struct syscall_arguments *a)
{
    if ((a->a0 & PAGE_MASK) || (a->a2 & ~(uint64_t)SYNC_ALL) || (a->a2 & SYNC_BOTH) == SYNC_BOTH)
        return -EINVAL;
    return a->a1 <= USER_TOP && memory_mapped(a->a0, a->a1) ? 0 : -ENOMEM;
}

/* Resident is what this process has touched. */
long kernel_sys_mincore(const struct syscall_arguments *a)
{
    if (a->a0 & PAGE_MASK)
        return -EINVAL;
    if (a->a1 > USER_TOP || a->a0 > USER_TOP - a->a1 || !memory_mapped(a->a0, a->a1))
        return -ENOMEM;
    for (uint64_t offset = 0; offset < a->a1; offset += PAGE_MASK + 1) {
        const uint64_t *slot = page_table_find(memory_space()->root, a->a0 + offset);
        uint8_t resident = slot && page_present(*slot);
        if (user_copy_out(a->a2 + offset / (PAGE_MASK + 1), &resident, 1))
            return -EFAULT;
    }
    return 0;
}

/* MADV_POPULATE_READ and _WRITE: what may not be touched so is refused before anything is. */
static long memory_populate_advised(uint64_t start, uint64_t end, uint32_t needed)
{
    for (uint64_t at = start; at < end;) {
        const struct area *area = area_find(&memory_space()->areas, at);
        if (!area)
            return -ENOMEM;
        if (!(area->protection & needed))
            return -EINVAL;
        at = area->end;
    }
    return memory_populate(start, end);
}

long kernel_sys_madvise(const struct syscall_arguments *a)
{
    if (a->a0 & PAGE_MASK || a->a0 + a->a1 < a->a0 || a->a2 > ADVICE_POPULATE_WRITE || !(ADVICE_KNOWN >> a->a2 & 1))
        return -EINVAL;
    if (a->a2 == ADVICE_DONTNEED && !memory_space()->locked_pages)
        return address_space_discard(memory_space(), a->a0, a->a1);
    if (a->a1 > USER_TOP || a->a0 > USER_TOP - a->a1)
        return -ENOMEM;
    if (a->a2 >= ADVICE_POPULATE_READ)
        return memory_populate_advised(a->a0, a->a0 + a->a1, a->a2 == ADVICE_POPULATE_READ ? AREA_READ : AREA_WRITE);
    return address_space_advise(memory_space(), a->a0, (a->a0 + a->a1 + PAGE_MASK) & ~PAGE_MASK, (unsigned)a->a2);
}
