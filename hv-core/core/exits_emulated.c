/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The row of emulated devices: ports. Memory-mapped registers arrive as faults of the mmu service.
 */
#include "core/device_access.h"
#include "core/emulation.h"
#include "core/exit_table.h"
#include "core/vcpu.h"

/* What IN leaves in RAX: 32-bit results clear the upper half, smaller ones keep it. APM vol. 1, "Results". */
static uint64_t exit_merge(uint64_t old, uint64_t value, unsigned bytes)
{
    if (bytes == 4)
        return (uint32_t)value;
    uint64_t mask = bytes == 1 ? 0xff : 0xffff;
    return (old & ~mask) | (value & mask);
}

static enum vm_action exit_port_io(struct vcpu *vcpu, const struct vm_exit *exit)
{
    const struct vm_exit_port *port = &exit->port;
    if (port->is_string)
        return emulation_run(vcpu);

    uint64_t *rax = &vcpu->general[REGISTER_RAX];
    uint64_t mask = port->bytes == 4 ? 0xffffffff : port->bytes == 2 ? 0xffff : 0xff;
    struct io_access access = {.address = port->port,
                               .value = *rax & mask,
                               .bytes = port->bytes,
                               .is_write = port->is_write,
                               .vcpu = (uint8_t)vcpu->number};
    if (!device_access(vcpu, IO_PORT, &access))
        return VM_STOP;
    if (!port->is_write)
        *rax = exit_merge(*rax, access.value, port->bytes);
    return VM_SKIP;
}

const struct vm_exit_row exit_table_emulated[VM_EXIT_REASONS] = {
    [VM_EXIT_PORT_IO] = {exit_port_io, OPERATION_NONE},
};
