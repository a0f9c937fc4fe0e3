/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real mode in the emulator, on a machine of memory and registers alone: segments, far transfers, the interrupt table,
 * what waits for the interrupt flag, and what ends it. The bare machine's values are tried by the boot test `realmode`.
 */
#include "core/realmode.h"
#include "core/device_access.h"
#include "core/emulation.h"
#include "core/realmode_segment.h"
#include "core/realmode_stack.h"
#include "core/realmode_transfer.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"
#include "mmu/mmu_backend.h"
#include "suite.h"

#include <coopvirt/x86.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES 0x100000
#define CODE         0x1000 /* CS:0 */
#define STACK        0x8000 /* SP, with SS:0 at 0 */
#define HANDLERS     0x3000 /* each vector has its own 16 bytes there */

static struct vm vm;
static struct vcpu vcpu;
static struct registers registers;
static struct vm_exit_row exits[VM_EXIT_REASONS];
static uint8_t memory[MEMORY_BYTES] __attribute__((aligned(4096)));
static int32_t interrupt;
static unsigned stops, writes;

static void *fake_address(coop_paddr machine)
{
    return memory + machine;
}

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

static void fake_advance(struct vcpu *advanced, uint64_t rip)
{
    registers.rip = rip;
    if (registers.rflags & X86_FLAGS_TF)
        event_raise(&advanced->events, X86_VECTOR_DB, false, 0);
}

static void fake_written(struct vcpu *writer, coop_paddr address, uint64_t bytes)
{
    (void)writer, (void)address, (void)bytes;
    writes++;
}

static int fake_acknowledge(struct vcpu *taker)
{
    (void)taker;
    int vector = interrupt;
    interrupt = -1;
    return vector;
}

bool device_access(struct vcpu *by, enum io_space space, struct io_access *access)
{
    (void)by, (void)space;
    access->value = 0xff;
    return true;
}

uint64_t device_access_string(struct vcpu *by, struct io_access *access, uint8_t *values, uint64_t count)
{
    (void)by, (void)access, (void)values;
    return count;
}

void report_stop(struct vcpu *stopped, enum vm_stop reason, const char *what)
{
    (void)stopped, (void)what;
    stops++;
    vm.stop = reason;
}

static enum vm_action row_raises(struct vcpu *raiser, const struct vm_exit *exit)
{
    (void)exit;
    event_raise(&raiser->events, X86_VECTOR_GP, true, 0);
    return VM_RESUME;
}

static enum vm_action row_leaves_protection(struct vcpu *changer, const struct vm_exit *exit)
{
    (void)exit;
    registers.cr0 = changer->general[REGISTER_RAX] | X86_CR0_PE;
    return VM_SKIP;
}

static void put(unsigned at, const char *hexadecimal)
{
    for (unsigned i = 0; hexadecimal[2 * i]; i++) {
        char digits[3] = {hexadecimal[2 * i], hexadecimal[2 * i + 1], 0};
        memory[at + i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

static uint16_t word(unsigned at)
{
    return (uint16_t)(memory[at] | memory[at + 1] << 8);
}

static void set_up(void)
{
    static struct cpu_backend cpu;
    static struct mmu_backend mmu;
    static struct io_backend io;
    cpu = (struct cpu_backend){.read_registers = fake_read, .write_registers = fake_write, .advance = fake_advance};
    mmu = (struct mmu_backend){.written = fake_written};
    io = (struct io_backend){.acknowledge = fake_acknowledge};
    memset(&vm, 0, sizeof(vm));
    memset(&vcpu, 0, sizeof(vcpu));
    memset(memory, 0, sizeof(memory));
    memset(exits, 0, sizeof(exits));
    vm.cpu = &cpu;
    vm.mmu = &mmu;
    vm.io = &io;
    vm.exits = exits;
    vm.memory.address = fake_address;
    ck_assert_int_eq(guest_memory_add(&vm.memory, &(struct guest_memory_range){0, MEMORY_BYTES, 0, true}), 0);
    vcpu.vm = &vm;
    vcpu.interrupt = &interrupt;
    interrupt = -1;
    stops = writes = 0;
    event_reset(&vcpu.events);
    registers_startup(&registers, CODE >> 12);
    registers.rsp = STACK;
    for (unsigned vector = 0; vector < 256; vector++) {
        unsigned handler = HANDLERS + 16 * vector;
        memory[4 * vector] = (uint8_t)handler;
        memory[4 * vector + 1] = (uint8_t)(handler >> 8);
        memory[handler] = 0xf4; /* HLT: where a run ends and can be seen */
    }
}

static enum realmode_outcome run(const char *code)
{
    put(CODE, code);
    return realmode_run(&vcpu);
}

/* Runs to a HLT at an offset of a segment. */
static void run_to(const char *code, uint16_t selector, uint16_t offset)
{
    ck_assert_int_eq(run(code), REALMODE_HALT);
    ck_assert_uint_eq(registers.segments[SEGMENT_CS].selector, selector);
    ck_assert_uint_eq(registers.segments[SEGMENT_CS].base, selector << 4);
    ck_assert_uint_eq(registers.rip, offset + 1u); /* behind it */
    ck_assert_uint_eq(stops, 0);
}

static void run_to_handler(const char *code, unsigned vector)
{
    run_to(code, 0, (uint16_t)(HANDLERS + 16 * vector));
}

START_TEST(test_segments)
{
    memory[0x2345] = 0x78;
    run_to("b83402"   /* mov ax, 0x234 */
           "8ed8"     /* mov ds, ax */
           "1e07"     /* push ds; pop es */
           "0fa00fa9" /* push fs; pop gs */
           "a00500"   /* mov al, [5] */
           "8c06f00f" /* mov [0xff0], es */
           "f4",
           CODE >> 4, 18);
    ck_assert_uint_eq(registers.segments[SEGMENT_ES].base, 0x2340);
    ck_assert_uint_eq(registers.segments[SEGMENT_GS].selector, registers.segments[SEGMENT_FS].selector);
    ck_assert_uint_eq(vcpu.general[REGISTER_RAX] & 0xffff, 0x278);
    ck_assert_uint_eq(word(0x2340 + 0xff0), 0x234);
    ck_assert_uint_eq(registers.rsp, STACK);

    set_up();
    put(0x500, "785634129abc");
    registers.segments[SEGMENT_DS] = (struct register_segment){0, 0x93, 0xffff, 0};
    run_to("c43e0005"     /* les di, [0x500] */
           "660fb2160005" /* lss edx, [0x500] */
           "f4",
           CODE >> 4, 10);
    ck_assert_uint_eq(vcpu.general[REGISTER_RDI], 0x5678);
    ck_assert_uint_eq(registers.segments[SEGMENT_ES].base, 0x12340);
    ck_assert_uint_eq(vcpu.general[REGISTER_RDX], 0x12345678);
    ck_assert_uint_eq(registers.segments[SEGMENT_SS].base, 0xbc9a0);
}
END_TEST

START_TEST(test_far)
{
    put(0x2008, "cb");     /* retf */
    put(0x200a, "ca0400"); /* retf 4 */
    run_to("9a08000002"    /* call 0x200:8 */
           "6a016a02"      /* push 1; push 2 */
           "9a0a000002"    /* call 0x200:10 */
           "f4",
           CODE >> 4, 14);
    ck_assert_uint_eq(registers.rsp, STACK);
    ck_assert_uint_eq(word(STACK - 2), 1);
    ck_assert_uint_eq(word(STACK - 6), CODE >> 4);
    ck_assert_uint_eq(word(STACK - 8), 14);

    set_up();
    put(0x2010, "f4");
    run_to("ea10000002", 0x200, 0x10);
}
END_TEST

START_TEST(test_interrupt_instructions)
{
    registers.rflags |= X86_FLAGS_IF | X86_FLAGS_TF | X86_FLAGS_CF;
    run_to_handler("cd21", 0x21);
    ck_assert_uint_eq(registers.rsp, STACK - 6);
    ck_assert_uint_eq(word(STACK - 2), X86_FLAGS_ONE | X86_FLAGS_IF | X86_FLAGS_TF | X86_FLAGS_CF);
    ck_assert_uint_eq(word(STACK - 4), CODE >> 4);
    ck_assert_uint_eq(word(STACK - 6), 2);
    ck_assert_uint_eq(registers.rflags, X86_FLAGS_ONE | X86_FLAGS_CF);

    set_up();
    put(HANDLERS + 16 * 0x21, "f9cf"); /* stc; iret: the flags come back */
    registers.rflags |= X86_FLAGS_IF;
    run_to("cd21f4", CODE >> 4, 2);
    ck_assert_uint_eq(registers.rflags, X86_FLAGS_ONE | X86_FLAGS_IF);
    ck_assert(vcpu.exit.has_interrupts);

    set_up();
    run_to_handler("cc", X86_VECTOR_BP);
    ck_assert_uint_eq(word(STACK - 6), 1);
    set_up();
    run_to("cef4", CODE >> 4, 1); /* into, without overflow */
    set_up();
    run_to_handler("b07f0401ce", X86_VECTOR_OF);
}
END_TEST

/* A trap behind each instruction that begins with TF set. */
START_TEST(test_steps)
{
    static const struct {
        const char *code;
        unsigned offset; /* where the first one is told of */
    } rows[] = {
        {"90f4", 1}, {"40f4", 1}, {"9cf4", 1}, {"faf4", 1},       {"6a009df4", 2}, /* push 0 */
        {"f4", 1},   {"cef4", 1}, {"1ef4", 1}, {"8ed09090f4", 3},                  /* mov ss, ax; nop */
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up();
        registers.rflags |= X86_FLAGS_TF;
        run_to_handler(rows[i].code, X86_VECTOR_DB);
        ck_assert_uint_eq(word((unsigned)registers.rsp), rows[i].offset);
        ck_assert_uint_eq(word((unsigned)registers.rsp + 4) & X86_FLAGS_TF, X86_FLAGS_TF);
        ck_assert_uint_eq(registers.rflags & X86_FLAGS_TF, 0);
    }
    set_up();
    registers.rflags |= X86_FLAGS_TF;
    memory[STACK] = 2;
    run_to_handler("9df4", X86_VECTOR_DB); /* popf, which clears it */
    ck_assert_uint_eq(word((unsigned)registers.rsp + 4), X86_FLAGS_ONE);
    set_up();
    memory[STACK + 1] = 1;
    run_to_handler("9d90f4", X86_VECTOR_DB); /* popf, which sets it: behind the next one */
    ck_assert_uint_eq(word((unsigned)registers.rsp), 2);
}
END_TEST

START_TEST(test_exceptions)
{
    static const struct {
        const char *code;
        unsigned vector, offset;
    } rows[] = {
        {"31c9f6f1", X86_VECTOR_DE, 2}, {"900f0b", X86_VECTOR_UD, 1},         {"f090", X86_VECTOR_UD, 0},
        {"0f00d8", X86_VECTOR_UD, 0},   /* ltr */ {"0f30", X86_VECTOR_GP, 0}, /* wrmsr, whose row raises it */
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up();
        exits[VM_EXIT_MSR_WRITE].handler = row_raises;
        run_to_handler(rows[i].code, rows[i].vector);
        ck_assert_uint_eq(word(STACK - 6), rows[i].offset); /* no error code */
        ck_assert(!vcpu.events.is_busy);
    }
}
END_TEST

/* A table that ends too early: another exception instead, and at last a shutdown. */
START_TEST(test_short_table)
{
    registers.idt.limit = 4 * 0x21 - 1;
    run_to_handler("cd21", X86_VECTOR_GP);
    ck_assert_uint_eq(word(STACK - 6), 0);
    set_up();
    registers.idt.limit = 4 * (X86_VECTOR_DF + 1) - 1;
    run_to_handler("cd21", X86_VECTOR_DF);
    set_up();
    registers.idt.limit = 0;
    ck_assert_int_eq(run("cd21"), REALMODE_STOP);
    ck_assert_int_eq(vm.stop, VM_STOP_TRIPLE_FAULT);
}
END_TEST

START_TEST(test_events)
{
    interrupt = 0x30;
    ck_assert_int_eq(run("90f4"), REALMODE_HALT); /* the flag is clear */
    ck_assert_int_eq(interrupt, 0x30);
    ck_assert(!vcpu.exit.has_interrupts);

    set_up();
    interrupt = 0x30;
    run_to_handler("fb4040", 0x30); /* sti; inc ax: one instruction more; inc ax: not any more */
    ck_assert_uint_eq(vcpu.general[REGISTER_RAX], 1);
    ck_assert_uint_eq(word(STACK - 6), 2);

    set_up();
    interrupt = 0x30;
    registers.rflags |= X86_FLAGS_IF;
    run_to_handler("90", 0x30); /* nothing of it */
    ck_assert_uint_eq(word(STACK - 6), 0);

    set_up();
    ck_assert_int_eq(run("fbf4"), REALMODE_HALT);
    ck_assert(vcpu.exit.has_interrupts);
    interrupt = 0x31; /* it wakes */
    run_to_handler("fbf4", 0x31);
    ck_assert_uint_eq(word(STACK - 6), 2);

    set_up();
    event_raise_nmi(&vcpu.events);
    run_to_handler("90", X86_VECTOR_NMI);
    ck_assert(!vcpu.events.is_busy);

    set_up();
    vcpu.events.interrupted_vector = 0x32; /* acknowledged already */
    vcpu.events.is_busy = true;
    registers.rflags |= X86_FLAGS_IF;
    run_to_handler("90", 0x32);
    ck_assert_int_eq(vcpu.events.interrupted_vector, -1);
}
END_TEST

START_TEST(test_tables)
{
    registers.segments[SEGMENT_DS] = (struct register_segment){0, 0x93, 0xffff, 0};
    registers.gdt = (struct register_table){0x12345678, 0x77};
    put(0x508, "3f00bcfa4512");
    run_to("0f01060005"   /* sgdt [0x500] */
           "0f011e0805"   /* lidt [0x508]: three bytes */
           "660f01160805" /* lgdt [0x508]: four */
           "f4",
           CODE >> 4, 16);
    ck_assert_uint_eq(word(0x500), 0x77);
    ck_assert_uint_eq(word(0x502), 0x5678);
    ck_assert_uint_eq(word(0x504), 0x1234);
    ck_assert_uint_eq(registers.idt.base, 0x45fabc);
    ck_assert_uint_eq(registers.idt.limit, 0x3f);
    ck_assert_uint_eq(registers.gdt.base, 0x1245fabc);
}
END_TEST

START_TEST(test_flags)
{
    run_to("fb"                 /* sti */
           "669c"               /* pushfd */
           "6766810c2400002400" /* or dword [esp], AC | ID */
           "669d9c"             /* popfd; pushf */
           "fa"                 /* cli */
           "f4",
           CODE >> 4, 16);
    ck_assert_uint_eq(registers.rflags,
                      X86_FLAGS_ONE | X86_FLAGS_AC | X86_FLAGS_ID | (registers.rflags & X86_FLAGS_PF));
    ck_assert(word(STACK - 2) & X86_FLAGS_IF);
}
END_TEST

START_TEST(test_leaving)
{
    static const uint8_t flat[] = {0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0};
    exits[VM_EXIT_CR_ACCESS].handler = row_leaves_protection;
    memcpy(memory + 0x608, flat, sizeof(flat));
    registers.gdt = (struct register_table){0x600, 23};
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        registers.segments[i].selector |= i == SEGMENT_CS ? 0 : 3; /* would be a privilege */
    put(0x2000, "66b810008ed88ec08ed08ee08ee890"); /* mov ax, 16; mov ds, ax ...: the last lets the CPU run it */
    ck_assert_int_eq(run("0f22c066ea002000000800"), REALMODE_DONE);
    ck_assert_uint_eq(registers.rip, 0x200e);
    ck_assert_uint_eq(registers.segments[SEGMENT_SS].attributes, 0xc93);
    ck_assert_uint_eq(registers.segments[SEGMENT_SS].limit, 0xffffffff);
}
END_TEST

START_TEST(test_ends)
{
    ck_assert_int_eq(run("ebfe"), REALMODE_MORE); /* to itself: others get their turn */
    set_up();
    ck_assert_int_eq(run("d9e8"), REALMODE_STOP); /* x87 */
    ck_assert_uint_eq(stops, 1);
    set_up();
    memset(memory + CODE, 0xfb, 256); /* 256 STI, and more: only the first keeps interrupts off */
    ck_assert_int_eq(realmode_run(&vcpu), REALMODE_MORE);
    ck_assert_uint_eq(registers.rip, 256);
}
END_TEST

/* 1000 loads of SS: only the first of two keeps the turn, so it comes to an end. */
START_TEST(test_shadows)
{
    static const uint8_t move[] = {0x8e, 0xd0}; /* mov ss, ax */
    memset(memory + CODE, 0x17, 1000);          /* pop ss */
    ck_assert_int_eq(realmode_run(&vcpu), REALMODE_MORE);
    ck_assert_uint_ge(registers.rip, 256);
    ck_assert_uint_le(registers.rip, 257);

    set_up();
    for (unsigned i = 0; i < 1000; i++)
        memcpy(memory + CODE + 2 * i, move, sizeof(move));
    ck_assert_int_eq(realmode_run(&vcpu), REALMODE_MORE);
    ck_assert_uint_le(registers.rip, 2 * 257);

    set_up();
    interrupt = 0x30;
    registers.rflags |= X86_FLAGS_IF;
    vcpu.events.nmis = 1; /* its IRET sets the flag on again */
    put(HANDLERS + 16 * X86_VECTOR_NMI, "cf");
    ck_assert_int_eq(run("17f4"), REALMODE_HALT);
    ck_assert_uint_eq(registers.rip, HANDLERS + 16 * 0x30 + 1u);
}
END_TEST

START_TEST(test_limit)
{
    put(CODE + 0xfffe, "fbfa"); /* sti; cli: the last two bytes, and IP begins anew */
    put(CODE, "f4");
    registers.rip = 0xfffe;
    ck_assert_int_eq(realmode_run(&vcpu), REALMODE_HALT);
    ck_assert_uint_eq(registers.rip, 1);

    set_up();
    run_to_handler("66ea000001000001", X86_VECTOR_GP); /* jmp dword 0x100:0x10000 */
    ck_assert_uint_eq(word(STACK - 4), CODE >> 4);
}
END_TEST

/* Paging or virtual-8086 mode: nothing of it is emulated, whatever segments were left. */
START_TEST(test_needed)
{
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        registers.segments[i].selector = 3;
    ck_assert(realmode_is_needed(&registers));
    registers.cr0 |= X86_CR0_PE;
    ck_assert(realmode_is_needed(&registers));
    registers.rflags |= X86_FLAGS_VM;
    ck_assert(!realmode_is_needed(&registers));
    ck_assert_int_eq(run("cf"), REALMODE_DONE);
    ck_assert_uint_eq(registers.rip, 0);

    registers.rflags &= ~(uint64_t)X86_FLAGS_VM;
    registers.cr0 |= X86_CR0_PG;
    registers.efer = X86_EFER_LME | X86_EFER_LMA;
    registers.segments[SEGMENT_CS].attributes |= REGISTER_SEGMENT_LONG;
    ck_assert(!realmode_is_needed(&registers));
    ck_assert_int_eq(run("9c"), REALMODE_DONE);
    ck_assert_uint_eq(registers.rsp, STACK);
    registers.cr0 = X86_CR0_ET; /* no CPU has such a state */
    ck_assert_int_eq(run("9c"), REALMODE_STOP);
    ck_assert_uint_eq(stops, 1);
    ck_assert_uint_eq(registers.rsp, STACK);
}
END_TEST

/* Operands of 64-bit code, which are wider than what they would be kept in: AddressSanitizer sees what is behind. */
START_TEST(test_wide_operands)
{
    struct instruction_operand far = {.kind = OPERAND_MEMORY, .bytes = 10};
    struct instruction load = {.operation = OPERATION_LOAD_FAR, .operand_bytes = 8, .opcode_map = 1, .opcode = 0xb2},
                       jump = {.operation = OPERATION_JMP_FAR, .operand_bytes = 8};
    uint32_t value = 5;
    memset(memory + STACK - 16, 0x55, 32);
    load.operands[1] = jump.operands[0] = far;
    load.has_memory_operand = jump.has_memory_operand = true;
    struct registers before = registers;
    ck_assert(!realmode_stack_push(&vcpu, &registers, sizeof(uint64_t), value));
    ck_assert_uint_eq(word(STACK - 8), 0x5555);
    ck_assert(!realmode_stack_pop(&vcpu, &registers, sizeof(uint64_t), &value));
    ck_assert(!realmode_segment_move(&vcpu, &registers, &load));
    ck_assert(!realmode_transfer_execute(&vcpu, &registers, &jump));
    ck_assert_mem_eq(&registers, &before, sizeof(before));
    ck_assert_uint_eq(writes, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("realmode");
    TCase *tests = tcase_create("realmode");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_segments);
    tcase_add_test(tests, test_far);
    tcase_add_test(tests, test_interrupt_instructions);
    tcase_add_test(tests, test_steps);
    tcase_add_test(tests, test_exceptions);
    tcase_add_test(tests, test_short_table);
    tcase_add_test(tests, test_events);
    tcase_add_test(tests, test_tables);
    tcase_add_test(tests, test_flags);
    tcase_add_test(tests, test_leaving);
    tcase_add_test(tests, test_ends);
    tcase_add_test(tests, test_shadows);
    tcase_add_test(tests, test_limit);
    tcase_add_test(tests, test_needed);
    tcase_add_test(tests, test_wide_operands);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
