/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that wait for the next entry, and how two of them meet.
 */
#include "core/event.h"
#include "suite.h"
#include <coopvirt/x86.h>

static struct event_queue queue;

static void set_up(void) { event_reset(&queue); }

START_TEST(test_restore)
{
    event_restore(&queue, &(struct vm_event){VM_EVENT_INTERRUPT, 0x40, false, 0});
    ck_assert_int_eq(queue.interrupted_vector, 0x40);
    ck_assert(!event_is_waiting(&queue));
    event_restore(&queue, &(struct vm_event){VM_EVENT_EXCEPTION, X86_VECTOR_GP, true, 8});
    ck_assert(event_is_waiting(&queue));
    ck_assert_int_eq(queue.interrupted_vector, 0x40); /* both wait: the exception goes first */
}
END_TEST

START_TEST(test_double_faults)
{
    static const struct {
        uint8_t first, second, result;
    } rows[] = {
        {X86_VECTOR_GP, X86_VECTOR_NP, X86_VECTOR_DF}, {X86_VECTOR_PF, X86_VECTOR_PF, X86_VECTOR_DF},
        {X86_VECTOR_PF, X86_VECTOR_GP, X86_VECTOR_DF}, {X86_VECTOR_GP, X86_VECTOR_PF, X86_VECTOR_PF},
        {X86_VECTOR_UD, X86_VECTOR_GP, X86_VECTOR_GP}, {X86_VECTOR_DB, X86_VECTOR_PF, X86_VECTOR_PF},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        event_reset(&queue);
        event_raise(&queue, rows[i].first, true, 4);
        event_raise(&queue, rows[i].second, true, 6);
        ck_assert_uint_eq(queue.exception.vector, rows[i].result);
        ck_assert_uint_eq(queue.exception.error_code, rows[i].result == X86_VECTOR_DF ? 0 : 6);
        ck_assert(!queue.triple_fault);
    }
}
END_TEST

START_TEST(test_triple_fault)
{
    event_restore(&queue, &(struct vm_event){VM_EVENT_EXCEPTION, X86_VECTOR_DF, true, 0});
    event_raise(&queue, X86_VECTOR_GP, true, 0);
    ck_assert(queue.triple_fault);
}
END_TEST

START_TEST(test_nmi)
{
    event_raise_nmi(&queue);
    event_raise_nmi(&queue); /* one is kept */
    ck_assert_uint_eq(queue.nmis, 1);
    ck_assert(queue.is_busy);
    event_restore(&queue, &(struct vm_event){VM_EVENT_NMI, X86_VECTOR_NMI, false, 0}); /* another was on its way */
    ck_assert_uint_eq(queue.nmis, 2);
    event_raise(&queue, X86_VECTOR_PF, true, 0); /* in the delivery of that: it goes first, and nothing is lost */
    ck_assert_uint_eq(queue.exception.vector, X86_VECTOR_PF);
    ck_assert_uint_eq(queue.nmis, 2);
    event_reset(&queue);
    ck_assert_uint_eq(queue.nmis, 0);
    ck_assert(queue.is_new);
}
END_TEST

START_TEST(test_page_fault_address)
{
    event_raise_page_fault(&queue, 0x1234, 2);
    ck_assert(queue.has_fault_address);
    ck_assert_uint_eq(queue.fault_address, 0x1234);
    ck_assert_uint_eq(queue.exception.error_code, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event");
    TCase *tests = tcase_create("event");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_restore);
    tcase_add_test(tests, test_double_faults);
    tcase_add_test(tests, test_triple_fault);
    tcase_add_test(tests, test_nmi);
    tcase_add_test(tests, test_page_fault_address);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
