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

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Started instructions: of each class, and at [INSTRUCTION_CLASSES] all of them. */
struct coopcount_counters {
    uint64_t started[INSTRUCTION_CLASSES + 1];
};

struct coopcount_region {
    struct coopcount_counters counted;
    uint64_t after_entry; /* instructions after the first VMRUN in the region; 0 without one */
};

int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* Only the emulated CPU's thread touches these: with -icount there is one for all CPUs. */
static struct coopcount_counters coopcount_now, coopcount_begin;
static struct coopcount_region *coopcount_regions;
static size_t coopcount_region_count, coopcount_region_room;
static uint64_t coopcount_entry; /* all instructions up to and with the region's first VMRUN */
static bool coopcount_in_region;
static uint64_t coopcount_unpaired; /* begins without an end, ends without a begin */
static char *coopcount_path;

/* Callbacks come before the inline additions of the same instruction. */
static void coopcount_on_begin(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    coopcount_unpaired += coopcount_in_region;
    coopcount_in_region = true;
    coopcount_entry = 0;
    coopcount_begin = coopcount_now;
}

static void coopcount_on_vmrun(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    if (coopcount_in_region && coopcount_entry == 0)
        coopcount_entry = coopcount_now.started[INSTRUCTION_CLASSES] + 1;
}

static void coopcount_grow(void)
{
    if (coopcount_region_count < coopcount_region_room)
        return;
    coopcount_region_room = coopcount_region_room * 2 + 64;
    coopcount_regions = realloc(coopcount_regions, coopcount_region_room * sizeof(*coopcount_regions));
    if (!coopcount_regions) {
        fprintf(stderr, "libcoopcount: out of memory\n");
        abort();
    }
}

static void coopcount_on_end(unsigned vcpu, void *data)
{
    struct coopcount_region *region;

    (void)vcpu;
    (void)data;
    if (!coopcount_in_region) {
        coopcount_unpaired++;
        return;
    }
    coopcount_in_region = false;
    coopcount_grow();
    region = &coopcount_regions[coopcount_region_count++];
    for (size_t i = 0; i <= INSTRUCTION_CLASSES; i++)
        region->counted.started[i] = coopcount_now.started[i] - coopcount_begin.started[i];
    region->after_entry = coopcount_entry ? coopcount_now.started[INSTRUCTION_CLASSES] - coopcount_entry : 0;
}

static void coopcount_add(struct qemu_plugin_insn *instruction, size_t class)
{
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &coopcount_now.started[class],
                                               1);
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
        coopcount_add(instruction, INSTRUCTION_CLASSES);
    }
}

static void coopcount_print(FILE *file, const struct coopcount_counters *counters)
{
    fprintf(file, "\"instructions\":%" PRIu64, counters->started[INSTRUCTION_CLASSES]);
    for (size_t i = 0; i < INSTRUCTION_CLASSES; i++)
        fprintf(file, ",\"%s\":%" PRIu64, instruction_class_names[i], counters->started[i]);
}

static void coopcount_at_exit(qemu_plugin_id_t id, void *data)
{
    FILE *file = fopen(coopcount_path, "w");

    (void)id;
    (void)data;
    if (!file) {
        fprintf(stderr, "libcoopcount: cannot write %s\n", coopcount_path);
        return;
    }
    fprintf(file, "{");
    coopcount_print(file, &coopcount_now);
    fprintf(file, ",\"unpaired_markers\":%" PRIu64 ",\"regions\":[", coopcount_unpaired + coopcount_in_region);
    for (size_t i = 0; i < coopcount_region_count; i++) {
        fprintf(file, "%s\n{\"region\":%zu,\"after_entry\":%" PRIu64 ",", i ? "," : "", i + 1,
                coopcount_regions[i].after_entry);
        coopcount_print(file, &coopcount_regions[i].counted);
        fprintf(file, "}");
    }
    fprintf(file, "]}\n");
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
    qemu_plugin_register_vcpu_tb_trans_cb(id, coopcount_translate);
    qemu_plugin_register_atexit_cb(id, coopcount_at_exit, NULL);
    return 0;
}
