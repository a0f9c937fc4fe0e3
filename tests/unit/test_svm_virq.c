/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts by V_IRQ: what the control block says, and what becomes of one that an exit left undelivered.
 */
#include "cpu/svm/svm_virq.h"
#include "suite.h"

enum { VECTOR = 0x51, EXCEPTION_VECTOR = 14 };

static struct vmcb vmcb;
static struct vm_exit out;
static struct event_queue queue;

static void set_up(void)
{
    vmcb = (struct vmcb){0};
    out = (struct vm_exit){.interrupted.kind = VM_EVENT_NONE};
    event_reset(&queue);
}

START_TEST(test_who_needs_it)
{
    ck_assert(svm_virq_is_needed(0x54474354, 0x43544743, 0x47435447)); /* "TCGTCGTCGTCG" */
    ck_assert(!svm_virq_is_needed(0x54474354, 0x43544743, 0));
    ck_assert(!svm_virq_is_needed(0x54474354, 0, 0x47435447));
    ck_assert(!svm_virq_is_needed(0, 0x43544743, 0x47435447));
    ck_assert(!svm_virq_is_needed(0x4b4d564b, 0x564b4d56, 0x4d)); /* "KVMKVMKVM" */
}
END_TEST

/* A guest that writes CR8 while V_IRQ is set ends QEMU: it must exit instead. */
START_TEST(test_set_and_clear)
{
    vmcb.control.virtual_interrupt = VMCB_V_INTR_MASKING | 5;
    vmcb.control.intercept_cr_writes = VMCB_INTERCEPT_CR4;
    vmcb.control.intercepts = VMCB_INTERCEPT_INTR | VMCB_INTERCEPT_VINTR;
    svm_virq_set(&vmcb, VECTOR);
    ck_assert_uint_eq(vmcb.control.virtual_interrupt,
                      0x5100000000 | VMCB_V_INTR_MASKING | 1 << 20 | 0xf << 16 | 1 << 8 | 5);
    ck_assert_uint_eq(vmcb.control.intercept_cr_writes, VMCB_INTERCEPT_CR4 | VMCB_INTERCEPT_CR8);
    svm_virq_clear(&vmcb);
    ck_assert_uint_eq(vmcb.control.virtual_interrupt, VMCB_V_INTR_MASKING | 5);
    ck_assert_uint_eq(vmcb.control.intercept_cr_writes, VMCB_INTERCEPT_CR4);
    ck_assert_uint_eq(vmcb.control.intercepts, VMCB_INTERCEPT_INTR);
}
END_TEST

START_TEST(test_exit_before_the_delivery)
{
    vmcb.control.exit_interrupt_info = VECTOR; /* stale: bit 31 is clear */
    svm_virq_restore(&vmcb, VECTOR, &out, &queue);
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE); /* handlers must not take it for a delivery cut short */
    ck_assert_int_eq(queue.interrupted_vector, VECTOR);
    ck_assert(queue.is_busy);
}
END_TEST

START_TEST(test_exit_in_the_delivery)
{
    vmcb.control.exit_interrupt_info = VMCB_EVENT_VALID | VMCB_EVENT_EXCEPTION | VECTOR; /* as QEMU tells it */
    svm_virq_restore(&vmcb, VECTOR, &out, &queue);
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_INTERRUPT);
    ck_assert_uint_eq(out.interrupted.vector, VECTOR);
    ck_assert(!out.interrupted.has_error_code);
    ck_assert_int_eq(queue.interrupted_vector, -1); /* once, by the exit */
}
END_TEST

/* The guest's own page fault in the delivery has been delivered, and now another's delivery is cut short: both stay. */
START_TEST(test_exit_in_another_delivery)
{
    out.interrupted = (struct vm_event){VM_EVENT_EXCEPTION, EXCEPTION_VECTOR, true, 2};
    vmcb.control.exit_interrupt_info = VMCB_EVENT_VALID | VMCB_EVENT_EXCEPTION | EXCEPTION_VECTOR;
    svm_virq_restore(&vmcb, VECTOR, &out, &queue);
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_EXCEPTION);
    ck_assert_uint_eq(out.interrupted.vector, EXCEPTION_VECTOR);
    event_restore(&queue, &out.interrupted);
    ck_assert_int_eq(queue.interrupted_vector, VECTOR);
    ck_assert_uint_eq(queue.exception.vector, EXCEPTION_VECTOR);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("svm_virq");
    TCase *tests = tcase_create("svm_virq");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_who_needs_it);
    tcase_add_test(tests, test_set_and_clear);
    tcase_add_test(tests, test_exit_before_the_delivery);
    tcase_add_test(tests, test_exit_in_the_delivery);
    tcase_add_test(tests, test_exit_in_another_delivery);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
