/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcoopwalk.so, a TCG plugin for QEMU: what silicon would charge for and an instruction count does not show, the
 * table entries that page walks read. Loaded by
 *
 *     -plugin build/bench/plugin/libcoopwalk.so,out=FILE,l1d=64/64,...
 *
 * Every access and every block goes through the model of the TLBs of its CPU (walk_model.h); what was counted over the
 * run and in each region is written to FILE as JSON when QEMU ends. README.md beside this file says what is seen and
 * what is not.
 */
#include "qemu_plugin_abi.h"
#include "qemu_state.h"
#include "regions.h"
#include "walk_options.h"
#include "walk_stream.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COOPWALK_CPUS    16u
#define COOPWALK_RESUMES 64u
#define PAGE_SHIFT       12u

int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct walk_options coopwalk_options;
static struct walk_stream *coopwalk_streams[COOPWALK_CPUS];
static struct regions coopwalk_regions;
static uint64_t coopwalk_total[WALK_MODEL_COUNTERS]; /* of all CPUs, brought up to date at markers */
/* Where hypervisors go on after VMRUN, as places in QEMU's own memory, which no guest's address can be mistaken for. */
static const void *coopwalk_resumes[COOPWALK_RESUMES];
static unsigned coopwalk_resume_count;
static unsigned coopwalk_physical = UINT_MAX; /* QEMU's index of accesses by physical address, once it is known */

static unsigned coopwalk_cpu_of(const void *context)
{
    return (unsigned)(uintptr_t)context;
}

static uint64_t coopwalk_read_memory(void *context, uint64_t machine)
{
    (void)context;
    return qemu_state_memory(machine);
}

static uint64_t coopwalk_read_register(void *context, enum walk_model_register which)
{
    static const unsigned numbers[WALK_MODEL_REGISTERS] = {
        [WALK_MODEL_CR0] = QEMU_STATE_CR0,
        [WALK_MODEL_CR3] = QEMU_STATE_CR3,
        [WALK_MODEL_CR4] = QEMU_STATE_CR4,
        [WALK_MODEL_EFER] = QEMU_STATE_EFER,
    };

    return qemu_state_register(coopwalk_cpu_of(context), numbers[which]);
}

static uint64_t coopwalk_read_general(void *context, unsigned number)
{
    return qemu_state_general(coopwalk_cpu_of(context), number);
}

static unsigned coopwalk_read_ring(void *context)
{
    return qemu_state_register(coopwalk_cpu_of(context), QEMU_STATE_CS) & 3;
}

/* The stream of a CPU, made when the CPU first does anything. */
static struct walk_stream *coopwalk_stream(unsigned cpu)
{
    struct walk_stream_world world = {
        .model = {(void *)(uintptr_t)cpu, coopwalk_read_memory, coopwalk_read_register},
        .read_general = coopwalk_read_general,
        .read_ring = coopwalk_read_ring,
    };

    if (cpu >= COOPWALK_CPUS) {
        fprintf(stderr, "libcoopwalk: more than %u CPUs\n", COOPWALK_CPUS);
        abort();
    }
    if (!coopwalk_streams[cpu]) {
        coopwalk_streams[cpu] = malloc(sizeof(*coopwalk_streams[cpu]));
        if (!coopwalk_streams[cpu] || !walk_stream_create(coopwalk_streams[cpu], &coopwalk_options.config, &world)) {
            fprintf(stderr, "libcoopwalk: out of memory\n");
            abort();
        }
    }
    return coopwalk_streams[cpu];
}

static void coopwalk_sum(void)
{
    memset(coopwalk_total, 0, sizeof(coopwalk_total));
    for (unsigned cpu = 0; cpu < COOPWALK_CPUS; cpu++)
        for (unsigned i = 0; coopwalk_streams[cpu] && i < WALK_MODEL_COUNTERS; i++)
            coopwalk_total[i] += coopwalk_streams[cpu]->model.counted[i];
}

static void coopwalk_on_begin(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    coopwalk_sum();
    regions_begin(&coopwalk_regions);
}

static void coopwalk_on_end(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    coopwalk_sum();
    regions_end(&coopwalk_regions);
}

static void coopwalk_on_block(unsigned cpu, void *address)
{
    struct walk_stream *stream = coopwalk_stream(cpu);

    walk_stream_settle(stream);
    walk_model_access(&stream->model, (uintptr_t)address, true);
}

static void coopwalk_on_resume(unsigned cpu, void *address)
{
    struct walk_stream *stream = coopwalk_stream(cpu);

    walk_stream_exit(stream);
    walk_model_access(&stream->model, (uintptr_t)address, true);
}

static void coopwalk_on_page(unsigned cpu, void *address)
{
    walk_model_access(&coopwalk_stream(cpu)->model, (uintptr_t)address, true);
}

/* An instruction that flushes: a copy that outlives the translation. */
struct coopwalk_instruction {
    uint64_t address;
    enum instruction_class class;
    uint8_t size, bytes[WALK_STREAM_BYTES];
};

static void coopwalk_on_flush(unsigned cpu, void *data)
{
    const struct coopwalk_instruction *instruction = data;

    walk_stream_instruction(coopwalk_stream(cpu), instruction->class, instruction->address, instruction->bytes,
                            instruction->size);
}

/* Where the emulator really went: a hit that leads elsewhere is a flush that was forgotten, here or in what runs. */
static void coopwalk_compare(struct walk_model *model, qemu_plugin_meminfo_t information, uint64_t address,
                             uint64_t machine)
{
    struct qemu_plugin_hwaddr *real = qemu_plugin_get_hwaddr(information, address);

    if (real && machine != UINT64_MAX && !qemu_plugin_hwaddr_is_io(real))
        model->counted[WALK_MODEL_STALE] += qemu_plugin_hwaddr_phys_addr(real) != machine;
}

/* VMRUN, VMLOAD, VMSAVE and exits reach their areas by physical addresses, past every TLB. QEMU's index of such
 * accesses differs from version to version; what VMLOAD and VMSAVE use is it. */
static unsigned coopwalk_index(qemu_plugin_meminfo_t information)
{
    return information & 15u;
}

static void coopwalk_on_area(unsigned cpu, qemu_plugin_meminfo_t information, uint64_t address, void *data)
{
    (void)cpu;
    (void)address;
    (void)data;
    coopwalk_physical = coopwalk_index(information);
}

static void coopwalk_on_data(unsigned cpu, qemu_plugin_meminfo_t information, uint64_t address, void *data)
{
    struct walk_model *model = &coopwalk_stream(cpu)->model;
    uint64_t last = address + (1u << qemu_plugin_mem_size_shift(information)) - 1, machine;

    (void)data;
    if (coopwalk_index(information) == coopwalk_physical)
        return;
    machine = walk_model_access(model, address, false);
    if (coopwalk_options.compares)
        coopwalk_compare(model, information, address, machine);
    if (last >> PAGE_SHIFT != address >> PAGE_SHIFT)
        walk_model_access(model, last, false);
}

static bool coopwalk_is_resume(const void *place)
{
    for (unsigned i = 0; i < coopwalk_resume_count; i++)
        if (coopwalk_resumes[i] == place)
            return true;
    return false;
}

static void coopwalk_add_resume(struct qemu_plugin_insn *vmrun)
{
    const void *place = (const char *)qemu_plugin_insn_haddr(vmrun) + qemu_plugin_insn_size(vmrun);

    if (coopwalk_is_resume(place))
        return;
    if (coopwalk_resume_count == COOPWALK_RESUMES) {
        fprintf(stderr, "libcoopwalk: more than %u places with VMRUN\n", COOPWALK_RESUMES);
        abort();
    }
    coopwalk_resumes[coopwalk_resume_count++] = place;
}

static void coopwalk_watch(struct qemu_plugin_insn *instruction, enum instruction_class class)
{
    struct coopwalk_instruction *copy = malloc(sizeof(*copy));
    size_t size = qemu_plugin_insn_size(instruction);

    if (!copy || size > sizeof(copy->bytes)) {
        fprintf(stderr, "libcoopwalk: out of memory, or an instruction of %zu bytes\n", size);
        abort();
    }
    *copy = (struct coopwalk_instruction){qemu_plugin_insn_vaddr(instruction), class, (uint8_t)size, {0}};
    memcpy(copy->bytes, qemu_plugin_insn_data(instruction), size);
    qemu_plugin_register_vcpu_insn_exec_cb(instruction, coopwalk_on_flush, QEMU_PLUGIN_CB_NO_REGS, copy);
}

/* What is to be known of one instruction. 'page' is the one up to which the block was fetched before it. */
static void coopwalk_translate_instruction(struct qemu_plugin_insn *instruction, uint64_t *page)
{
    enum instruction_class class =
        instruction_class_of(qemu_plugin_insn_data(instruction), qemu_plugin_insn_size(instruction));
    uint64_t last = qemu_plugin_insn_vaddr(instruction) + qemu_plugin_insn_size(instruction) - 1;

    if (last >> PAGE_SHIFT != *page) {
        *page = last >> PAGE_SHIFT;
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, coopwalk_on_page, QEMU_PLUGIN_CB_NO_REGS,
                                               (void *)(uintptr_t)last);
    }
    if (class == INSTRUCTION_VMRUN)
        coopwalk_add_resume(instruction);
    if (walk_stream_wants(class))
        coopwalk_watch(instruction, class);
    if (class == INSTRUCTION_MARKER_BEGIN || class == INSTRUCTION_MARKER_END)
        qemu_plugin_register_vcpu_insn_exec_cb(instruction,
                                               class == INSTRUCTION_MARKER_BEGIN ? coopwalk_on_begin : coopwalk_on_end,
                                               QEMU_PLUGIN_CB_NO_REGS, NULL);
    qemu_plugin_register_vcpu_mem_cb(
        instruction, class == INSTRUCTION_VMLOAD || class == INSTRUCTION_VMSAVE ? coopwalk_on_area : coopwalk_on_data,
        QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
}

static void coopwalk_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    struct qemu_plugin_insn *first = qemu_plugin_tb_get_insn(tb, 0);
    uint64_t address = qemu_plugin_tb_vaddr(tb), page = address >> PAGE_SHIFT;

    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(
        tb, coopwalk_is_resume(qemu_plugin_insn_haddr(first)) ? coopwalk_on_resume : coopwalk_on_block,
        QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)address);
    for (size_t i = 0; i < count; i++)
        coopwalk_translate_instruction(qemu_plugin_tb_get_insn(tb, i), &page);
}

static void coopwalk_at_exit(qemu_plugin_id_t id, void *data)
{
    FILE *file = fopen(coopwalk_options.path, "w");
    uint64_t mistaken = 0;

    (void)id;
    (void)data;
    if (!file) {
        fprintf(stderr, "libcoopwalk: cannot write %s\n", coopwalk_options.path);
        return;
    }
    for (unsigned cpu = 0; cpu < COOPWALK_CPUS; cpu++)
        mistaken += coopwalk_streams[cpu] ? coopwalk_streams[cpu]->mistaken : 0;
    coopwalk_sum();
    fprintf(file, "{\"compares\":%s,\"mistaken\":%" PRIu64 ",", coopwalk_options.compares ? "true" : "false", mistaken);
    regions_print(file, coopwalk_total, walk_model_counter_names, WALK_MODEL_COUNTERS);
    fprintf(file, ",");
    regions_print_all(file, &coopwalk_regions, walk_model_counter_names);
    fprintf(file, "}\n");
    if (fclose(file) != 0)
        fprintf(stderr, "libcoopwalk: cannot write %s\n", coopwalk_options.path);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc,
                                           char **argv)
{
    const char *missing = qemu_state_bind();

    walk_options_start(&coopwalk_options);
    for (int i = 0; i < argc; i++) {
        if (!walk_options_take(&coopwalk_options, argv[i])) {
            fprintf(stderr, "libcoopwalk: '%s' is nothing that it takes: %s\n", argv[i], walk_options_known);
            return -1;
        }
    }
    if (!coopwalk_options.path || strcmp(info->target_name, "x86_64") != 0 || missing) {
        fprintf(stderr, "libcoopwalk: wants out=FILE, and a qemu-system-x86_64 that exports %s\n",
                missing ? missing : "its registers");
        return -1;
    }
    coopwalk_options.path = strdup(coopwalk_options.path);
    regions_create(&coopwalk_regions, coopwalk_total, WALK_MODEL_COUNTERS);
    qemu_plugin_register_vcpu_tb_trans_cb(id, coopwalk_translate);
    qemu_plugin_register_atexit_cb(id, coopwalk_at_exit, NULL);
    return 0;
}
