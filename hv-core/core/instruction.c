/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fetching takes a walk of the guest's tables, so what was found is remembered by RIP and CR3, with the place of the
 * bytes and the bytes themselves: an entry counts only while the same bytes stand there. The place is always the VM's
 * own memory. A length is found by a quick walk and remembered without the way to it: tables of another format, or a
 * mapping that the guest changes behind our back, can cost it a wrong length of the same instruction with other
 * prefixes, but never reach outside of it.
 */
#include "core/instruction.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "mmu/mmu_backend.h"
#include "mmu/walker.h"
#include "mmu/walker_quick.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

/* The bytes at a linear address up to the end of its page, in the hypervisor's map, and the way there; NULL where none
 * can be fetched. */
static const uint8_t *instruction_page(const struct vcpu *vcpu, const struct registers *registers, uint64_t linear,
                                       struct walker_trace *way)
{
    struct walker_state state;
    struct walker_memory memory = {&vcpu->vm->memory, guest_memory_read_entry};
    walker_state_set(&state, registers);
    struct walker_result found = walker_walk(
        &state, &memory, linear, (struct walker_access){.is_fetch = true, .is_user = registers->cpl == 3}, way);
    uint64_t rest = X86_PAGE_BYTES - linear % X86_PAGE_BYTES;
    return found.ok ? guest_memory_pointer(&vcpu->vm->memory, found.address, rest, false) : 0;
}

static uint64_t instruction_linear(const struct registers *registers)
{
    if (registers_decode_mode(registers) == DECODE_MODE_64)
        return registers->rip;
    return (registers->segments[SEGMENT_CS].base + registers->rip) & 0xffffffff;
}

size_t instruction_fetch(const struct vcpu *vcpu, const struct registers *registers, uint8_t *bytes)
{
    uint64_t linear = instruction_linear(registers);
    struct walker_trace way;
    size_t got = 0;
    while (got < INSTRUCTION_BYTES_MAX) {
        const uint8_t *page = instruction_page(vcpu, registers, linear + got, &way);
        if (!page)
            break;
        size_t rest = X86_PAGE_BYTES - (linear + got) % X86_PAGE_BYTES;
        size_t part = rest < INSTRUCTION_BYTES_MAX - got ? rest : INSTRUCTION_BYTES_MAX - got;
        memcpy(bytes + got, page, part);
        got += part;
    }
    return got;
}

/* In every mode of the CPU, with all the prefixes that fit, and across the end of a page. */
static __attribute__((noinline)) uint64_t instruction_length_decode(struct vcpu *vcpu,
                                                                    enum instruction_operation operation)
{
    struct registers registers;
    uint8_t bytes[INSTRUCTION_BYTES_MAX];
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    size_t got = instruction_fetch(vcpu, &registers, bytes);
    enum decode_mode mode = registers_decode_mode(&registers);
    uint64_t length = decode_length_fixed(bytes, got, mode, operation);
    if (length && mode != DECODE_MODE_64 && registers.rip + length > UINT32_MAX)
        length -= 1ul << 32;
    return length;
}

uint64_t instruction_length_walk(struct vcpu *vcpu, enum instruction_operation operation)
{
    const struct vm *vm = vcpu->vm;
    const volatile uint32_t *at = 0;
    uint32_t value = 0;
    uint64_t rip = vcpu->exit.rip, root = vm->mmu->hides_tables ? vcpu->paging.cr3 : vcpu->exit.root;
    if (vcpu->exit.is_long_code && rip % X86_PAGE_BYTES <= X86_PAGE_BYTES - sizeof(value))
        at = walker_quick(&vm->memory, root, rip);
    if (at)
        value = *at;
    unsigned length = decode_length_fixed((const uint8_t *)&value, sizeof(value), DECODE_MODE_64, operation);
    if (!length) {
        vcpu->lengths[rip % VCPU_LENGTHS].bytes = 0;
        return instruction_length_decode(vcpu, operation);
    }
    /* The root is what the next exit will show: not CR3 where that is hidden. */
    vcpu->lengths[rip % VCPU_LENGTHS] =
        (struct vcpu_length){rip, vcpu->exit.root, (const void *)at, value, (uint8_t)operation, (uint8_t)length};
    return length;
}

void instruction_forget(struct vcpu *vcpu)
{
    for (unsigned i = 0; i < VCPU_DECODED; i++)
        vcpu->decoded[i].bytes = 0;
    for (unsigned i = 0; i < VCPU_LENGTHS; i++)
        vcpu->lengths[i].bytes = 0;
}

/* Under another root the way begins elsewhere, and may yet be the same: the kernel's half of an address space. */
static bool instruction_enter(const struct vcpu *vcpu, const struct registers *registers, struct vcpu_decoded *entry)
{
    uint64_t offset = (uint64_t)entry->way[0] % X86_PAGE_BYTES;
    coop_paddr top = (registers->cr3 & X86_PTE_FRAME) + offset;
    const volatile uint64_t *first = guest_memory_pointer(&vcpu->vm->memory, top, sizeof(*first), false);
    if (!first)
        return false;
    entry->way[0] = first;
    entry->root = registers->cr3;
    return true;
}

static bool instruction_has_words(const struct vcpu_decoded *entry)
{
    const volatile uint64_t *now = (const volatile uint64_t *)entry->bytes;
    return now[0] == entry->words[0] && (entry->instruction.length <= sizeof(*now) || now[1] == entry->words[1]);
}

/* Whether a remembered instruction still stands at its address: the tables lead to the same bytes. */
static bool instruction_is_same(const struct vcpu *vcpu, const struct registers *registers, struct vcpu_decoded *entry)
{
    if (entry->root != registers->cr3 && !instruction_enter(vcpu, registers, entry))
        return false;
    for (unsigned i = 0; i < entry->depth; i++)
        if ((*entry->way[i] ^ entry->entries[i]) & ~(X86_PTE_A | X86_PTE_D))
            return false;
    return instruction_has_words(entry);
}

/* Remembers a decoded instruction with the way to it, which lies in memory, all of it. */
static void instruction_keep(const struct vcpu *vcpu, const struct registers *registers, struct vcpu_decoded *entry,
                             const uint8_t *bytes, const struct walker_trace *way)
{
    for (unsigned i = 0; i < way->depth; i++) {
        entry->way[i] = guest_memory_pointer(&vcpu->vm->memory, way->addresses[i], sizeof(uint64_t), false);
        entry->entries[i] = way->entries[i];
        if (!entry->way[i])
            return;
    }
    entry->depth = (uint8_t)way->depth;
    entry->is_user = registers->cpl == 3;
    entry->rip = registers->rip;
    entry->root = registers->cr3;
    entry->bytes = bytes;
}

/* Where the sixteen bytes are that are to be compared, and the way there; NULL when they cross the end of a page. */
static const uint8_t *instruction_words(const struct vcpu *vcpu, const struct registers *registers,
                                        enum decode_mode mode, struct walker_trace *way)
{
    bool fits = registers->rip % X86_PAGE_BYTES <= X86_PAGE_BYTES - sizeof(((struct vcpu_decoded *)0)->words);
    return fits && mode == DECODE_MODE_64 ? instruction_page(vcpu, registers, registers->rip, way) : 0;
}

static struct vcpu_decoded *instruction_entry(struct vcpu *vcpu, uint64_t rip)
{
    return &vcpu->decoded[(rip ^ rip >> 7) % VCPU_DECODED];
}

const struct instruction *instruction_decode_at(struct vcpu *vcpu, const struct registers *registers)
{
    struct vcpu_decoded *entry = instruction_entry(vcpu, registers->rip);
    enum decode_mode mode = registers_decode_mode(registers);
    if (entry->bytes && entry->rip == registers->rip && mode == DECODE_MODE_64 &&
        entry->is_user == (registers->cpl == 3) && instruction_is_same(vcpu, registers, entry))
        return &entry->instruction;

    struct walker_trace way;
    const uint8_t *bytes = instruction_words(vcpu, registers, mode, &way);
    size_t got = INSTRUCTION_BYTES_MAX;
    entry->bytes = 0;
    if (bytes)
        memcpy(entry->words, bytes, sizeof(entry->words));
    else
        got = instruction_fetch(vcpu, registers, (uint8_t *)entry->words);
    if (decode_instruction((uint8_t *)entry->words, got, mode, &entry->instruction) != DECODE_OK)
        return 0;
    if (bytes)
        instruction_keep(vcpu, registers, entry, bytes, &way);
    return &entry->instruction;
}

const struct instruction *instruction_decode_next(struct vcpu *vcpu, const struct registers *registers,
                                                  struct instruction_page_known *page)
{
    struct vcpu_decoded *entry = instruction_entry(vcpu, registers->rip);
    uint64_t offset = registers->rip % X86_PAGE_BYTES;
    if (page->bytes && page->linear == registers->rip - offset && entry->rip == registers->rip &&
        entry->bytes == page->bytes + offset && entry->is_user == (registers->cpl == 3) && instruction_has_words(entry))
        return &entry->instruction;
    const struct instruction *instruction = instruction_decode_at(vcpu, registers);
    bool is_known = instruction && entry->bytes;
    *page = (struct instruction_page_known){registers->rip - offset, is_known ? entry->bytes - offset : 0};
    return instruction;
}
