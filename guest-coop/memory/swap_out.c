/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way out: a hand goes round all processes and their pages. What has been used since it last passed gets a second
 * chance; what has not is unmapped, flushed, and written, a batch at a time. One process does it, others wait for it.
 * Where it stops the hand stays, and nothing of what it looked at is kept while it sleeps.
 */
#include "kernel/cpu.h"
#include "kernel/process_private.h"
#include "kernel/thread.h"
#include "kernel/wait.h"
#include "memory/frame.h"
#include "memory/page_table.h"
#include "memory/swap.h"
#include "memory/swap_area.h"

#define SWAP_ROUNDS_MOST   16u
#define SWAP_RESERVE_SHARE 64u /* of all frames */
#define SWAP_RESERVE_LEAST 32u
#define SWAP_RESERVE_MOST  256u
#define SWAP_HELD          (AREA_SHARED | AREA_LOCKED | AREA_MOVING)

/* What goes out together, and the hand. */
static struct swap_flight {
    bool busy;
    struct wait_queue over;
    unsigned count;
    uint32_t slots[SWAP_BATCH];
    int pid;          /* where the hand is */
    uint64_t address; /* in that process */
} swap_flight;

/* One look at the pages of a space. */
struct swap_sweep {
    struct address_space *space;
    bool any;     /* also those that have been used */
    bool changed; /* the CPU may know entries that are no more */
};

static int swap_out_page(void *argument, uint64_t address, uint64_t *slot)
{
    struct swap_sweep *sweep = argument;
    uint64_t entry = *slot;
    coop_paddr frame = page_frame(entry);
    if (frame_references(frame) != 1)
        return 0;
    if (entry & X86_PTE_A && !sweep->any) {
        sweep->changed = true;
        page_set(slot, entry & ~X86_PTE_A);
        return 0;
    }
    swap_flight.address = address;
    if (swap_flight.count == SWAP_BATCH)
        return -1;
    uint32_t place = swap_slot_take(frame);
    if (!place)
        return -1;
    if (swap_map_set(&sweep->space->swapped, address, place) < 0) {
        frame_reference(frame); /* the page stays */
        swap_slot_release(place);
        swap_slot_release(place);
        return -1;
    }
    sweep->changed = true;
    page_set(slot, 0);
    sweep->space->resident_pages--;
    swap_flight.slots[swap_flight.count++] = place;
    return 0;
}

/* Looks at the pages of a space in [start, end) until the batch is full. False: it is, or there is no slot. */
static bool swap_out_range(struct swap_sweep *sweep, uint64_t start, uint64_t end, page_visitor *visit)
{
    struct address_space *space = sweep->space;
    int status = 0;
    pv_batch_begin();
    for (struct area *area = area_find_from(&space->areas, start); area && area->start < end && status == 0;
         area = area->next) {
        uint64_t from = area->start > start ? area->start : start, to = area->end < end ? area->end : end;
        if (!(area->flags & SWAP_HELD))
            status = page_table_visit(space->root, from, to, visit, sweep);
    }
    if (sweep->changed && cpu_this()->root == space->root)
        pv.mmu.flush_user();
    pv_batch_end();
    return status == 0;
}

/* Writes what has been collected. False: nothing has been. */
static bool swap_out_write(void)
{
    unsigned count = swap_flight.count;
    swap_flight.count = 0;
    if (count)
        swap_slots_write(swap_flight.slots, count);
    return count != 0;
}

struct address_space *swap_space_of(const struct process *leader)
{
    for (const struct process *thread = leader; thread; thread = thread_next(thread))
        if (thread->space && thread->state != PROCESS_ZOMBIE)
            return thread->space;
    return 0;
}

struct swap_next {
    int after;
    struct process *found;
};

static bool swap_next_visit(struct process *process, void *context)
{
    struct swap_next *next = context;
    if (process->pid > next->after && (!next->found || process->pid < next->found->pid) && swap_space_of(process))
        next->found = process;
    return false;
}

/* The process with memory whose number follows `pid`, or NULL. */
static struct process *swap_next_process(int pid)
{
    struct swap_next next = {pid, 0};
    process_visit(swap_next_visit, &next);
    return next.found;
}

/* Collects a batch: twice round, all used pages may have had their second chance. */
static void swap_out_collect(void)
{
    for (unsigned passes = 0; passes < 3;) {
        struct process *process = swap_next_process(swap_flight.pid - 1);
        if (process) {
            struct swap_sweep sweep = {swap_space_of(process), passes == 2, false};
            uint64_t start = process->pid == swap_flight.pid ? swap_flight.address : 0;
            swap_flight.pid = process->pid;
            if (!swap_out_range(&sweep, start, UINT64_MAX, swap_out_page))
                return;
        }
        swap_flight.address = 0;
        swap_flight.pid = process ? process->pid + 1 : 0;
        passes += !process;
    }
}

/* One process at a time. False: another one has done it. */
static bool swap_out_begin(void)
{
    struct process_private *own = process_current()->private;
    bool uninterruptible = own->uninterruptible, waited = false;
    own->uninterruptible = true;
    for (; swap_flight.busy; waited = true)
        wait_queue_sleep(&swap_flight.over, WAIT_FOREVER);
    own->uninterruptible = uninterruptible;
    swap_flight.busy = !waited;
    return !waited;
}

static void swap_out_end(void)
{
    swap_flight.busy = false;
    wait_queue_wake(&swap_flight.over);
}

static size_t swap_reserve_count(void)
{
    size_t count = frame_total_count() / SWAP_RESERVE_SHARE;
    return count < SWAP_RESERVE_LEAST ? SWAP_RESERVE_LEAST : count > SWAP_RESERVE_MOST ? SWAP_RESERVE_MOST : count;
}

/* Room for a batch, or, with `more`, a batch in any case. True: pages were written, or there are frames. */
static bool swap_out_make_room(bool more)
{
    if (swap_area_total() == 0)
        return false;
    if (swap_flight.busy && process_current()->private->uninterruptible) {
        /* It holds what a file system's users wait for, and the other may be one of them. */
        process_current()->private->attention |= ATTENTION_MEMORY;
        return frame_reserve_lend(swap_reserve_count() / 2);
    }
    while (!swap_out_begin())
        if (frame_user_count() && !more) /* of what another one has made, others may have taken all */
            return true;
    bool wrote = false;
    for (unsigned i = 0; i < SWAP_ROUNDS_MOST; i++) {
        if (frame_reserve_fill() && frame_user_count() >= SWAP_BATCH && (wrote || !more))
            break;
        swap_out_collect();
        if (!swap_out_write())
            break;
        wrote = true;
    }
    swap_out_end();
    return wrote || (frame_user_count() && !more);
}

bool swap_make_room(void)
{
    return swap_out_make_room(false);
}

bool swap_make_more(void)
{
    return swap_out_make_room(true);
}

void swap_refill(void)
{
    process_current()->private->attention &= ~ATTENTION_MEMORY;
    if (!frame_reserve_fill())
        swap_make_room();
}

static void swap_reserve_used(void)
{
    if (process_current())
        process_current()->private->attention |= ATTENTION_MEMORY;
}

void swap_keep_reserve(bool keep)
{
    frame_reserve_keep(keep ? swap_reserve_count() : 0, keep ? swap_reserve_used : 0);
}

void swap_page_out(struct address_space *space, uint64_t start, uint64_t end)
{
    struct process_private *own = process_current()->private;
    bool more = swap_area_free() != 0, only_killable = own->only_killable;
    own->only_killable = true;
    while (more && !process_signal_pending()) {
        if (!swap_out_begin())
            continue;
        struct swap_sweep sweep = {space, true, false};
        swap_flight.address = start;
        more = !swap_out_range(&sweep, start, end, swap_out_page) && swap_flight.count;
        start = swap_flight.address;
        swap_out_write();
        swap_out_end();
    }
    own->only_killable = only_killable;
}

static int swap_cool_page(void *argument, uint64_t address, uint64_t *slot)
{
    struct swap_sweep *sweep = argument;
    (void)address;
    sweep->changed = true;
    page_set(slot, *slot & ~X86_PTE_A);
    return 0;
}

void swap_cool(struct address_space *space, uint64_t start, uint64_t end)
{
    struct swap_sweep sweep = {space, false, false};
    swap_out_range(&sweep, start, end, swap_cool_page);
}
