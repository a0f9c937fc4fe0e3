/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entering the guest's kernel for an exception or upcall, and the returns that are not the usual one.
 */
#include "cpu/deprivileged/deprivileged.h"
#include "cpu/deprivileged/deprivileged_guest.h"

static bool deprivileged_is_masked(const struct deprivileged_vcpu *state)
{
    return __atomic_load_n(&state->shared->upcalls_masked, __ATOMIC_RELAXED);
}

bool deprivileged_guest_is_masked(const struct vcpu *vcpu)
{
    return deprivileged_is_masked(deprivileged_of(vcpu));
}

void deprivileged_guest_set_masked(struct vcpu *vcpu, bool is_masked)
{
    __atomic_store_n(&deprivileged_of(vcpu)->shared->upcalls_masked, is_masked, __ATOMIC_RELAXED);
}

static struct deprivileged_place deprivileged_place(const struct deprivileged_vcpu *state)
{
    return (struct deprivileged_place){state->rip, state->rflags, state->rsp, state->is_user};
}

void deprivileged_inject(struct vcpu *vcpu, const struct vm_event *event)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    const struct event_queue *events = &vcpu->events;
    struct coop_frame *frame = &state->shared->frame;
    uint64_t entry = event->kind == VM_EVENT_INTERRUPT ? state->upcall_entry : state->exception_entry;
    struct deprivileged_place place = deprivileged_place(state);

    if (!entry) {
        state->is_lost = true;
        return;
    }
    deprivileged_frame_fill(frame, &place, deprivileged_is_masked(state));
    frame->vector = event->vector;
    frame->error = event->has_error_code ? event->error_code : 0;
    frame->fault_address = events->has_fault_address ? events->fault_address : state->raw_address;
    if (event->kind != VM_EVENT_EXCEPTION && vcpu->vm->mode.io == MODE_IO_EMULATED)
        __atomic_store_n(&state->shared->upcall_pending, vcpu_interrupt(vcpu) >= 0, __ATOMIC_RELAXED);
    deprivileged_guest_set_masked(vcpu, true);
    deprivileged_set_user(state, false);
    state->rip = entry;
    state->rflags = DEPRIVILEGED_FLAGS_ALWAYS;
}

/* The guest's return looks at upcall_pending when it unmasks. An interrupt controller's is not the guest's to clear. An
 * NMI comes as an exception does, but waits as an upcall: in ring 3 nothing else shows the end of its handler. */
bool deprivileged_window(struct vcpu *vcpu, enum vm_event_kind kind, uint8_t vector)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    (void)kind;
    (void)vector;
    if (!deprivileged_is_masked(state))
        return true;
    __atomic_store_n(&state->shared->upcall_pending, 1, __ATOMIC_RELAXED);
    return false;
}

void deprivileged_return(struct vcpu *vcpu)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    const volatile struct coop_frame *frame = &state->shared->frame;
    struct deprivileged_place place;
    bool is_masked;

    vcpu->account.hypercalls[COOP_HYPERCALL_RETURN - COOP_HYPERCALL_FIRST]++;
    if (!deprivileged_frame_read(&state->shared->frame, &place, &is_masked)) {
        state->raw_vector = DEPRIVILEGED_RAW_BAD_RIP;
        return;
    }
    vcpu->general[REGISTER_RAX] = frame->rax;
    vcpu->general[REGISTER_RCX] = frame->rcx;
    vcpu->general[11] = frame->r11;
    state->rip = place.rip;
    state->rflags = place.rflags;
    state->rsp = place.rsp;
    deprivileged_guest_set_masked(vcpu, is_masked);
    deprivileged_set_user(state, place.is_user);
}
