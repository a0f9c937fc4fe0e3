/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The modes themselves, one a line, and how one is chosen. Pure.
 */
#include "core/mode.h"
#include <coopvirt/error.h>
#include <coopvirt/format.h>
#include <coopvirt/string.h>

static const struct mode modes[] = {
    {"full-nested", MODE_CPU_VT, MODE_MMU_NESTED, MODE_IO_EMULATED},     /* full virtualization on today's hardware */
    {"full-shadow", MODE_CPU_VT, MODE_MMU_SHADOW, MODE_IO_EMULATED},     /* Xen HVM and KVM of 2006-07 */
    {"full", MODE_CPU_VT, MODE_MMU_SHADOW, MODE_IO_EMULATED},            /* alias of full-shadow */
    {"paravirt", MODE_CPU_DEPRIVILEGED, MODE_MMU_DIRECT, MODE_IO_QUEUE}, /* Xen PV */
    {"coop", MODE_CPU_VT, MODE_MMU_DIRECT, MODE_IO_QUEUE},               /* cooperative virtualization */
    {"coop-nested", MODE_CPU_VT, MODE_MMU_NESTED, MODE_IO_QUEUE},   /* Xen PVH, KVM with its paravirtual features */
    {"hybrid-shadow", MODE_CPU_VT, MODE_MMU_SHADOW, MODE_IO_QUEUE}, /* KVM 2008, Xen PV-on-HVM */
    {"lguest", MODE_CPU_DEPRIVILEGED, MODE_MMU_SHADOW, MODE_IO_QUEUE},
};
#define MODE_COUNT (sizeof(modes) / sizeof(modes[0]))

static const char *const cpu_names[MODE_CPU_KINDS] = {[MODE_CPU_VT] = "vt", [MODE_CPU_DEPRIVILEGED] = "deprivileged"};
static const char *const mmu_names[MODE_MMU_KINDS] = {
    [MODE_MMU_NESTED] = "nested", [MODE_MMU_SHADOW] = "shadow", [MODE_MMU_DIRECT] = "direct"};
static const char *const io_names[MODE_IO_KINDS] = {[MODE_IO_EMULATED] = "emulated", [MODE_IO_QUEUE] = "queue"};

const char *mode_mmu_name(enum mode_mmu mmu)
{
    return mmu_names[mmu];
}
const char *mode_io_name(enum mode_io io)
{
    return io_names[io];
}

/* The index of the name that begins at *text and ends at `end`; moves *text behind it. -1 when there is none. */
static int mode_axis(const char **text, char end, const char *const *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        size_t length = strlen(names[i]);
        if (!strncmp(*text, names[i], length) && (*text)[length] == end) {
            *text += length + (end != 0);
            return (int)i;
        }
    }
    return -1;
}

int mode_find(const char *text, struct mode *mode, char *why, size_t size)
{
    for (unsigned i = 0; i < MODE_COUNT; i++)
        if (!strcmp(text, modes[i].name)) {
            *mode = modes[i];
            return 0;
        }
    if (!strcmp(text, "native")) {
        format_string(why, size, "mode native is the bare machine: boot the guest kernel itself, without hv-core");
        return -EINVAL;
    }
    const char *at = text;
    int cpu = mode_axis(&at, '/', cpu_names, MODE_CPU_KINDS);
    int mmu = cpu < 0 ? -1 : mode_axis(&at, '/', mmu_names, MODE_MMU_KINDS);
    int io = mmu < 0 ? -1 : mode_axis(&at, 0, io_names, MODE_IO_KINDS);
    if (io < 0) {
        format_string(why, size, "mode '%s' is unknown: give a name such as full-nested, or cpu/mmu/io", text);
        return -EINVAL;
    }
    *mode = (struct mode){"", (enum mode_cpu)cpu, (enum mode_mmu)mmu, (enum mode_io)io};
    for (unsigned i = 0; i < MODE_COUNT; i++)
        if (modes[i].cpu == mode->cpu && modes[i].mmu == mode->mmu && modes[i].io == mode->io && !*mode->name)
            *mode = modes[i];
    if (!*mode->name)
        string_copy(mode->name, text, sizeof(mode->name));
    return 0;
}

static int mode_check_axis(const struct mode *mode, const char *axis, const char *choice,
                           const struct mode_choice *offered, char *why, size_t size)
{
    if (offered->backend && !offered->lacks)
        return 0;
    if (offered->backend)
        format_string(why, size, "mode %s needs %s axis '%s', which this machine cannot run: %s", mode->name, axis,
                      choice, offered->lacks);
    else
        format_string(why, size, "mode %s needs %s axis '%s', which this build does not have", mode->name, axis,
                      choice);
    return -ENODEV;
}

int mode_check(const struct mode *mode, const struct mode_offer *offer, char *why, size_t size)
{
    int error = mode_check_axis(mode, "cpu", cpu_names[mode->cpu], &offer->cpu[mode->cpu], why, size);
    if (!error)
        error = mode_check_axis(mode, "mmu", mmu_names[mode->mmu], &offer->mmu[mode->mmu], why, size);
    if (!error && offer->lacks[mode->cpu][mode->mmu]) {
        const struct mode_choice pair = {offer->mmu[mode->mmu].backend, offer->lacks[mode->cpu][mode->mmu]};
        error = mode_check_axis(mode, "mmu", mmu_names[mode->mmu], &pair, why, size);
    }
    if (!error)
        error = mode_check_axis(mode, "io", io_names[mode->io], &offer->io[mode->io], why, size);
    return error;
}
