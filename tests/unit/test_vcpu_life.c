/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VCPU's life begun anew, on a machine of registers alone: nothing of the one before is left where it would count,
 * and what was cached in it is flushed.
 */
#include "core/vcpu_life.h"
#include "core/realmode.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"
#include "mmu/mmu_backend.h"
#include "suite.h"

#include <coopvirt/x86.h>
#include <string.h>

#define ROOT 0x5000ul

static struct vm vm;
static struct vcpu vcpu;
static struct registers registers;
static struct cpu_backend cpu;
static struct mmu_backend mmu;
static struct io_backend io;
static uint64_t control_8, flushed_root;
static unsigned flushes, io_priority;

static void fake_read(const struct vcpu *reader, struct registers *to)
{
    (void)reader;
    *to = registers;
}

static void fake_write(struct vcpu *writer, const struct registers *from)
{
    (void)writer;
    registers = *from;
}

static void fake_write_control(struct vcpu *writer, unsigned number, uint64_t value)
{
    (void)writer;
    ck_assert_uint_eq(number, 8);
    control_8 = value;
}

static void fake_registers_changed(struct vcpu *changed)
{
    (void)changed;
    ck_assert_uint_eq(flushes, 0); /* its root is known before it is flushed */
}

static void fake_set_task_priority(struct vcpu *changed, uint8_t priority)
{
    (void)changed;
    ck_assert_uint_ne(vm.lock.next, vm.lock.serving);
    io_priority = priority;
}

void vcpu_take_flush(struct vcpu *flushed)
{
    ck_assert_ptr_eq(flushed, &vcpu);
    flushes++;
    flushed_root = registers.cr3;
}

bool realmode_is_needed(const struct registers *of)
{
    return !(of->cr0 & X86_CR0_PE);
}

void cpuid_policy_show_osxsave(struct cpuid_table *table, bool is_on)
{
    (void)table;
    ck_assert(!is_on);
}

void vm_check_online(struct vm *checked)
{
    ck_assert_ptr_eq(checked, &vm);
}

static void setup(void)
{
    memset(&vm, 0, sizeof(vm));
    memset(&vcpu, 0, sizeof(vcpu));
    cpu = (struct cpu_backend){
        .read_registers = fake_read, .write_registers = fake_write, .write_control = fake_write_control};
    mmu = (struct mmu_backend){.registers_changed = fake_registers_changed};
    io = (struct io_backend){.set_task_priority = fake_set_task_priority};
    vm.cpu = &cpu;
    vm.mmu = &mmu;
    vm.io = &io;
    vcpu.vm = &vm;
    event_reset(&vcpu.events);
    registers_long_flat(&registers, 0x1000, 0x2000, ROOT, 0);
    flushes = 0;
}

/* What an earlier life left: it has halted, with a task priority, and waits for an NMI. */
static void live(void)
{
    vcpu.exit.reason = VM_EXIT_HLT;
    vcpu.task_priority = 9;
    vcpu.general[REGISTER_RBX] = 7;
    control_8 = io_priority = 9;
    event_raise_nmi(&vcpu.events);
}

static void check_new(void)
{
    ck_assert_uint_eq(vcpu.exit.reason, VM_EXIT_OTHER);
    ck_assert_uint_eq(vcpu.task_priority, 0);
    ck_assert_uint_eq(control_8, 0);
    ck_assert_uint_eq(io_priority, 0);
    ck_assert_uint_eq(vcpu.general[REGISTER_RBX], 0);
    ck_assert_uint_eq(vcpu.events.nmis, 0);
    ck_assert_uint_eq(vm.lock.next, vm.lock.serving);
}

START_TEST(test_start)
{
    live();
    vcpu.startup = (struct vcpu_startup){.is_long = true, .root = 2 * ROOT, .entry = 0x3000, .argument = 4};
    life_start(&vcpu.life, 0, &vm.online_vcpus);
    vcpu_life_take(&vcpu);
    check_new();
    ck_assert_uint_eq(flushes, 1);
    ck_assert_uint_eq(flushed_root, 2 * ROOT);
    ck_assert_uint_eq(registers.rip, 0x3000);
    ck_assert_uint_eq(vcpu.general[REGISTER_RSI], 4);
    ck_assert(!vcpu.is_offline);
}
END_TEST

START_TEST(test_init)
{
    live();
    vcpu.life.state = LIFE_ONLINE;
    vm.online_vcpus = 1;
    life_init(&vcpu.life, &vm.online_vcpus);
    life_start(&vcpu.life, 0x12, &vm.online_vcpus);
    vcpu_life_take(&vcpu);
    check_new();
    ck_assert_uint_eq(flushes, 1);
    ck_assert_uint_eq(registers.segments[SEGMENT_CS].base, 0x12000);
    ck_assert(!(registers.cr0 & X86_CR0_PE));
    vcpu_life_take(&vcpu); /* nothing new */
    ck_assert_uint_eq(flushes, 1);
}
END_TEST

/* An NMI ends a halt of code that is emulated: only there it is emulated on. */
START_TEST(test_nmi)
{
    for (unsigned i = 0; i < 8; i++) {
        setup();
        mmu.hides_tables = i & 1;
        cpu.lacks_real_mode = i & 2;
        registers.cr0 = i & 4 ? X86_CR0_ET : registers.cr0;
        vcpu.life.state = LIFE_ONLINE;
        life_nmi(&vcpu.life, &vm.online_vcpus);
        vcpu_life_take(&vcpu);
        ck_assert_uint_eq(vcpu.events.nmis, 1);
        ck_assert_uint_eq(vcpu.requests, i == 7 ? VCPU_REQUEST_EMULATE : 0);
        ck_assert_uint_eq(flushes, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vcpu_life");
    TCase *tests = tcase_create("vcpu_life");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, test_start);
    tcase_add_test(tests, test_init);
    tcase_add_test(tests, test_nmi);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
