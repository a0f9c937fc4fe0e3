/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists of supplementary groups: sorted and searched against qsort and a plain search.
 */
#include "kernel/groups.h"
#include "memory/heap.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

static unsigned objects;
static bool heap_empty;

void *heap_allocate(size_t bytes)
{
    objects += !heap_empty;
    return heap_empty ? 0 : calloc(1, bytes);
}
void heap_free(void *object)
{
    objects--;
    free(object);
}

static struct process self;
struct process *process_current(void)
{
    return &self;
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* As many as that of so many different ones. */
static void check_list(uint32_t count, uint32_t different)
{
    uint32_t *model = calloc(count + 1, sizeof(*model));
    struct groups *groups = groups_create(count);
    ck_assert(model && groups && groups->count == count);
    for (uint32_t i = 0; i < count; i++)
        model[i] = groups->of[i] = (uint32_t)rand() % different * 2;
    groups_sort(groups);
    qsort(model, count, sizeof(*model), compare);
    ck_assert_int_eq(memcmp(model, groups->of, count * sizeof(*model)), 0);
    for (uint32_t i = 0; i < count; i++)
        ck_assert(groups_contain(groups, model[i]) && !groups_contain(groups, model[i] + 1));
    ck_assert(!groups_contain(groups, UINT32_MAX));
    groups_release(groups);
    free(model);
}

START_TEST(test_sorted)
{
    srand(4);
    for (uint32_t count = 0; count < 40; count++)
        for (uint32_t different = 1; different < 50; different += 7)
            check_list(count, different);
    check_list(GROUPS_LIMIT, 100000);
    ck_assert_uint_eq(objects, 0);
}
END_TEST

START_TEST(test_held)
{
    struct groups *groups = groups_create(1);
    groups->of[0] = 17;
    self = (struct process){.fsgid = 5};
    ck_assert(groups_member(5) && !groups_member(17) && !groups_hold(NULL));
    self.groups = groups_hold(groups);
    ck_assert(groups_member(5) && groups_member(17) && !groups_member(16));
    groups_release(self.groups);
    ck_assert_uint_eq(objects, 1);
    groups_release(groups);
    groups_release(NULL);
    ck_assert_uint_eq(objects, 0);
    heap_empty = true;
    ck_assert_ptr_null(groups_create(GROUPS_LIMIT));
    heap_empty = false;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("groups");
    TCase *tcase = tcase_create("groups");
    tcase_add_test(tcase, test_sorted);
    tcase_add_test(tcase, test_held);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
