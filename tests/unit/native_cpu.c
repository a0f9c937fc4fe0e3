/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One frame for all modes: it loads segments, flags and registers in 64-bit code, jumps far into the slot with the
 * instruction, and the slot jumps far back. Faults come as signals, whose handler runs in 64-bit code on its own stack.
 */
#define _GNU_SOURCE
#include "native_cpu.h"
#include "suite.h"

#include <asm/ldt.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FRAME_BYTES   4096
#define SLOT          0xc00 /* in the page of the frame; */
#define PAD           0xc40 /* where a branch goes to */
#define NEAR_MOST     0xf000
#define ALIAS         0x10000 /* the arena is seen a second time so much below, where 16-bit offsets wrap to */
#define SELECTOR_CODE 0x33    /* what Linux gives every process */
#define SELECTOR_FLAT 0x23
#define SELECTOR_DATA 0x2b

__asm__(".pushsection .text\n"
        "native_begin:\n"
        "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "  mov %rsp, native_stack(%rip)\n"
        "  mov native_selectors+0(%rip), %es; mov native_selectors+6(%rip), %ds\n"
        "  mov native_selectors+10(%rip), %gs\n"
        "  push native_flags(%rip); popfq\n"
        "  mov native_general+0(%rip), %rax; mov native_general+8(%rip), %rcx\n"
        "  mov native_general+16(%rip), %rdx; mov native_general+24(%rip), %rbx\n"
        "  mov native_general+40(%rip), %rbp\n"
        "  mov native_general+48(%rip), %rsi; mov native_general+56(%rip), %rdi\n"
        "  mov native_general+64(%rip), %r8; mov native_general+72(%rip), %r9\n"
        "  mov native_general+80(%rip), %r10; mov native_general+88(%rip), %r11\n"
        "  mov native_general+96(%rip), %r12; mov native_general+104(%rip), %r13\n"
        "  mov native_general+112(%rip), %r14; mov native_general+120(%rip), %r15\n"
        "  mov native_selectors+4(%rip), %ss; mov native_general+32(%rip), %rsp\n"
        "  ljmpl *native_target(%rip)\n"
        "native_exit_pad:\n"
        "  movb $1, native_is_pad(%rip)\n"
        "native_exit:\n"
        "  mov %rax, native_general+0(%rip); mov %rcx, native_general+8(%rip)\n"
        "  mov %rdx, native_general+16(%rip); mov %rbx, native_general+24(%rip)\n"
        "  mov %rsp, native_general+32(%rip); mov %rbp, native_general+40(%rip)\n"
        "  mov %rsi, native_general+48(%rip); mov %rdi, native_general+56(%rip)\n"
        "  mov %r8, native_general+64(%rip); mov %r9, native_general+72(%rip)\n"
        "  mov %r10, native_general+80(%rip); mov %r11, native_general+88(%rip)\n"
        "  mov %r12, native_general+96(%rip); mov %r13, native_general+104(%rip)\n"
        "  mov %r14, native_general+112(%rip); mov %r15, native_general+120(%rip)\n"
        "  mov $0x2b, %eax; mov %eax, %ss; mov native_stack(%rip), %rsp\n"
        "  pushfq; pop native_flags(%rip); cld\n"
        "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "  ret\n"
        ".balign 64\n"
        "native_general: .fill 16, 8, 0\n"
        "native_flags: .quad 0\n"
        "native_stack: .quad 0\n"
        "native_selectors: .fill 6, 2, 0\n"
        "native_target: .long 0; .word 0\n"
        "native_is_pad: .byte 0\n"
        "native_end:\n"
        ".popsection\n");
extern const uint8_t native_begin[], native_exit[], native_exit_pad[], native_general[], native_flags[],
    native_selectors[], native_target[], native_is_pad[], native_end[];

static uint8_t *frame; /* the page of code; the arena follows */
static uint8_t *arena;
static uint8_t copy[NATIVE_CPU_ARENA];
static bool has_segments;
static uint64_t (*draw)(void);
static sigjmp_buf escape;

static void native_cpu_signal(int number)
{
    siglongjmp(escape, number);
}

static void native_cpu_catch(void)
{
    static uint8_t signal_stack[65536];
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    stack_t alternate = {.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)};
    struct sigaction action = {.sa_handler = native_cpu_signal, .sa_flags = SA_ONSTACK | SA_NODEFER};
    sigaltstack(&alternate, NULL);
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
}

static bool native_cpu_set_segment(unsigned number, uint32_t base, bool is_code, bool is_32)
{
    struct user_desc segment = {.entry_number = number,
                                .base_addr = base,
                                .limit = 0xfffff,
                                .seg_32bit = is_32,
                                .contents = is_code ? MODIFY_LDT_CONTENTS_CODE : MODIFY_LDT_CONTENTS_DATA,
                                .limit_in_pages = 1,
                                .useable = 1};
    return syscall(SYS_modify_ldt, 0x11, &segment, sizeof(segment)) == 0;
}

bool native_cpu_start(uint64_t (*random_source)(void))
{
    int file = memfd_create("arena", 0);
    ck_assert_int_eq(ftruncate(file, NATIVE_CPU_ARENA), 0);
    uint8_t *all =
        mmap(NULL, ALIAS + FRAME_BYTES + NATIVE_CPU_ARENA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    ck_assert_ptr_ne(all, MAP_FAILED);
    frame = mmap(all + ALIAS, FRAME_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                 -1, 0);
    arena = mmap(frame + FRAME_BYTES, NATIVE_CPU_ARENA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    void *alias = mmap(arena - ALIAS, NATIVE_CPU_ARENA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    ck_assert(frame != MAP_FAILED && arena != MAP_FAILED && alias != MAP_FAILED);
    ck_assert_uint_le((size_t)(native_end - native_begin), SLOT);
    memcpy(frame, native_begin, (size_t)(native_end - native_begin));
    for (unsigned i = 0; i < NATIVE_CPU_ARENA; i++)
        arena[i] = copy[i] = (uint8_t)(random_source() >> 32);
    native_cpu_catch();
    draw = random_source;
    has_segments = native_cpu_set_segment(0, 0, false, true) && native_cpu_set_segment(0, 0, true, false);
    return has_segments;
}

uint64_t native_cpu_target(void)
{
    return (uintptr_t)arena + NATIVE_CPU_ARENA / 2;
}

static uint8_t *native_cpu_data(const uint8_t *symbol)
{
    return frame + (symbol - native_begin);
}

/* A base from which 16 bits reach the target, or, by chance, any base. */
static uint32_t native_cpu_base(bool is_near)
{
    uint64_t bits = draw();
    if (!is_near && bits & 1)
        return (uint32_t)(bits >> 16);
    uint32_t below = bits & 6 ? (uint32_t)(bits >> 16) % NEAR_MOST : 0xfc00;
    return (uint32_t)native_cpu_target() - below;
}

bool native_cpu_set(struct native_cpu_setting *setting, enum decode_mode mode)
{
    uint16_t selectors[SEGMENT_COUNT];
    uint64_t slot = (uintptr_t)frame + SLOT, code = slot - (draw() >> 8) % 0x7000;
    *setting = (struct native_cpu_setting){.mode = mode, .stack_bytes = has_segments && draw() & 1 ? 2 : 4};
    for (unsigned i = 0; i < SEGMENT_COUNT; i++) {
        bool is_stack = i == SEGMENT_SS, is_wide = !is_stack || setting->stack_bytes == 4;
        uint32_t base = has_segments ? native_cpu_base(!is_wide) : 0;
        selectors[i] = has_segments ? (uint16_t)(i << 3 | 7) : SELECTOR_DATA;
        setting->segment_base[i] = base;
        if (i != SEGMENT_CS && has_segments && !native_cpu_set_segment(i, base, false, is_wide))
            return false;
    }
    if (mode == DECODE_MODE_64 || !has_segments)
        code = 0;
    setting->segment_base[SEGMENT_CS] = code;
    setting->rip = slot - code;
    setting->pad = setting->rip + PAD - SLOT;
    if (mode != DECODE_MODE_64 && has_segments &&
        !native_cpu_set_segment(SEGMENT_CS, (uint32_t)code, true, mode == DECODE_MODE_32))
        return false;
    if (mode == DECODE_MODE_64)
        selectors[SEGMENT_CS] = SELECTOR_CODE;
    else if (!has_segments)
        selectors[SEGMENT_CS] = SELECTOR_FLAT;
    memcpy(native_cpu_data(native_selectors), selectors, sizeof(selectors));
    memcpy(native_cpu_data(native_target), &setting->rip, sizeof(uint32_t));
    memcpy(native_cpu_data(native_target) + sizeof(uint32_t), &selectors[SEGMENT_CS], sizeof(uint16_t));
    return has_segments || mode != DECODE_MODE_16;
}

/* The way back to 64-bit code: a far jump with a 32-bit offset. */
static void native_cpu_put_exit(enum decode_mode mode, uint8_t *at, const uint8_t *symbol)
{
    uint32_t offset = (uint32_t)(uintptr_t)native_cpu_data(symbol);
    uint16_t selector = SELECTOR_CODE;
    if (mode == DECODE_MODE_64) {
        offset -= (uint32_t)(uintptr_t)at + 5;
        *at++ = 0xe9;
        memcpy(at, &offset, sizeof(offset));
        return;
    }
    if (mode == DECODE_MODE_16)
        *at++ = 0x66;
    *at++ = 0xea;
    memcpy(at, &offset, sizeof(offset));
    memcpy(at + sizeof(offset), &selector, sizeof(selector));
}

int native_cpu_run(const struct native_cpu_setting *setting, struct emulate_registers *registers, const uint8_t *bytes,
                   unsigned length)
{
    uint8_t *general = native_cpu_data(native_general), *flags = native_cpu_data(native_flags);
    volatile uint8_t *is_pad = native_cpu_data(native_is_pad);
    void (*enter)(void) = (void (*)(void))frame;
    memcpy(frame + SLOT, bytes, length);
    native_cpu_put_exit(setting->mode, frame + SLOT + length, native_exit);
    native_cpu_put_exit(setting->mode, frame + PAD, native_exit_pad);
    memcpy(general, registers->general, sizeof(registers->general));
    memcpy(flags, &registers->rflags, sizeof(registers->rflags));
    *is_pad = 0;
    int number = sigsetjmp(escape, 0);
    if (number) {
        __asm__ volatile("cld; mov %0, %%ss" : : "r"(SELECTOR_DATA));
        return number;
    }
    enter();
    memcpy(registers->general, general, sizeof(registers->general));
    memcpy(&registers->rflags, flags, sizeof(registers->rflags));
    registers->rip = *is_pad ? setting->pad : setting->rip + length;
    return 0;
}

uint8_t *native_cpu_memory(uint64_t linear, unsigned bytes)
{
    uint64_t offset = linear - (uintptr_t)arena;
    if (offset >= NATIVE_CPU_ARENA)
        offset += ALIAS;
    return offset <= NATIVE_CPU_ARENA && bytes <= NATIVE_CPU_ARENA - offset ? copy + offset : NULL;
}

bool native_cpu_poke(uint64_t linear, unsigned bytes, uint64_t value)
{
    uint8_t *at = native_cpu_memory(linear, bytes);
    if (!at)
        return false;
    memcpy(at, &value, bytes);
    memcpy(arena + (at - copy), &value, bytes);
    return true;
}

bool native_cpu_memory_is_equal(void)
{
    return memcmp(arena, copy, NATIVE_CPU_ARENA) == 0;
}

static enum emulate_access_status world_read(void *context, uint64_t linear, void *value, unsigned bytes,
                                             enum emulate_intent intent, struct emulate_fault *fault)
{
    (void)context, (void)intent, (void)fault;
    const uint8_t *from = native_cpu_memory(linear, bytes);
    if (!from)
        return EMULATE_ACCESS_REFUSED;
    memcpy(value, from, bytes);
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status world_write(void *context, uint64_t linear, const void *value, unsigned bytes,
                                              struct emulate_fault *fault)
{
    (void)context, (void)fault;
    uint8_t *to = native_cpu_memory(linear, bytes);
    if (!to)
        return EMULATE_ACCESS_REFUSED;
    memcpy(to, value, bytes);
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status world_compare_exchange(void *context, uint64_t linear, const void *expected,
                                                         const void *replacement, unsigned bytes,
                                                         struct emulate_fault *fault)
{
    (void)context, (void)fault;
    uint8_t *to = native_cpu_memory(linear, bytes);
    if (!to)
        return EMULATE_ACCESS_REFUSED;
    if (memcmp(to, expected, bytes))
        return EMULATE_ACCESS_MISMATCH;
    memcpy(to, replacement, bytes);
    return EMULATE_ACCESS_DONE;
}

const struct emulate_world native_cpu_world = {
    .read = world_read, .write = world_write, .compare_exchange = world_compare_exchange, .repeat_limit = 1000};
