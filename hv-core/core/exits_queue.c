/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The row of queue devices: ports. There are two, which stand for no device: the marker and the exit port. All others
 * are absent, as is device memory, which arrives as a fault of the mmu service.
 */
#include "core/device_access.h"
#include "core/emulation.h"
#include "core/exit_table.h"
#include "core/io_queue.h"
#include "core/vcpu.h"
#include "core/vm.h"

static enum vm_action exit_port_marker(struct vcpu *vcpu)
{
    uint32_t value = (uint32_t)vcpu->general[REGISTER_RAX];
    if ((value & 1) == COOP_MARKER_BEGIN)
        io_queue_region_begin(vcpu->vm);
    vcpu_marker(vcpu, value);
    return VM_SKIP;
}

static enum vm_action exit_port_absent(struct vcpu *vcpu, const struct vm_exit_port *port)
{
    struct io_access access = {.address = port->port, .bytes = port->bytes, .is_write = port->is_write};
    device_access(vcpu, IO_PORT, &access);
    if (!port->is_write) /* all ones, whatever the size; IN of 32 bits clears the upper half */
        vcpu->general[REGISTER_RAX] = port->bytes == 4 ? access.value : vcpu->general[REGISTER_RAX] | access.value;
    return VM_SKIP;
}

static enum vm_action exit_port_io(struct vcpu *vcpu, const struct vm_exit *exit)
{
    const struct vm_exit_port *port = &exit->port;
    if (port->is_string)
        return emulation_run(vcpu);
    if (port->is_write && port->port == COOP_PORT_MARKER && port->bytes == 4)
        return exit_port_marker(vcpu);
    if (port->is_write && port->port == COOP_PORT_EXIT) {
        vm_stop(vcpu->vm, VM_STOP_EXIT_PORT, (uint8_t)vcpu->general[REGISTER_RAX]);
        return VM_STOP;
    }
    return exit_port_absent(vcpu, port);
}

const struct vm_exit_row exit_table_queue[VM_EXIT_REASONS] = {
    [VM_EXIT_PORT_IO] = {exit_port_io, OPERATION_NONE},
};
