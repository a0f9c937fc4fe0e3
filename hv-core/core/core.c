/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a started machine to running VMs: options, mode, backends, guests, schedulers.
 */
#include "core/core.h"
#include "core/core_direct.h"
#include "core/loader.h"
#include "core/mode.h"
#include "core/realtime.h"
#include "core/record.h"
#include "core/scheduler.h"
#include "core/start_info.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_list.h"
#include "core/vm_memory.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"
#include "machine/boot_info.h"
#include "machine/cpu.h"
#include "machine/log.h"
#include "machine/panic.h"
#include "machine/pmu.h"
#include "mmu/direct_backend.h"
#include "mmu/mmu_backend.h"
#include "mmu/shadow_backend.h"
#include <coopvirt/format.h>
#include <coopvirt/string.h>

#define CORE_MEMORY_MIB_DEFAULT 256
#define CORE_MEMORY_MIB_LEAST   2
#define CORE_MEMORY_MIB_MOST    (1ul << 24) /* 16 TiB */
#define CORE_HOLE_MIB_DEFAULT   (VM_MEMORY_HOLE >> 20)
#define CORE_LOG_KIB_DEFAULT    16384
#define CORE_SLICE_DEFAULT      10000000 /* TSC */

struct core_options {
    struct mode mode;
    const struct cpu_backend *cpu;
    unsigned long memory_mib, hole_mib, log_kib, busy_limit;
    unsigned vcpus, vms;
    struct switches switches;
};

/* Bad input: one line, and the end. */
__attribute__((format(printf, 1, 2))) static _Noreturn void core_refuse(const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    format_string_list(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_error("%s", text);
    record_error("hv", text);
    machine_end(false, text);
}

/* What vt is on this machine; NULL: nothing. */
static const struct cpu_backend *core_find_vt(void)
{
    static const struct cpu_backend *const backends[] = {&svm_backend, &vmx_backend};
    for (unsigned i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
        const void *const *members = (const void *const *)backends[i];
        for (unsigned member = 0; member < offsetof(struct cpu_backend, has_shadow) / sizeof(*members); member++)
            if (!members[member])
                panic("cpu backend %s lacks operation %u", backends[i]->name, member);
        if (backends[i]->probe() == 0)
            return backends[i];
    }
    return 0;
}

static const struct mmu_backend *const core_mmu_backends[MODE_MMU_KINDS] = {
    [MODE_MMU_NESTED] = &nested_backend, [MODE_MMU_SHADOW] = &shadow_backend, [MODE_MMU_DIRECT] = &direct_backend};

static const struct io_backend *const core_io_backends[MODE_IO_KINDS] = {
    [MODE_IO_EMULATED] = &emulated_io, [MODE_IO_QUEUE] = &queue_io};

/* The number that a word gives; a word that gives none is refused, and not taken for its default. */
static unsigned long core_number(const char *words, const char *key, unsigned long fallback)
{
    unsigned long number = fallback;
    char text[48] = "";
    if (!string_option_read_number(words, key, &number)) {
        string_option(words, key, text, sizeof(text));
        core_refuse("%s=%s: that is no number", key, text);
    }
    return number;
}

static void core_read_mode(struct core_options *options, const char *words)
{
    const struct cpu_backend *cpu = core_find_vt();
    const char *no_nested = cpu && !cpu->nested_format->present ? "its CPU has no nested paging (NPT, EPT)" : 0;
    const char *no_shadow = cpu && !cpu->has_shadow ? "its cpu backend runs guests on nested tables only" : 0;
    struct mode_offer offer = {
        .cpu = {[MODE_CPU_VT] = {"vt", cpu ? 0 : "its CPU has no AMD-V or VT-x that can be used (see the log)"},
                [MODE_CPU_DEPRIVILEGED] = {deprivileged_backend.name, 0}},
        .mmu = {[MODE_MMU_NESTED] = {nested_backend.name, 0},
                [MODE_MMU_SHADOW] = {shadow_backend.name, 0},
                [MODE_MMU_DIRECT] = {direct_backend.name, 0}},
        .io = {[MODE_IO_EMULATED] = {emulated_io.name, 0}, [MODE_IO_QUEUE] = {queue_io.name, 0}},
        .lacks = {[MODE_CPU_VT] = {[MODE_MMU_NESTED] = no_nested,
                                   [MODE_MMU_SHADOW] = no_shadow,
                                   [MODE_MMU_DIRECT] = cpu ? cpu->direct->lacks : 0},
                  [MODE_CPU_DEPRIVILEGED] = {[MODE_MMU_NESTED] = "a kernel in ring 3 has no second level"}},
    };
    char name[48] = "full-nested", why[200];

    string_option(words, "mode", name, sizeof(name));
    if (mode_find(name, &options->mode, why, sizeof(why)) || mode_check(&options->mode, &offer, why, sizeof(why)))
        core_refuse("%s", why);
    options->cpu = options->mode.cpu == MODE_CPU_DEPRIVILEGED ? &deprivileged_backend : cpu;
}

static void core_read_switches(struct core_options *options, const char *words)
{
    char why[128];
    if (switches_read(words, &options->switches, why, sizeof(why)))
        core_refuse("%s", why);
    if (options->switches.cluster && options->mode.cpu != MODE_CPU_VT)
        core_refuse("cluster=%u: mode %s has no exits to save", options->switches.cluster, options->mode.name);
}

static void core_start_pmu(const struct core_options *options, const char *words)
{
    char why[128];
    bool has_worlds = options->mode.cpu == MODE_CPU_VT;
    if (pmu_start(words, has_worlds ? PMU_SPLIT_WORLDS : PMU_SPLIT_RINGS, why, sizeof(why)))
        core_refuse("%s", why);
}

static void core_read_memory(struct core_options *options, const char *words)
{
    options->memory_mib = core_number(words, "mem", CORE_MEMORY_MIB_DEFAULT);
    options->hole_mib = core_number(words, "hole", CORE_HOLE_MIB_DEFAULT);
    if (options->memory_mib < CORE_MEMORY_MIB_LEAST)
        core_refuse("mem=%lu is too little: at least %u MiB", options->memory_mib, CORE_MEMORY_MIB_LEAST);
    if (options->memory_mib > CORE_MEMORY_MIB_MOST)
        core_refuse("mem=%lu is too much: at most %lu MiB", options->memory_mib, CORE_MEMORY_MIB_MOST);
    if (options->hole_mib < CORE_MEMORY_MIB_LEAST || options->hole_mib > CORE_HOLE_MIB_DEFAULT)
        core_refuse("hole=%lu: a VM has %u to %lu MiB below its hole for devices", options->hole_mib,
                    CORE_MEMORY_MIB_LEAST, CORE_HOLE_MIB_DEFAULT);
    if (options->hole_mib != CORE_HOLE_MIB_DEFAULT && options->mode.mmu == MODE_MMU_DIRECT)
        core_refuse("hole=%lu: in mode %s a VM's memory lies where the machine's does", options->hole_mib,
                    options->mode.name);
}

static void core_read_options(struct core_options *options)
{
    const char *words = boot_info()->command_line;
    core_read_mode(options, words);
    core_read_memory(options, words);
    options->busy_limit = core_number(words, "limit", 0);
    options->log_kib = core_number(words, "log_quota", CORE_LOG_KIB_DEFAULT);
    core_read_switches(options, words);
    unsigned long vcpus = core_number(words, "vcpus", 1), vms = core_number(words, "vms", 1);
    if (vcpus < 1 || vcpus > VM_VCPUS)
        core_refuse("vcpus=%lu: a VM has 1 to %u VCPUs", vcpus, VM_VCPUS);
    unsigned vcpus_most = core_mmu_backends[options->mode.mmu]->vcpus_most;
    if (vcpus > vcpus_most)
        core_refuse("vcpus=%lu: in mode %s a VM has at most %u", vcpus, options->mode.name, vcpus_most);
    if (vcpus > 1 && options->mode.io == MODE_IO_QUEUE && !mode_starts_vcpus(&options->mode)) /* and no local APIC */
        core_refuse("vcpus=%lu: mode %s has nothing that starts a second VCPU", vcpus, options->mode.name);
    if (vcpus > 1 &&
        options->mode.cpu == MODE_CPU_DEPRIVILEGED) /* its hypercalls count as in the guest: see vm_flush_guests */
        core_refuse("vcpus=%lu: a VM in mode %s has one VCPU", vcpus, options->mode.name);
    if (vms < 1 || vms > VM_LIMIT)
        core_refuse("vms=%lu: there can be 1 to %u VMs", vms, VM_LIMIT);
    options->vcpus = (unsigned)vcpus;
    options->vms = (unsigned)vms;
    scheduler_set_slice(core_number(words, "slice", CORE_SLICE_DEFAULT));
    core_start_pmu(options, words);
}

static bool core_module_is(const struct boot_module *module, const char *role, unsigned vm)
{
    char value[16] = "";
    string_option(module->words, "role", value, sizeof(value));
    return !strcmp(value, role) && string_option_number(module->words, "vm", 0) == vm;
}

/* A VM's module of a role; VM 0's when it has none of its own. */
static const struct boot_module *core_find_module(const char *role, unsigned vm)
{
    const struct boot_info *info = boot_info();
    for (unsigned i = 0; i < info->module_count; i++)
        if (core_module_is(&info->modules[i], role, vm))
            return &info->modules[i];
    return vm ? core_find_module(role, 0) : 0;
}

/* All modules of a role, in their order; VM 0's when it has none of its own. How many there are. */
static unsigned core_find_modules(const char *role, unsigned vm, const struct boot_module **modules, unsigned most)
{
    const struct boot_info *info = boot_info();
    unsigned count = 0;
    for (unsigned i = 0; i < info->module_count; i++)
        if (core_module_is(&info->modules[i], role, vm) && count++ < most)
            modules[count - 1] = &info->modules[i];
    return count || !vm ? count : core_find_modules(role, 0, modules, most);
}

static struct loader_file core_module_file(const struct boot_module *module)
{
    return (struct loader_file){frame_address(module->start), module->bytes, module->words};
}

static void core_set_registers(struct vcpu *vcpu, const struct loader_output *output)
{
    struct registers registers;
    registers_protected_flat(&registers, output->entry);
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        registers.segments[i].selector = i == SEGMENT_CS ? output->code_selector : output->data_selector;
    if (output->gdt_limit) {
        registers.gdt.base = output->gdt;
        registers.gdt.limit = output->gdt_limit;
    }
    vcpu->vm->cpu->write_registers(vcpu, &registers);
    vcpu->vm->mmu->registers_changed(vcpu);
    vcpu->general[REGISTER_RAX] = output->eax;
    vcpu->general[REGISTER_RBX] = output->ebx;
    vcpu->general[REGISTER_RSI] = output->esi;
}

static void core_load_guest(struct vm *vm)
{
    const struct boot_module *kernel = core_find_module("kernel", vm->number);
    const struct boot_module *initrds[LOADER_MODULES];
    struct loader_input input = {.kernel = core_module_file(kernel)};
    struct loader_output output;

    input.module_count = core_find_modules("initrd", vm->number, initrds, LOADER_MODULES);
    if (input.module_count > LOADER_MODULES)
        core_refuse("vm %u: %u modules with role=initrd are too many: at most %u", vm->number, input.module_count,
                    LOADER_MODULES);
    for (unsigned i = 0; i < input.module_count; i++)
        input.modules[i] = core_module_file(initrds[i]);
    bool is_direct = vm->mmu->is_direct || vm->mode.cpu == MODE_CPU_DEPRIVILEGED;
    const char *error = is_direct ? core_direct_load(vm, &input) : loader_load(&vm->memory, &input, &output);
    if (error)
        core_refuse("vm %u: the kernel module %s", vm->number, error);
    if (is_direct)
        return;
    core_set_registers(vm->vcpus[0], &output);
    if (vm->mode.io == MODE_IO_QUEUE && start_info_place(vm, loader_command_line(kernel->words)))
        core_refuse("vm %u: no room for its start-info", vm->number);
}

/* Disks are the module itself for one VM; others that share it get copies, lest one sees what another writes. */
static void core_find_disk(struct vm_config *config)
{
    const struct boot_module *disk = core_find_module("disk", config->number);
    if (!disk)
        return;
    config->disk = frame_address(disk->start);
    config->disk_bytes = disk->bytes;
    config->is_disk_shared = config->number && disk == core_find_module("disk", 0);
}

static struct vm *core_make_guest(const struct core_options *options, unsigned number)
{
    struct vm_config config = {
        .number = number,
        .mode = options->mode,
        .cpu = options->cpu,
        .mmu = core_mmu_backends[options->mode.mmu],
        .io = core_io_backends[options->mode.io],
        .vcpus = options->vcpus,
        .memory_bytes = options->memory_mib << 20,
        .hole = options->hole_mib << 20,
        .log_quota_bytes = options->log_kib << 10,
        .busy_limit = options->busy_limit,
        .switches = options->switches,
        .realtime_at_start = realtime_read(),
    };
    if (!core_find_module("kernel", number))
        core_refuse("there is no module with role=kernel: give the guest kernel as a boot module");
    core_find_disk(&config);
    struct vm *vm = vm_create(&config);
    if (!vm)
        core_refuse("vm %u cannot be created: %lu MiB and %u VCPUs are too much for this machine", number,
                    options->memory_mib, options->vcpus);
    core_load_guest(vm);
    return vm;
}

static void core_other_cpu(void *context)
{
    const struct cpu_backend *cpu = context;
    if (cpu->start_cpu())
        panic("CPU %u cannot run guests", cpu_current()->index);
    scheduler_run();
}

_Noreturn void core_run(void)
{
    struct core_options options;
    struct vm *vms[VM_LIMIT];

    core_read_options(&options);
    const struct cpu_backend *cpu = options.cpu;
    if (cpu->start_cpu())
        core_refuse("virtualization cannot be switched on");
    record_machine(&options.mode, cpu->name, options.memory_mib, options.vcpus, options.vms, &options.switches);
    for (unsigned i = 0; i < options.vms; i++) {
        vms[i] = core_make_guest(&options, i);
        vm_list_add(vms[i]);
    }
    for (unsigned i = 0; i < options.vms; i++)
        vm_start(vms[i]);
    for (unsigned i = 1; i < cpu_count(); i++)
        if (!cpu_start_work(i, core_other_cpu, (void *)cpu))
            log_warning("CPU %u is busy and runs no guests", i);
    scheduler_run();
}
