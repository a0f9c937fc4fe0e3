/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exit trace: what an entry says, when it is complete, what falls out of a full ring, what goes out.
 */
#include "core/record.h"
#include "core/trace.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "machine/frame.h"
#include "suite.h"
#include <string.h>

#define ENTRIES TRACE_ENTRIES_LEAST

uint8_t *frame_direct_map; /* 0: frames are host addresses */

static struct vm vm;
static struct vcpu vcpu;
static struct vm_exit_row rows[VM_EXIT_REASONS];
static void *memory;
static unsigned handled, records, written;
static unsigned long written_from;
static struct trace_entry written_entries[4 * ENTRIES];

coop_paddr frame_allocate(size_t count, size_t alignment, frame_owner owner)
{
    (void)alignment;
    (void)owner;
    memory = aligned_alloc(4096, count * 4096);
    return frame_of_address(memory);
}

void frame_free(coop_paddr start, size_t count, frame_owner owner)
{
    (void)count;
    (void)owner;
    free(frame_address(start));
    memory = 0;
}

void record_trace(const struct vcpu *of, unsigned long from, unsigned count, const struct trace_entry *entries)
{
    ck_assert_ptr_eq(of, &vcpu);
    if (!records++)
        written_from = from;
    ck_assert_uint_eq(from, written_from + written);
    memcpy(&written_entries[written], entries, count * sizeof(*entries));
    written += count;
}

static enum vm_action handle(struct vcpu *of, const struct vm_exit *exit)
{
    ck_assert_ptr_eq(of, &vcpu);
    ck_assert_ptr_eq(exit, &vcpu.exit);
    handled++;
    return VM_SKIP;
}

static void set_up(void)
{
    memset(&vm, 0, sizeof(vm));
    memset(&vcpu, 0, sizeof(vcpu));
    handled = records = written = 0;
    for (unsigned i = 0; i < VM_EXIT_REASONS; i++)
        rows[i] = (struct vm_exit_row){handle, OPERATION_NONE};
    rows[VM_EXIT_CPUID].operation = OPERATION_CPUID;
    vm.exits = vcpu.exits = rows;
    vcpu.vm = &vm;
    ck_assert_int_eq(trace_create(&vcpu, ENTRIES), 0);
}

static void tear_down(void)
{
    trace_destroy(&vcpu);
    ck_assert_ptr_null(memory);
}

/* One exit as the run loop has it: the guest runs 10, then the hypervisor `cost` and nobody `idle`. */
static void turn(enum vm_exit_reason reason, uint64_t cost, uint64_t idle)
{
    vcpu.account.last += 10;
    vcpu.exit.reason = reason;
    vcpu.exit.rip = 0x1000 + vcpu.account.last;
    ck_assert_int_eq(vcpu.exits[reason].handler(&vcpu, &vcpu.exit), VM_SKIP);
    vcpu.account.hypervisor += cost;
    vcpu.account.idle += idle;
    vcpu.account.last += cost + idle;
}

START_TEST(test_table)
{
    ck_assert_ptr_ne(vcpu.exits, rows);
    ck_assert_int_eq(vcpu.exits[VM_EXIT_CPUID].operation, OPERATION_CPUID);
    turn(VM_EXIT_CPUID, 5, 0);
    ck_assert_uint_eq(handled, 1);
}
END_TEST

START_TEST(test_region)
{
    turn(VM_EXIT_PORT_IO, 99, 0); /* the begin marker's exit */
    trace_begin(&vcpu);
    vcpu.account.hypervisor = vcpu.account.idle = 0; /* at the region's first entry */
    uint64_t begun = vcpu.account.last;
    vcpu.general[REGISTER_RAX] = 0x40000000;
    turn(VM_EXIT_CPUID, 7, 0);
    turn(VM_EXIT_HLT, 30, 1000);
    turn(VM_EXIT_PORT_IO, 50, 0); /* the end marker's */
    trace_write(&vcpu);
    ck_assert_uint_eq(records, 1);
    ck_assert_uint_eq(written, 2);
    ck_assert_uint_eq(written_entries[0].tsc, begun + 10);
    ck_assert_uint_eq(written_entries[0].rip, 0x1000 + begun + 10);
    ck_assert_uint_eq(written_entries[0].reason, VM_EXIT_CPUID);
    ck_assert_uint_eq(written_entries[0].detail, 0x40000000);
    ck_assert_uint_eq(written_entries[0].cost, 7);
    ck_assert_uint_eq(written_entries[1].cost, 30);
    ck_assert_uint_eq(written_entries[1].idle, 1000);
}
END_TEST

START_TEST(test_served)
{
    vm.mode.cpu = MODE_CPU_DEPRIVILEGED;
    trace_begin(&vcpu);
    trace_note(&vcpu, VM_EXIT_HYPERCALL, 0, 0x10a, 0);
    turn(VM_EXIT_HYPERCALL, 5, 0); /* the rest of the same one */
    turn(VM_EXIT_PORT_IO, 50, 0);
    trace_write(&vcpu);
    ck_assert_uint_eq(written, 1);
    ck_assert_uint_eq(written_entries[0].detail, 0x10a);
    ck_assert_uint_eq(written_entries[0].cost, 5);
}
END_TEST

START_TEST(test_empty)
{
    trace_begin(&vcpu);
    trace_write(&vcpu);
    ck_assert_uint_eq(records, 1);
    turn(VM_EXIT_PORT_IO, 50, 0);
    trace_write(&vcpu);
    ck_assert_uint_eq(records, 2);
    ck_assert_uint_eq(written, 0);
}
END_TEST

START_TEST(test_full)
{
    const unsigned turns = 3 * ENTRIES + 5;
    trace_begin(&vcpu);
    for (unsigned i = 0; i < turns; i++)
        turn(VM_EXIT_HYPERCALL, i, 0);
    trace_write(&vcpu);
    ck_assert_uint_eq(written_from, turns - ENTRIES);
    ck_assert_uint_eq(written, ENTRIES - 1);
    for (unsigned i = 0; i < written; i++)
        ck_assert_uint_eq(written_entries[i].cost, written_from + i);
}
END_TEST

START_TEST(test_detail)
{
    uint64_t general[16] = {[REGISTER_RAX] = 0xffffffff00000101, [REGISTER_RCX] = 0xc0000080, [REGISTER_RSI] = 42};
    struct vm_exit exit = {.reason = VM_EXIT_PORT_IO, .port = {.port = 0x3f8, .bytes = 1, .is_write = true}};
    ck_assert_uint_eq(trace_detail(&exit, general), 0x010103f8);
    exit = (struct vm_exit){.reason = VM_EXIT_HYPERCALL};
    ck_assert_uint_eq(trace_detail(&exit, general), 0xffffffff00000101);
    ck_assert_uint_eq(trace_argument(&exit, general), 42);
    exit.reason = VM_EXIT_MSR_WRITE;
    ck_assert_uint_eq(trace_detail(&exit, general), 0xc0000080);
    exit = (struct vm_exit){.reason = VM_EXIT_CR_ACCESS, .control = {.number = 4, .is_write = true}};
    ck_assert_uint_eq(trace_detail(&exit, general), 0x10004);
    exit = (struct vm_exit){.reason = VM_EXIT_PAGE_FAULT, .page_fault = {.linear = 0x7000, .error_code = 6}};
    ck_assert_uint_eq(trace_detail(&exit, general), 0x7000);
    ck_assert_uint_eq(trace_argument(&exit, general), 6);
    exit = (struct vm_exit){.reason = VM_EXIT_NESTED_FAULT, .fault = {.address = 0xfee00000}};
    ck_assert_uint_eq(trace_detail(&exit, general), 0xfee00000);
    exit = (struct vm_exit){.reason = VM_EXIT_EXCEPTION, .exception = {.vector = 14, .error_code = 2}};
    ck_assert_uint_eq(trace_detail(&exit, general), 14);
    ck_assert_uint_eq(trace_argument(&exit, general), 2);
    exit = (struct vm_exit){.reason = VM_EXIT_HLT, .has_interrupts = true};
    ck_assert_uint_eq(trace_detail(&exit, general), 0);
}
END_TEST

START_TEST(test_note)
{
    trace_begin(&vcpu);
    trace_note(&vcpu, VM_EXIT_HYPERCALL, 0x1234, 0x102, 7);
    vcpu.account.hypervisor += 20;
    struct trace_entry done = {.rip = 0x5678, .reason = VM_EXIT_PAGE_FAULT};
    vcpu.account.hypervisor += 30;
    vcpu.account.last += 130;
    trace_note_done(&vcpu, &done, 30);
    turn(VM_EXIT_CPUID, 1, 0);
    trace_write(&vcpu);
    ck_assert_uint_eq(written, 2);
    ck_assert_uint_eq(written_entries[0].rip, 0x1234);
    ck_assert_uint_eq(written_entries[0].argument, 7);
    ck_assert_uint_eq(written_entries[0].cost, 20);
    ck_assert_uint_eq(written_entries[1].tsc, vcpu.account.last - 1 - 10 - 30);
    ck_assert_uint_eq(written_entries[1].cost, 30);
    trace_destroy(&vcpu);
    trace_note(&vcpu, VM_EXIT_HYPERCALL, 0x1234, 0x102, 7); /* off: nothing happens */
    trace_begin(&vcpu);
    trace_write(&vcpu);
    ck_assert_uint_eq(records, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tests = tcase_create("trace");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_table);
    tcase_add_test(tests, test_region);
    tcase_add_test(tests, test_served);
    tcase_add_test(tests, test_empty);
    tcase_add_test(tests, test_full);
    tcase_add_test(tests, test_detail);
    tcase_add_test(tests, test_note);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
