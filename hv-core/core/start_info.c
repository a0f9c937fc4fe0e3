/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layout for Multiboot: from VM_MEMORY_LOW_END on start-info, hypercall page, command line, and a page a VCPU.
 */
#include "core/start_info.h"
#include "core/channel.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_memory.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"
#include "machine/tsc.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/error.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define PLACE_INFO         VM_MEMORY_LOW_END
#define PLACE_HYPERCALL    (PLACE_INFO + X86_PAGE_BYTES)
#define PLACE_COMMAND_LINE (PLACE_HYPERCALL + X86_PAGE_BYTES)
#define PLACE_VCPUS        (PLACE_COMMAND_LINE + X86_PAGE_BYTES)
_Static_assert(PLACE_VCPUS + VM_VCPUS * X86_PAGE_BYTES <= VM_MEMORY_VIDEO_END, "all lies in the adapter's memory");

#define INSTRUCTION_RETURN 0xc3

void start_info_fill(const struct vm *vm, struct coop_start_info *info)
{
    *info = (struct coop_start_info){
        .size = sizeof(*info),
        .version = COOP_ABI_VERSION,
        .features = COOP_FEATURE_MARKER | vm->features,
        .vcpus = vm->vcpu_count,
        .tsc_khz = tsc_khz(),
        .wall_seconds = (uint64_t)vm->realtime_at_start,
        .poll = vm->switches.poll,
    };
    vm->io->describe(vm, info);
}

void start_info_fill_hypercall_page(const struct vm *vm, void *page)
{
    uint8_t *code = page;
    memset(code, 0, X86_PAGE_BYTES);
    memcpy(code, vm->cpu->hypercall, sizeof(vm->cpu->hypercall));
    code[sizeof(vm->cpu->hypercall)] = INSTRUCTION_RETURN;
}

static int start_info_attach_vcpu(struct vcpu *vcpu, coop_paddr page, coop_paddr info)
{
    struct vm *vm = vcpu->vm;
    spinlock_take(&vm->lock);
    struct coop_vcpu *shared = vm->mmu->hold(vm, page, sizeof(*shared), true);
    if (shared) {
        vcpu->shared = shared;
        channel_attach(&vcpu->channel, shared);
        if (vm->switches.clock)
            channel_clock_set(&shared->clock, tsc_khz(), vm->created, 0);
    }
    spinlock_release(&vm->lock);
    vcpu->cpuid_config.start_info = info;
    cpuid_policy_show_start_info(&vcpu->cpuid, info);
    return shared ? 0 : -EFAULT;
}

int start_info_attach(struct vm *vm, const struct coop_start_info *info, coop_paddr address)
{
    int error = 0;
    for (unsigned i = 0; !error && i < vm->vcpu_count; i++)
        error = start_info_attach_vcpu(vm->vcpus[i], info->vcpu + i * X86_PAGE_BYTES, address);
    return error;
}

int start_info_place(struct vm *vm, const char *command_line)
{
    uint8_t *area = guest_memory_pointer(&vm->memory, PLACE_INFO, PLACE_VCPUS - PLACE_INFO, true);
    if (!area)
        return -EFAULT;
    struct coop_start_info *info = (struct coop_start_info *)area;
    start_info_fill(vm, info);
    start_info_fill_hypercall_page(vm, area + (PLACE_HYPERCALL - PLACE_INFO));
    string_copy((char *)area + (PLACE_COMMAND_LINE - PLACE_INFO), command_line, X86_PAGE_BYTES);
    info->hypercall_page = PLACE_HYPERCALL;
    info->command_line = PLACE_COMMAND_LINE;
    info->vcpu = PLACE_VCPUS;
    return start_info_attach(vm, info, PLACE_INFO);
}
