/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Merging of events that wait for the next entry.
 */
#include "core/event.h"
#include <coopvirt/x86.h>

void event_reset(struct event_queue *queue)
{
    *queue = (struct event_queue){.interrupted_vector = -1, .is_new = true};
}

void event_restore(struct event_queue *queue, const struct vm_event *event)
{
    queue->is_busy = true;
    if (event->kind == VM_EVENT_INTERRUPT)
        queue->interrupted_vector = event->vector;
    else if (event->kind == VM_EVENT_NMI)
        queue->nmis++;
    else if (event->kind != VM_EVENT_NONE)
        queue->exception = *event;
}

void event_raise_nmi(struct event_queue *queue)
{
    queue->is_busy = true;
    if (!queue->nmis)
        queue->nmis = 1;
}

enum event_class { EVENT_BENIGN, EVENT_CONTRIBUTORY, EVENT_PAGE_FAULT, EVENT_DOUBLE_FAULT };

static enum event_class event_classify(const struct vm_event *event)
{
    if (event->kind != VM_EVENT_EXCEPTION)
        return EVENT_BENIGN;
    switch (event->vector) {
    case X86_VECTOR_DE:
    case X86_VECTOR_TS:
    case X86_VECTOR_NP:
    case X86_VECTOR_SS:
    case X86_VECTOR_GP:
        return EVENT_CONTRIBUTORY;
    case X86_VECTOR_PF:
        return EVENT_PAGE_FAULT;
    case X86_VECTOR_DF:
        return EVENT_DOUBLE_FAULT;
    default:
        return EVENT_BENIGN;
    }
}

void event_raise(struct event_queue *queue, uint8_t vector, bool has_error_code, uint32_t error_code)
{
    struct vm_event raised = {VM_EVENT_EXCEPTION, vector, has_error_code, error_code};
    enum event_class first = event_classify(&queue->exception), second = event_classify(&raised);

    queue->is_busy = true;
    if (first == EVENT_DOUBLE_FAULT && second != EVENT_BENIGN) {
        queue->triple_fault = true;
        return;
    }
    if ((first == EVENT_CONTRIBUTORY && second == EVENT_CONTRIBUTORY) ||
        (first == EVENT_PAGE_FAULT && (second == EVENT_CONTRIBUTORY || second == EVENT_PAGE_FAULT)))
        raised = (struct vm_event){VM_EVENT_EXCEPTION, X86_VECTOR_DF, true, 0};
    queue->exception = raised;
}

void event_raise_page_fault(struct event_queue *queue, uint64_t address, uint32_t error_code)
{
    event_raise(queue, X86_VECTOR_PF, true, error_code);
    queue->fault_address = address;
    queue->has_fault_address = true;
}
