/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first page tables are built by the very operations that the guest has, or as plain memory under shadow paging.
 */
#include "core/core_direct.h"
#include "core/loader_direct.h"
#include "core/start_info.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "mmu/direct_backend.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

static bool core_direct_table_new(void *context, coop_paddr frame, unsigned level)
{
    return !direct_table_new(context, frame, level);
}

static bool core_direct_set(void *context, coop_paddr slot, uint64_t entry)
{
    return !direct_set(context, slot, entry);
}

static bool core_direct_plain_new(void *context, coop_paddr frame, unsigned level)
{
    void *table = guest_memory_pointer(context, frame, X86_PAGE_BYTES, true);
    (void)level;
    if (!table)
        return false;
    memset(table, 0, X86_PAGE_BYTES);
    return true;
}

static bool core_direct_plain_set(void *context, coop_paddr slot, uint64_t entry)
{
    return guest_memory_write(context, slot, &entry, sizeof(entry));
}

/* The pages that the loader has set aside. */
static const char *core_direct_share(struct vm *vm, const struct loader_direct_output *output)
{
    const struct coop_start_info *info = guest_memory_pointer(&vm->memory, output->info, sizeof(*info), false);
    void *page = info ? guest_memory_pointer(&vm->memory, info->hypercall_page, X86_PAGE_BYTES, true) : 0;
    if (!page || start_info_attach(vm, info, output->info))
        return "cannot share pages with the hypervisor";
    start_info_fill_hypercall_page(vm, page);
    return 0;
}

static const char *core_direct_enter(struct vm *vm, const struct loader_direct_output *output)
{
    struct vcpu *vcpu = vm->vcpus[0];
    struct registers registers;
    if (vm->mmu->is_direct && direct_root_load(vcpu, output->root, 0))
        return "has tables that cannot be loaded";
    registers_long_flat(&registers, output->entry, output->stack, output->root, 0); /* of its own privilege levels */
    vm->cpu->write_registers(vcpu, &registers);
    vm->mmu->registers_changed(vcpu);
    memset(vcpu->general, 0, sizeof(vcpu->general));
    vcpu->general[REGISTER_RSI] = output->info_linear;
    return 0;
}

const char *core_direct_load(struct vm *vm, const struct loader_input *files)
{
    const struct loader_tables_world direct = {&vm->direct, core_direct_table_new, core_direct_set};
    const struct loader_tables_world plain = {&vm->memory, core_direct_plain_new, core_direct_plain_set};
    struct coop_start_info start;
    struct loader_direct_output output;
    const struct loader_direct_input input = {files, vm->mmu->is_direct ? &direct : &plain, &start};
    start_info_fill(vm, &start);
    const char *error = loader_direct_load(&vm->memory, &input, &output);
    if (!error)
        error = core_direct_share(vm, &output);
    return error ? error : core_direct_enter(vm, &output);
}
