/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mmu part for direct page tables. Changes are written down as operations and go to the hypervisor together, at
 * the end of the section that they were made in (pv/pv.h): in the order in which they were made, so that what follows
 * may rely on what precedes without looking. What the CPU must forget is flushed when they are done.
 */
#include "pv/direct_mmu.h"
#include "kernel/panic.h"
#include "memory/frame_internal.h"
#include "memory/kernel_map.h"
#include "memory/page_table.h"
#include "pv/hypercall.h"
#include <coopvirt/primitives.h>

#define LEVEL_ROOT   4u
#define FLUSHES_MOST 4u
#define TARGETS      4u /* SDM vol. 3, "CR3-Target Controls": VT-x knows at most so many base pointers */

/* CPUID leaf 0, EBX: "Genu"ineIntel. VT-x lets a guest load base pointers that the hypervisor knows. */
#define VENDOR_INTEL 0x756e6547u

/* constant after start */
static uint64_t direct_window;          /* where coop_paddr 0 is seen */
static coop_paddr direct_operations_at; /* direct_operations */
static bool direct_loads_itself;        /* base pointers by MOV CR3, else by hypercall */
static bool direct_is_deprivileged;
static unsigned direct_limit = COOP_MMU_BATCH_MOST;

/* this CPU only */
static struct coop_mmu_operation direct_operations[COOP_MMU_BATCH_MOST] __attribute__((aligned(4096)));
static uint64_t direct_flushes[FLUSHES_MOST]; /* pages to be flushed after the operations; too many: everything */
static unsigned direct_flush_count;
static coop_paddr direct_root;
static coop_paddr direct_targets[TARGETS]; /* the roots that the hypervisor lets the CPU load, as far as can be known */
static unsigned direct_target_next;

static void direct_mmu_root_reload(void)
{
    pv_machine.vcpu->cr3_loads++;
    pv_native_mmu.root_load(direct_root);
}

static void direct_mmu_flush_waiting(void)
{
    if (direct_flush_count > FLUSHES_MOST)
        direct_mmu_root_reload();
    else
        for (unsigned i = 0; i < direct_flush_count; i++)
            pv_native_mmu.flush_page(direct_flushes[i]);
    direct_flush_count = 0;
}

/* The hypervisor came back early: to be called again, or since it refused what this kernel must not have asked for. */
static void direct_mmu_resume(int64_t result, unsigned count)
{
    unsigned done = 0;
    while (result >= 0 && (result >> 32 == 0 || result >> 32 == COOP_EAGAIN) && (uint32_t)result <= count - done) {
        done += (uint32_t)result;
        if (done == count)
            return;
        result = hypercall(COOP_HYPERCALL_MMU_BATCH, direct_operations_at + done * sizeof(direct_operations[0]),
                           count - done, 0);
    }
    if (result > 0)
        done += (uint32_t)result;
    panic("page-table operation %u of %u refused: result 0x%lx, target 0x%lx, value 0x%lx", done, count, result,
          direct_operations[done % COOP_MMU_BATCH_MOST].target, direct_operations[done % COOP_MMU_BATCH_MOST].value);
}

static void direct_mmu_batch_flush(void)
{
    unsigned count = pv_batch.waiting;
    pv_batch.waiting = 0;
    pv_batch.flushes++;
    int64_t result = hypercall(COOP_HYPERCALL_MMU_BATCH, direct_operations_at, count, 0);
    if (result != count)
        direct_mmu_resume(result, count);
    if (direct_flush_count)
        direct_mmu_flush_waiting();
}

static inline void direct_mmu_queue(uint64_t target, uint64_t value)
{
    struct coop_mmu_operation *operation = &direct_operations[pv_batch.waiting++];
    operation->target = target;
    operation->value = value;
    if (pv_batch.depth == 0 || pv_batch.waiting >= direct_limit)
        direct_mmu_batch_flush();
}

static void direct_mmu_pte_clear(uint64_t *slot, unsigned count)
{
    direct_mmu_queue(((uint64_t)slot - direct_window) | COOP_MMU_CLEAR, count);
}

static void direct_mmu_pte_set(uint64_t *slot, uint64_t entry)
{
    if (entry)
        direct_mmu_queue(((uint64_t)slot - direct_window) | COOP_MMU_SET, entry);
    else
        direct_mmu_pte_clear(slot, 1);
}

/* kernel_root has no user mode. */
static coop_paddr direct_mmu_user_root(coop_paddr root)
{
    return direct_is_deprivileged && root != kernel_root ? root + FRAME_BYTES : 0;
}

/* Whether MOV CR3 will not exit. Else the hypervisor is called, which is shorter than an exit, and lists the root in
 * turn. */
static bool direct_mmu_is_target(coop_paddr root)
{
    if (!direct_loads_itself)
        return false;
    for (unsigned i = 0; i < TARGETS; i++)
        if (direct_targets[i] == root)
            return true;
    direct_targets[direct_target_next] = root;
    direct_target_next = (direct_target_next + 1) % TARGETS;
    return false;
}

static void direct_mmu_root_load(coop_paddr root)
{
    direct_root = root;
    if (direct_mmu_is_target(root)) {
        if (pv_batch.waiting)
            direct_mmu_batch_flush();
        direct_mmu_root_reload();
    } else if (pv_batch.depth) {
        direct_mmu_queue(root | COOP_MMU_ROOT, direct_mmu_user_root(root));
    } else if (hypercall(COOP_HYPERCALL_ROOT, root, direct_mmu_user_root(root), 0) != 0) {
        panic("root 0x%lx refused", root);
    }
}

static coop_paddr direct_mmu_root_current(void)
{
    return direct_root;
}

static void direct_mmu_flush_page(uint64_t address)
{
    if (direct_is_deprivileged)
        direct_mmu_queue((address & ~(X86_PAGE_BYTES - 1)) | COOP_MMU_FLUSH_PAGE, 0);
    else if (pv_batch.waiting == 0)
        pv_native_mmu.flush_page(address);
    else if (direct_flush_count++ < FLUSHES_MOST)
        direct_flushes[direct_flush_count - 1] = address;
    else
        direct_flush_count = FLUSHES_MOST + 1;
}

static void direct_mmu_flush_user(void)
{
    if (!direct_loads_itself)
        direct_mmu_queue(COOP_MMU_FLUSH_ALL, 0);
    else if (pv_batch.waiting)
        direct_flush_count = FLUSHES_MOST + 1;
    else
        direct_mmu_root_reload();
}

static void direct_mmu_flush_all(void)
{
    if (pv_batch.waiting)
        direct_mmu_batch_flush();
    if (direct_is_deprivileged)
        direct_mmu_flush_user(); /* global pages are there none */
    else
        pv_native_mmu.flush_all();
}

/* Sets write access to a frame in the direct map. */
static void direct_mmu_protect(coop_paddr frame, uint64_t writable)
{
    uint64_t *slot = page_table_find(kernel_root, direct_window + frame);
    direct_mmu_queue(((uint64_t)slot - direct_window) | COOP_MMU_SET, (*slot & ~X86_PTE_W) | writable);
}

static unsigned direct_mmu_frames(unsigned level)
{
    return level == LEVEL_ROOT && direct_is_deprivileged ? 2 : 1;
}

/* The hypervisor empties what becomes a table, but in a section that is later, and the kernel reads on at once. */
static coop_paddr direct_mmu_table_born(unsigned level)
{
    unsigned frames = direct_mmu_frames(level);
    coop_paddr table = frame_run_allocate(frames);
    for (unsigned i = 0; table && i < frames; i++) {
        coop_paddr frame = table + i * FRAME_BYTES;
        page_clear(frame_address(frame));
        direct_mmu_protect(frame, 0);
        direct_mmu_queue(frame | COOP_MMU_TABLE_NEW, level);
    }
    return table;
}

static bool direct_mmu_table_died(coop_paddr table, unsigned level)
{
    unsigned frames = direct_mmu_frames(level);
    for (unsigned i = 0; i < frames; i++) {
        direct_mmu_queue((table + i * FRAME_BYTES) | COOP_MMU_TABLE_FREE, 0);
        direct_mmu_protect(table + i * FRAME_BYTES, X86_PTE_W);
    }
    pv_batch_settle(); /* a free frame is written */
    if (frames == 1)
        return true;
    frame_run_release(table);
    return false;
}

void direct_mmu_limit(uint64_t operations)
{
    direct_limit = operations > COOP_MMU_BATCH_MOST ? COOP_MMU_BATCH_MOST : (unsigned)operations;
}

void direct_mmu_start(struct pv_mmu_operations *mmu)
{
    direct_window = pv_machine.start_info->direct_map;
    direct_operations_at = pv_image_address(direct_operations);
    direct_is_deprivileged = pv_machine.features & COOP_FEATURE_DEPRIVILEGED;
    direct_loads_itself = !direct_is_deprivileged && pv_native_cpu.cpuid(0, 0).ebx == VENDOR_INTEL;
    direct_root = direct_targets[0] = pv_machine.start_info->root;
    direct_target_next = 1;
    page_table_root_frames = direct_mmu_frames(LEVEL_ROOT);
    *mmu = (struct pv_mmu_operations){
        .name = "direct",
        .pte_set = direct_mmu_pte_set,
        .pte_clear = direct_mmu_pte_clear,
        .root_load = direct_mmu_root_load,
        .root_current = direct_mmu_root_current,
        .flush_page = direct_mmu_flush_page,
        .flush_user = direct_mmu_flush_user,
        .flush_all = direct_mmu_flush_all,
        .table_born = direct_mmu_table_born,
        .table_died = direct_mmu_table_died,
        .batch_flush = direct_mmu_batch_flush,
    };
}
