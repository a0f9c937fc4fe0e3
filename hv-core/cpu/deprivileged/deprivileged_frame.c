/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of what a guest kernel asks the CPU to load.
 */
#include "cpu/deprivileged/deprivileged_frame.h"
#include <coopvirt/mutation.h>

#define FRAME_CANONICAL_BITS 47
#define FRAME_SLOT_SHIFT     39
#define FRAME_SLOTS          512u

/* APM vol. 2, "Debug-Control Register (DR7)": two type bits each from bit 16 on, general detection in bit 13. */
#define FRAME_DR7_DEFINED    0xffff23fful
#define FRAME_DR7_ONE        0x400ul
#define FRAME_DR7_DETECT     0x2000ul
#define FRAME_DR7_TYPE_SHIFT 16
#define FRAME_DR7_TYPE_IO    2u
#define FRAME_DR6_DEFINED    0xe00ful
#define FRAME_DR6_ONES       0xffff0ff0ul

bool deprivileged_is_canonical(uint64_t address)
{
    int64_t upper = (int64_t)address >> FRAME_CANONICAL_BITS;
    return upper == 0 || upper == -1 || MUTATED(deprivileged_canonical);
}

uint64_t deprivileged_flags(uint64_t wanted)
{
    uint64_t allowed = MUTATED(deprivileged_iopl) ? DEPRIVILEGED_FLAGS | X86_FLAGS_IOPL : DEPRIVILEGED_FLAGS;
    return (wanted & allowed) | DEPRIVILEGED_FLAGS_ALWAYS;
}

void deprivileged_frame_fill(struct coop_frame *frame, const struct deprivileged_place *place, bool is_masked)
{
    frame->rip = place->rip;
    frame->rsp = place->rsp;
    frame->rflags = is_masked ? place->rflags & ~X86_FLAGS_IF : place->rflags | X86_FLAGS_IF;
    frame->cs = place->is_user ? COOP_SELECTOR_USER_CODE : COOP_SELECTOR_KERNEL_CODE;
    frame->ss = place->is_user ? COOP_SELECTOR_USER_DATA : COOP_SELECTOR_KERNEL_DATA;
}

bool deprivileged_frame_read(const struct coop_frame *frame, struct deprivileged_place *place, bool *is_masked)
{
    const volatile struct coop_frame *shared = frame; /* each member once */
    uint64_t rflags = shared->rflags;
    *place = (struct deprivileged_place){
        .rip = shared->rip, .rflags = deprivileged_flags(rflags), .rsp = shared->rsp, .is_user = shared->cs & 3};
    *is_masked = !(rflags & X86_FLAGS_IF);
    return deprivileged_is_canonical(place->rip);
}

uint32_t deprivileged_fault_error(uint64_t error, bool is_user)
{
    return is_user ? (uint32_t)error : (uint32_t)error & ~X86_PF_USER;
}

static bool deprivileged_dr7_is_valid(uint64_t value)
{
    if (value & ~(FRAME_DR7_DEFINED | FRAME_DR7_ONE) && !MUTATED(deprivileged_debug_reserved))
        return false;
    if (value & FRAME_DR7_DETECT && !MUTATED(deprivileged_debug_detect))
        return false;
    for (unsigned i = 0; i < 4; i++)
        if ((value >> (FRAME_DR7_TYPE_SHIFT + 4 * i) & 3) == FRAME_DR7_TYPE_IO && !MUTATED(deprivileged_debug_port))
            return false;
    return true;
}

bool deprivileged_debug_control_is_valid(unsigned number, uint64_t value)
{
    if (number == 7)
        return deprivileged_dr7_is_valid(value);
    return (number == 6 || MUTATED(deprivileged_debug_number)) && !(value & ~(FRAME_DR6_DEFINED | FRAME_DR6_ONES));
}

bool deprivileged_breakpoint_is_valid(uint64_t address)
{
    unsigned slot = address >> FRAME_SLOT_SHIFT & (FRAME_SLOTS - 1);
    bool is_ours = slot >= COOP_SLOT_FIRST && slot <= COOP_SLOT_LAST;
    return deprivileged_is_canonical(address) && (!is_ours || MUTATED(deprivileged_debug_address));
}
