/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcoopcount.so, a TCG plugin for QEMU: counts from outside what the hypervisor's and the guest's
 * records say from inside. Loaded by
 *
 *     -plugin build/bench/plugin/libcoopcount.so,out=FILE
 *
 * It counts every instruction that starts, and those of each class (instruction_class.h), over the
 * whole run and over each region, and writes one JSON object to FILE when QEMU ends. README.md
 * beside this file says how the counts relate to the TSC.
 */
#include "instruction_class.h"
#include "qemu_plugin_abi.h"
#include "regions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Started instructions: of each class, and behind these what only this plugin counts. */
enum {
    COOPCOUNT_INSTRUCTIONS = INSTRUCTION_CLASSES, /* all of them */
    COOPCOUNT_AFTER_ENTRY,                        /* of a region: those after its first VMRUN; 0 without one */
    COOPCOUNT_COUNTERS
};

int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* Only the emulated CPU's thread touches these: with -icount there is one for all CPUs. */
static uint64_t coopcount_now[COOPCOUNT_COUNTERS];
static struct regions coopcount_regions;
static uint64_t coopcount_entry; /* all instructions up to and with the region's first VMRUN */
static char *coopcount_path;

/* Callbacks come before the inline additions of the same instruction. */
static void coopcount_on_begin(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    coopcount_entry = 0;
    regions_begin(&coopcount_regions);
}

static void coopcount_on_vmrun(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    if (coopcount_regions.is_inside && coopcount_entry == 0)
        coopcount_entry = coopcount_now[COOPCOUNT_INSTRUCTIONS] + 1;
}

static void coopcount_on_end(unsigned vcpu, void *data)
{
    uint64_t *row = regions_end(&coopcount_regions);

    (void)vcpu;
    (void)data;
    if (row && coopcount_entry)
        row[COOPCOUNT_AFTER_ENTRY] = coopcount_now[COOPCOUNT_INSTRUCTIONS] - coopcount_entry;
}

static void coopcount_add(struct qemu_plugin_insn *instruction, size_t class)
{
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &coopcount_now[class], 1);
}

static void coopcount_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    static const qemu_plugin_vcpu_cb callbacks[INSTRUCTION_CLASSES + 1] = {
        [INSTRUCTION_MARKER_BEGIN] = coopcount_on_begin,
        [INSTRUCTION_MARKER_END] = coopcount_on_end,
        [INSTRUCTION_VMRUN] = coopcount_on_vmrun,
    };
    size_t count = qemu_plugin_tb_n_insns(tb);

    (void)id;
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(tb, i);
        enum instruction_class class =
            instruction_class_of(qemu_plugin_insn_data(instruction), qemu_plugin_insn_size(instruction));

        if (callbacks[class])
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, callbacks[class], QEMU_PLUGIN_CB_NO_REGS, NULL);
        if (class != INSTRUCTION_CLASSES)
            coopcount_add(instruction, class);
        coopcount_add(instruction, COOPCOUNT_INSTRUCTIONS);
    }
}

static void coopcount_at_exit(qemu_plugin_id_t id, void *data)
{
    const char *names[COOPCOUNT_COUNTERS] = {
        [COOPCOUNT_INSTRUCTIONS] = "instructions", [COOPCOUNT_AFTER_ENTRY] = "after_entry"};
    FILE *file = fopen(coopcount_path, "w");

    (void)id;
    (void)data;
    if (!file) {
        fprintf(stderr, "libcoopcount: cannot write %s\n", coopcount_path);
        return;
    }
    memcpy(names, instruction_class_names, sizeof(instruction_class_names));
    fprintf(file, "{");
    regions_print(file, coopcount_now, names, COOPCOUNT_AFTER_ENTRY);
    fprintf(file, ",");
    regions_print_all(file, &coopcount_regions, names);
    fprintf(file, "}\n");
    if (fclose(file) != 0)
        fprintf(stderr, "libcoopcount: cannot write %s\n", coopcount_path);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc,
                                           char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) != 0) {
            fprintf(stderr, "libcoopcount: unknown argument '%s'; it takes out=FILE\n", argv[i]);
            return -1;
        }
        free(coopcount_path);
        coopcount_path = strdup(argv[i] + 4);
    }
    if (!coopcount_path || coopcount_path[0] == '\0' || strcmp(info->target_name, "x86_64") != 0) {
        fprintf(stderr, "libcoopcount: wants out=FILE, and qemu-system-x86_64\n");
        return -1;
    }
    regions_create(&coopcount_regions, coopcount_now, COOPCOUNT_COUNTERS);
    qemu_plugin_register_vcpu_tb_trans_cb(id, coopcount_translate);
    qemu_plugin_register_atexit_cb(id, coopcount_at_exit, NULL);
    return 0;
}
