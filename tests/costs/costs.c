/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What direct page tables cost, call by call: a kernel of its own with the direct entry (its machine, memory and way
 * in are the hostile guest's) that prints a line for each operation, in steps of the TSC an operation, which are
 * instructions in QEMU. Every figure is the second of two rounds, without what the same loop costs around a function
 * that only returns. Operations are written down before the clock starts.
 */
#include "hostile.h"
#include "machine.h"
#include "memory.h"
#include <coopvirt/format.h>
#include <coopvirt/string.h>
#include <coopvirt/x86_instructions.h>

#define CONSOLE_SINK  0
#define ROUNDS        2
#define TIMES         256 /* of what is no batch */
#define ENTRIES       COOP_MMU_BATCH_MOST
#define TABLE_ENTRIES 512u
#define TABLES        (ENTRIES / TABLE_ENTRIES) /* that these entries lie in */
#define LIVES         (ENTRIES / 4)             /* tables that are born and die, by four operations each */
#define FULL_ENTRIES  64u                       /* of a table that dies with entries in it */
#define FULL_LIVES    (ENTRIES / (FULL_ENTRIES + 4))

/* The window's tables of level 1 are linked behind the one that memory_start has made. */
#define SLOT_TABLES 1
#define SLOT_LIVES  8

typedef long costs_call(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx);
typedef struct coop_mmu_operation costs_operation(unsigned index);

void main(const struct coop_start_info *info);

static struct coop_mmu_operation costs_operations[ENTRIES] __attribute__((aligned(4096)));
static coop_paddr costs_frames[ENTRIES], costs_tables[TABLES], costs_lives[LIVES];
static coop_paddr costs_roots[2][2]; /* the kernel's, the user's */
static bool costs_is_printed;

static long costs_no_call(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx)
{
    (void)number, (void)rdi, (void)rdx;
    return (long)rsi;
}

static long costs_load_root(uint64_t number, uint64_t root, uint64_t user, uint64_t rdx)
{
    (void)number, (void)user, (void)rdx;
    __asm__ volatile("mov %0, %%cr3" : : "r"(root) : "memory");
    return 0;
}

/* What is called: out of the compiler's sight, so that all loops are the same. */
static costs_call *volatile costs_callee;

/* A line on the console. */
void say(const char *format, ...)
{
    static char line[128];
    va_list arguments;
    va_start(arguments, format);
    int length = format_string_list(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    line[length++] = '\n';
    hypercall(COOP_HYPERCALL_WRITE, CONSOLE_SINK, memory_paddr(line), (uint64_t)length);
}

_Noreturn void stop(unsigned reason, unsigned status)
{
    for (;;)
        hypercall(COOP_HYPERCALL_STOP, reason, status, 0);
}

/* Without a name: what was measured only makes ready. */
static void costs_say(const char *name, unsigned batch, uint64_t steps, unsigned operations)
{
    uint64_t tenths = (steps * 10 + operations / 2) / operations;
    if (costs_is_printed && name)
        say("%-36s batch %4u %6lu.%lu", name, batch, tenths / 10, tenths % 10);
}

static void costs_must(bool is_right, const char *what, long result)
{
    if (is_right)
        return;
    say("wrong: %s: %lx", what, result);
    stop(COOP_STOP_EXIT, COOP_EXIT_FAILED);
}

/* `count` operations, `batch` at a time; how long it took. A batch that comes back early is called again. */
static uint64_t costs_batches(costs_call *callee, unsigned count, unsigned batch)
{
    coop_paddr at = memory_paddr(costs_operations);
    unsigned done = 0;
    long result = 0;
    costs_callee = callee;
    costs_call *call = costs_callee;
    uint64_t started = x86_rdtsc();
    while (done < count && (result >> 32 == 0 || result >> 32 == COOP_EAGAIN)) {
        unsigned next = count - done < batch ? count - done : batch;
        result = call(COOP_HYPERCALL_MMU_BATCH, at + done * sizeof(costs_operations[0]), next, 0);
        done += (uint32_t)result;
    }
    uint64_t steps = x86_rdtsc() - started;
    costs_must(done == count, "a batch", result);
    return steps;
}

/* What the first `count` operations cost in such batches, by `units` of them. */
static void costs_measure(const char *name, costs_operation *operation, unsigned count, unsigned batch, unsigned units)
{
    for (unsigned i = 0; i < count; i++)
        costs_operations[i] = operation(i);
    uint64_t steps = costs_batches(hypercall, count, batch);
    costs_say(name, batch, steps - costs_batches(costs_no_call, count, batch), units);
}

/* A call that is no batch, its arguments one pair after the other. */
static uint64_t costs_calls(costs_call *callee, uint64_t number, coop_paddr pairs[2][2])
{
    long result = 0;
    costs_callee = callee;
    costs_call *call = costs_callee;
    uint64_t started = x86_rdtsc();
    for (unsigned i = 0; i < TIMES; i++)
        result |= call(number, pairs[i & 1][0], pairs[i & 1][1], 0);
    uint64_t steps = x86_rdtsc() - started;
    costs_must(result >= 0, "a call", result);
    return steps;
}

static void costs_measure_call(const char *name, costs_call *callee, uint64_t number, coop_paddr pairs[2][2])
{
    uint64_t steps = costs_calls(callee, number, pairs);
    costs_say(name, 1, steps - costs_calls(costs_no_call, number, pairs), TIMES);
}

static struct coop_mmu_operation costs_entry(unsigned index, uint64_t entry)
{
    coop_paddr slot = costs_tables[index / TABLE_ENTRIES] + index % TABLE_ENTRIES * 8;
    return (struct coop_mmu_operation){slot | COOP_MMU_SET, entry};
}
static struct coop_mmu_operation costs_map(unsigned index)
{
    return costs_entry(index, costs_frames[index] | MEMORY_RW);
}
static struct coop_mmu_operation costs_remap(unsigned index)
{
    return costs_entry(index, costs_frames[(index + 1) % ENTRIES] | MEMORY_RW);
}
static struct coop_mmu_operation costs_protect(unsigned index)
{
    return costs_entry(index, costs_frames[(index + 1) % ENTRIES] | (MEMORY_RW & ~X86_PTE_W));
}
static struct coop_mmu_operation costs_remap_protected(unsigned index)
{
    return costs_entry(index, costs_frames[index] | (MEMORY_RW & ~X86_PTE_W));
}
static struct coop_mmu_operation costs_unmap(unsigned index)
{
    return costs_entry(index, 0);
}
static struct coop_mmu_operation costs_clear(unsigned index)
{
    coop_paddr slot = costs_tables[index / TABLE_ENTRIES] + index % TABLE_ENTRIES * 8;
    return (struct coop_mmu_operation){slot | COOP_MMU_CLEAR, 1};
}
static struct coop_mmu_operation costs_clear_table(unsigned index)
{
    return (struct coop_mmu_operation){costs_tables[index] | COOP_MMU_CLEAR, TABLE_ENTRIES};
}

/* A table is born and dies at once, or is linked between the two. */
static struct coop_mmu_operation costs_pair(unsigned index)
{
    coop_paddr table = costs_lives[index / 2 % LIVES];
    return index % 2 ? (struct coop_mmu_operation){table | COOP_MMU_TABLE_FREE, 0}
                     : (struct coop_mmu_operation){table | COOP_MMU_TABLE_NEW, 1};
}
static struct coop_mmu_operation costs_life_of(coop_paddr table, unsigned step)
{
    coop_paddr slot = memory_window[2] + SLOT_LIVES * 8;
    const struct coop_mmu_operation steps[] = {{table | COOP_MMU_TABLE_NEW, 1},
                                               {slot | COOP_MMU_SET, table | MEMORY_TABLE},
                                               {slot | COOP_MMU_CLEAR, 1},
                                               {table | COOP_MMU_TABLE_FREE, 0}};
    return steps[step];
}
static struct coop_mmu_operation costs_life(unsigned index)
{
    return costs_life_of(costs_lives[index / 4], index % 4);
}

/* The same with entries, which die with the table. */
static struct coop_mmu_operation costs_full_life(unsigned index)
{
    coop_paddr table = costs_lives[index / (FULL_ENTRIES + 4)];
    unsigned step = index % (FULL_ENTRIES + 4);
    if (step == 0 || step > FULL_ENTRIES)
        return costs_life_of(table, step ? step - FULL_ENTRIES : 0);
    return (struct coop_mmu_operation){(table + (step - 1) * 8) | COOP_MMU_SET, costs_frames[step - 1] | MEMORY_RW};
}

static struct coop_mmu_operation costs_switch(unsigned index)
{
    return (struct coop_mmu_operation){costs_roots[index & 1][0] | COOP_MMU_ROOT, costs_roots[index & 1][1]};
}

static void costs_measure_tables(void)
{
    static const unsigned batches[] = {1, 32, ENTRIES};
    for (unsigned i = 0; i < sizeof(batches) / sizeof(*batches); i++) {
        costs_measure("entry set where none was", costs_map, ENTRIES, batches[i], ENTRIES);
        costs_measure("entry cleared", costs_clear, ENTRIES, batches[i], ENTRIES);
        costs_measure(0, costs_map, ENTRIES, ENTRIES, ENTRIES);
        costs_measure("writable one to another frame", costs_remap, ENTRIES, batches[i], ENTRIES);
        costs_measure("entry made read-only", costs_protect, ENTRIES, batches[i], ENTRIES);
        costs_measure("read-only one to another frame", costs_remap_protected, ENTRIES, batches[i], ENTRIES);
        costs_measure("entry set to 0", costs_unmap, ENTRIES, batches[i], ENTRIES);
        costs_measure("table born and freed", costs_pair, ENTRIES, batches[i], ENTRIES / 2);
        costs_measure("table born, linked, unlinked, freed", costs_life, ENTRIES, batches[i], ENTRIES / 4);
    }
    costs_measure("the same, with 64 entries in it", costs_full_life, FULL_LIVES * (FULL_ENTRIES + 4), FULL_ENTRIES + 4,
                  FULL_LIVES);
    costs_measure(0, costs_map, ENTRIES, ENTRIES, 1);
    costs_measure("entry of 512 cleared by one", costs_clear_table, TABLES, 1, ENTRIES);
    costs_measure("base pointer in a batch", costs_switch, ENTRIES, 32, ENTRIES);
}

/* Another address space with the same kernel. */
static void costs_make_roots(void)
{
    costs_roots[0][0] = memory_root;
    costs_roots[0][1] = memory_user_root;
    costs_roots[1][0] = memory_table_new(4);
    memory_link_kernel(costs_roots[1][0]);
    if (memory_user_root)
        costs_roots[1][1] = memory_table_new(4);
}

static void costs_make_tables(void)
{
    for (unsigned i = 0; i < TABLES; i++) {
        costs_tables[i] = memory_table_new(1);
        costs_must(!memory_set(memory_window[2] + (SLOT_TABLES + i) * 8, costs_tables[i] | MEMORY_TABLE), "a link", 0);
    }
    for (unsigned i = 0; i < ENTRIES; i++)
        costs_frames[i] = memory_frame_new();
    for (unsigned i = 0; i < LIVES; i++) {
        costs_lives[i] = memory_frame_new();
        memory_set_writable(costs_lives[i], false);
    }
}

void main(const struct coop_start_info *info)
{
    static coop_paddr nothing[2][2];
    machine_start(info);
    memory_start();
    costs_make_roots();
    if (memory_is_direct())
        costs_make_tables();
    for (unsigned round = 1; round <= ROUNDS; round++) {
        costs_is_printed = round == ROUNDS;
        costs_measure_call("null hypercall", hypercall, COOP_HYPERCALL_VERSION, nothing);
        costs_measure_call("base pointer by hypercall", hypercall, COOP_HYPERCALL_ROOT, costs_roots);
        if (!is_deprivileged)
            costs_measure_call("base pointer by MOV CR3", costs_load_root, 0, costs_roots);
        if (memory_is_direct())
            costs_measure_tables();
    }
    say("measured");
    stop(COOP_STOP_EXIT, COOP_EXIT_OK);
}
