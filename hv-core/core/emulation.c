/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world that the emulator sees: linear addresses go through the guest's page tables to its memory, or to the
 * registry where there is none.
 */
#include "core/emulation.h"
#include "core/device_access.h"
#include "core/instruction.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "emulate/execute.h"
#include "mmu/mmu_backend.h"
#include "mmu/walker.h"
#include "mmu/walker_mark.h"
#include <coopvirt/primitives.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

/* Iterations of a string instruction before the guest is entered again: interrupts must not wait for a megabyte. */
#define EMULATION_REPEAT_LIMIT 256

#define EMULATION_PAGES 2 /* a power of two */

/* A page that was translated: a string goes through it from end to end, and instructions behind one another use the
 * same. Valid for one run only, as a TLB entry would be for an instruction. */
struct emulation_page {
    bool is_valid;
    uint64_t linear;
    coop_paddr address;
    const uint8_t *bytes; /* in the hypervisor's map, in a run of instructions; NULL: no memory */
};

struct emulation {
    struct vcpu *vcpu;
    struct walker_state walker;
    bool is_user;
    bool is_run;                /* of instructions, not one alone */
    bool is_stopped;            /* a device has stopped the VM */
    bool is_trapping;           /* the instruction would have exited: a port, a device, a watched table */
    bool is_operand_known;      /* the fault that brought us here is that of the memory operand: */
    uint64_t operand;           /* its linear address */
    coop_paddr operand_address; /* and where that is */
    struct emulation_page pages[2][EMULATION_PAGES]; /* to be read, to be written */
};

/* At most two pieces: an access is no longer than 16 bytes. */
struct emulation_piece {
    coop_paddr address;
    unsigned bytes;
};

static struct emulation_page *emulation_page_of(struct emulation *emulation, uint64_t linear, bool is_write)
{
    return &emulation->pages[is_write][linear / X86_PAGE_BYTES % EMULATION_PAGES];
}

static bool emulation_page_is_of(const struct emulation_page *page, uint64_t linear)
{
    return page->is_valid && (page->linear ^ linear) < X86_PAGE_BYTES;
}

/* What may be written may be read. */
static void emulation_page_keep(struct emulation *emulation, uint64_t linear, coop_paddr address, bool is_write)
{
    const struct guest_memory *memory = &emulation->vcpu->vm->memory;
    uint64_t offset = linear % X86_PAGE_BYTES;
    coop_paddr start = address - offset;
    const uint8_t *bytes = 0;
    if (emulation->is_run && guest_memory_find(memory, start))
        bytes = guest_memory_pointer(memory, start, X86_PAGE_BYTES, false);
    struct emulation_page *page = emulation_page_of(emulation, linear, false);
    *page = (struct emulation_page){true, linear - offset, start, bytes};
    if (is_write)
        *emulation_page_of(emulation, linear, true) = *page;
}

static enum emulate_access_status emulation_translate(struct emulation *emulation, uint64_t linear, bool is_write,
                                                      coop_paddr *address, struct emulate_fault *fault)
{
    struct walker_memory memory = {&emulation->vcpu->vm->memory, guest_memory_read_entry};
    if (emulation->is_operand_known && linear == emulation->operand) {
        *address = emulation->operand_address;
        return EMULATE_ACCESS_DONE;
    }
    const struct emulation_page *page = emulation_page_of(emulation, linear, is_write);
    if (emulation_page_is_of(page, linear)) {
        *address = page->address + linear % X86_PAGE_BYTES;
        return EMULATE_ACCESS_DONE;
    }
    struct walker_access access = {.is_write = is_write, .is_user = emulation->is_user};
    struct walker_result found;
    struct walker_trace trace;
    do
        found = walker_walk(&emulation->walker, &memory, linear, access, &trace);
    while (found.ok && emulation->walker.format &&
           !walker_mark_way(&emulation->vcpu->vm->memory, emulation->walker.format, &trace, is_write));
    if (found.ok) {
        *address = found.address;
        emulation_page_keep(emulation, linear, found.address, is_write);
        return EMULATE_ACCESS_DONE;
    }
    *fault = (struct emulate_fault){X86_VECTOR_PF, true, found.error_code, linear};
    return EMULATE_ACCESS_FAULT;
}

/* Both pages are translated before anything is touched. */
static enum emulate_access_status emulation_split(struct emulation *emulation, uint64_t linear, unsigned bytes,
                                                  bool is_write, struct emulation_piece pieces[2],
                                                  struct emulate_fault *fault)
{
    unsigned first = (unsigned)(X86_PAGE_BYTES - linear % X86_PAGE_BYTES);
    pieces[0].bytes = first < bytes ? first : bytes;
    pieces[1].bytes = bytes - pieces[0].bytes;
    enum emulate_access_status status = emulation_translate(emulation, linear, is_write, &pieces[0].address, fault);
    if (status == EMULATE_ACCESS_DONE && pieces[1].bytes)
        status = emulation_translate(emulation, linear + first, is_write, &pieces[1].address, fault);
    return status;
}

/* One naturally sized access to a device; larger ones go as two halves. */
static bool emulation_device(struct emulation *emulation, coop_paddr address, void *value, unsigned bytes,
                             bool is_write)
{
    if (bytes == 16)
        return emulation_device(emulation, address, value, 8, is_write) &&
               emulation_device(emulation, address + 8, (char *)value + 8, 8, is_write);
    struct io_access access = {
        .address = address, .bytes = (uint8_t)bytes, .is_write = is_write, .vcpu = (uint8_t)emulation->vcpu->number};
    memcpy(&access.value, value, bytes);
    emulation->is_trapping = true;
    emulation->is_stopped |= !device_access(emulation->vcpu, IO_MEMORY, &access);
    if (!is_write)
        memcpy(value, &access.value, bytes);
    return true;
}

static bool emulation_is_power_of_two(unsigned n)
{
    return n && !(n & (n - 1));
}

static void emulation_written(struct emulation *emulation, coop_paddr address, unsigned bytes)
{
    const struct mmu_backend *mmu = emulation->vcpu->vm->mmu;
    emulation->is_trapping |= mmu->is_watched && mmu->is_watched(emulation->vcpu, address);
    mmu->written(emulation->vcpu, address, bytes);
}

static bool emulation_piece_access(struct emulation *emulation, const struct emulation_piece *piece, void *value,
                                   bool is_write)
{
    struct vm *vm = emulation->vcpu->vm;
    const struct guest_memory_range *range = guest_memory_find(&vm->memory, piece->address);
    if (!range)
        return emulation_is_power_of_two(piece->bytes) &&
               emulation_device(emulation, piece->address, value, piece->bytes, is_write);
    if (!is_write)
        return guest_memory_read(&vm->memory, piece->address, value, piece->bytes);
    if (!range->is_writable)
        return true; /* a write to read-only memory is lost, as on a PC */
    if (!guest_memory_write(&vm->memory, piece->address, value, piece->bytes))
        return false;
    emulation_written(emulation, piece->address, piece->bytes);
    return true;
}

static enum emulate_access_status emulation_access(struct emulation *emulation, uint64_t linear, void *value,
                                                   unsigned bytes, bool is_write, bool is_store,
                                                   struct emulate_fault *fault)
{
    struct emulation_piece pieces[2];
    enum emulate_access_status status = emulation_split(emulation, linear, bytes, is_write, pieces, fault);
    if (status != EMULATE_ACCESS_DONE)
        return status;
    for (unsigned i = 0, at = 0; i < 2 && pieces[i].bytes; at += pieces[i++].bytes)
        if (!emulation_piece_access(emulation, &pieces[i], (char *)value + at, is_store))
            return EMULATE_ACCESS_REFUSED;
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status emulation_read(void *context, uint64_t linear, void *value, unsigned bytes,
                                                 enum emulate_intent intent, struct emulate_fault *fault)
{
    const struct emulation_page *page = emulation_page_of(context, linear, false);
    if (bytes == 8 && linear % 8 == 0 && intent == EMULATE_INTENT_READ && emulation_page_is_of(page, linear) &&
        page->bytes) {
        *(uint64_t *)value =
            __atomic_load_n((const uint64_t *)(page->bytes + linear % X86_PAGE_BYTES), __ATOMIC_RELAXED);
        return EMULATE_ACCESS_DONE;
    }
    return emulation_access(context, linear, value, bytes, intent == EMULATE_INTENT_MODIFY, false, fault);
}

static enum emulate_access_status emulation_write(void *context, uint64_t linear, const void *value, unsigned bytes,
                                                  struct emulate_fault *fault)
{
    uint8_t copy[16];
    memcpy(copy, value, bytes);
    return emulation_access(context, linear, copy, bytes, true, true, fault);
}

/* Atomic on memory that other VCPUs share. */
static bool emulation_exchange(void *at, const void *expected, const void *replacement, unsigned bytes)
{
    uint64_t old = 0, new = 0;
    memcpy(&old, expected, bytes);
    memcpy(&new, replacement, bytes);
    switch (bytes) {
    case 1: {
        uint8_t want = (uint8_t)old;
        return __atomic_compare_exchange_n((uint8_t *)at, &want, (uint8_t) new, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST);
    }
    case 2: {
        uint16_t want = (uint16_t)old;
        return __atomic_compare_exchange_n((uint16_t *)at, &want, (uint16_t) new, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST);
    }
    case 4: {
        uint32_t want = (uint32_t)old;
        return __atomic_compare_exchange_n((uint32_t *)at, &want, (uint32_t) new, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST);
    }
    default:
        return __atomic_compare_exchange_n((uint64_t *)at, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
}

static enum emulate_access_status emulation_compare_exchange(void *context, uint64_t linear, const void *expected,
                                                             const void *replacement, unsigned bytes,
                                                             struct emulate_fault *fault)
{
    struct emulation *emulation = context;
    struct emulation_piece pieces[2];
    enum emulate_access_status status = emulation_split(emulation, linear, bytes, true, pieces, fault);
    if (status != EMULATE_ACCESS_DONE)
        return status;
    if (pieces[1].bytes || bytes > 8)
        return EMULATE_ACCESS_REFUSED;
    void *at = guest_memory_pointer(&emulation->vcpu->vm->memory, pieces[0].address, bytes, true);
    if (!at) /* a device; or read-only memory, where the write is lost */
        return emulation_write(context, linear, replacement, bytes, fault);
    if (!emulation_exchange(at, expected, replacement, bytes))
        return EMULATE_ACCESS_MISMATCH;
    emulation_written(emulation, pieces[0].address, bytes);
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status emulation_port(struct emulation *emulation, struct io_access *access)
{
    access->vcpu = (uint8_t)emulation->vcpu->number;
    emulation->is_trapping = true;
    emulation->is_stopped |= !device_access(emulation->vcpu, IO_PORT, access);
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status emulation_port_in(void *context, uint16_t port, unsigned bytes, uint32_t *value,
                                                    struct emulate_fault *fault)
{
    struct io_access access = {.address = port, .bytes = (uint8_t)bytes};
    (void)fault;
    enum emulate_access_status status = emulation_port(context, &access);
    *value = (uint32_t)access.value;
    return status;
}

static enum emulate_access_status emulation_port_out(void *context, uint16_t port, unsigned bytes, uint32_t value,
                                                     struct emulate_fault *fault)
{
    struct io_access access = {.address = port, .bytes = (uint8_t)bytes, .is_write = true, .value = value};
    (void)fault;
    return emulation_port(context, &access);
}

/* A run into or out of the guest's memory itself; what is not, or faults, goes value by value. */
static uint64_t emulation_port_run(void *context, const struct emulate_port_run *run)
{
    struct emulation *emulation = context;
    struct vcpu *vcpu = emulation->vcpu;
    struct io_access access = {
        .address = run->port, .bytes = run->bytes, .is_write = !run->is_input, .vcpu = (uint8_t)vcpu->number};
    struct emulate_fault fault;
    coop_paddr address;
    if (emulation_translate(emulation, run->linear, run->is_input, &address, &fault) != EMULATE_ACCESS_DONE)
        return 0;
    uint8_t *values = guest_memory_pointer(&vcpu->vm->memory, address, run->count * run->bytes, run->is_input);
    if (!values)
        return 0;
    uint64_t done = device_access_string(vcpu, &access, values, run->count);
    emulation->is_trapping = true;
    if (run->is_input && done)
        vcpu->vm->mmu->written(vcpu, address, done * run->bytes);
    emulation->is_stopped |= vm_is_stopped(vcpu->vm);
    return done;
}

static void emulation_load(struct emulate_registers *to, const struct vcpu *vcpu, const struct registers *from)
{
    quadwords_copy(to->general, vcpu->general, 16);
    to->general[REGISTER_RSP] = from->rsp;
    to->rip = from->rip;
    to->rflags = from->rflags;
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        to->segment_base[i] = from->segments[i].base;
    to->mode = registers_decode_mode(from);
    to->stack_bytes = from->segments[SEGMENT_SS].attributes & REGISTER_SEGMENT_BIG ? 4 : 2;
    to->cpl = from->cpl;
}

static void emulation_store(struct vcpu *vcpu, struct registers *to, const struct emulate_registers *from)
{
    quadwords_copy(vcpu->general, from->general, 16);
    /* Most instructions that end here are moves, and writing all registers back is dear. */
    if (to->rsp != from->general[REGISTER_RSP] || to->rflags != from->rflags) {
        to->rsp = from->general[REGISTER_RSP];
        to->rflags = from->rflags;
        vcpu->vm->cpu->write_registers(vcpu, to);
    }
    if (from->rip != to->rip) {
        vcpu->exit.next_rip = from->rip;
        vcpu->vm->cpu->advance(vcpu, from->rip);
    }
}

static void emulation_raise(struct vcpu *vcpu, const struct emulate_fault *fault)
{
    if (fault->vector == X86_VECTOR_PF)
        event_raise_page_fault(&vcpu->events, fault->address, fault->error_code);
    else
        event_raise(&vcpu->events, fault->vector, fault->has_error_code, fault->error_code);
}

/* The one operand of an instruction that faulted in it is translated already: by the CPU, in the exit. Not when it
 * crosses a page (the fault may be that of either) or the instruction has other accesses to memory. */
static void emulation_use_fault(struct emulation *emulation, const struct emulate_registers *file,
                                const struct instruction *instruction)
{
    const struct vm_exit *exit = &emulation->vcpu->exit;
    if ((exit->reason != VM_EXIT_NESTED_FAULT && exit->reason != VM_EXIT_PAGE_FAULT) ||
        !instruction->has_memory_operand || instruction->operation == OPERATION_PUSH ||
        instruction->operation == OPERATION_POP)
        return;
    emulation->operand = emulate_operand_address(file, instruction);
    emulation->operand_address = exit->fault.address;
    emulation->is_operand_known = (emulation->operand ^ exit->fault.address) % X86_PAGE_BYTES == 0 &&
                                  emulation->operand % X86_PAGE_BYTES + 16 <= X86_PAGE_BYTES;
}

static const struct emulate_world emulation_world = {
    .read = emulation_read,
    .write = emulation_write,
    .compare_exchange = emulation_compare_exchange,
    .port_in = emulation_port_in,
    .port_out = emulation_port_out,
    .port_run = emulation_port_run,
    .repeat_limit = EMULATION_REPEAT_LIMIT,
};

/* Not cleared as a whole: this is on the way of every write to the local APIC. */
static void emulation_begin(struct emulation *emulation, struct vcpu *vcpu, struct registers *registers,
                            struct emulate_registers *file)
{
    vcpu->vm->cpu->read_registers(vcpu, registers);
    walker_state_set(&emulation->walker, registers);
    emulation->vcpu = vcpu;
    emulation->is_user = registers->cpl == 3;
    emulation->is_run = emulation->is_stopped = emulation->is_operand_known = emulation->is_trapping = false;
    for (unsigned i = 0; i < EMULATION_PAGES; i++)
        emulation->pages[0][i].is_valid = emulation->pages[1][i].is_valid = false;
    emulation_load(file, vcpu, registers);
}

bool emulation_try(struct vcpu *vcpu)
{
    struct emulation emulation;
    struct emulate_world world = emulation_world;
    struct registers registers;
    struct emulate_registers file;
    struct emulate_fault fault = {0};
    enum emulate_status status = EMULATE_UNSUPPORTED;

    world.context = &emulation;
    emulation_begin(&emulation, vcpu, &registers, &file);
    const struct instruction *instruction = instruction_decode_at(vcpu, &registers);
    if (instruction) {
        emulation_use_fault(&emulation, &file, instruction);
        status = emulate_execute(&file, instruction, &world, &fault);
    }
    if (status == EMULATE_UNSUPPORTED)
        return false;
    emulation_store(vcpu, &registers, &file);
    if (status == EMULATE_FAULT && !emulation.is_stopped)
        emulation_raise(vcpu, &fault);
    return true;
}

/* What faults is left to the CPU, which will fault as well; a string that is cut off goes on in the next round. */
unsigned emulation_go_on(struct vcpu *vcpu, unsigned most, unsigned *trapping, unsigned *last)
{
    struct emulation emulation;
    struct emulate_world world = emulation_world;
    struct registers registers, step;
    struct emulate_registers file;
    struct emulate_fault fault;
    struct instruction_page_known page = {0};
    unsigned done = 0;

    world.context = &emulation;
    emulation_begin(&emulation, vcpu, &registers, &file);
    emulation.is_run = true;
    step = registers;
    for (; done < most && !emulation.is_stopped && !event_is_waiting(&vcpu->events); done++) {
        step.rip = file.rip;
        const struct instruction *instruction = instruction_decode_next(vcpu, &step, &page);
        emulation.is_trapping = false;
        if (!instruction || emulate_execute(&file, instruction, &world, &fault) != EMULATE_DONE)
            break;
        *trapping += emulation.is_trapping;
        *last = emulation.is_trapping ? done + 1 : *last;
    }
    emulation_store(vcpu, &registers, &file); /* of a string that was cut off, too */
    return done;
}

enum vm_action emulation_run(struct vcpu *vcpu)
{
    if (!emulation_try(vcpu))
        report_stop(vcpu, VM_STOP_BAD_ACCESS, "an instruction that is not executed for a device");
    return vm_is_stopped(vcpu->vm) ? VM_STOP : VM_RESUME;
}
