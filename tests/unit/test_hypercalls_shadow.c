/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls by which a kernel in ring 3 loads roots and flushes where its page tables are shadowed: what reaches the
 * shadow service, here a fake that notes it, and what is refused.
 */
#include "core/hypercall.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "mmu/shadow_backend.h"
#include "suite.h"
#include <string.h>

#define PAGE  4096ul
#define PAGES 8u
#define LIST  (2 * PAGE) /* where the guest writes its operations */

static struct vm vm;
static struct vcpu vcpu;
static uint8_t ram[PAGES * PAGE] __attribute__((aligned(4096)));
static unsigned loads, invalidations, stops;
static uint64_t last_root, last_linear;
static bool has_memory;

static void *fake_address(coop_paddr machine)
{
    return ram + machine;
}

bool shadow_backend_load_root(struct vcpu *loader, uint64_t cr3)
{
    ck_assert_ptr_eq(loader, &vcpu);
    loads++;
    last_root = cr3;
    return has_memory;
}

void shadow_backend_invalidate(struct vcpu *flusher, uint64_t linear)
{
    ck_assert_ptr_eq(flusher, &vcpu);
    invalidations++;
    last_linear = linear;
}

void report_stop(struct vcpu *stopped, enum vm_stop reason, const char *why)
{
    (void)reason;
    (void)why;
    ck_assert_ptr_eq(stopped, &vcpu);
    stops++;
}

enum vm_action hypercall_return(struct vcpu *caller, uint64_t result)
{
    caller->general[REGISTER_RAX] = result;
    return VM_SKIP;
}

static void setup(void)
{
    memset(&vm, 0, sizeof(vm));
    memset(&vcpu, 0, sizeof(vcpu));
    vm.memory.address = fake_address;
    guest_memory_add(&vm.memory, &(struct guest_memory_range){0, sizeof(ram), 0, true});
    vcpu.vm = &vm;
    vcpu.paging.cr3 = PAGE;
    loads = invalidations = stops = 0;
    has_memory = true;
}

static enum vm_action call(uint64_t number, uint64_t first, uint64_t second)
{
    vcpu.general[REGISTER_RDI] = first;
    vcpu.general[REGISTER_RSI] = second;
    return hypercalls_shadow[number - COOP_HYPERCALL_FIRST](&vcpu);
}

static int64_t root(uint64_t kernel, uint64_t user)
{
    ck_assert_int_eq(call(COOP_HYPERCALL_ROOT, kernel, user), VM_SKIP);
    return (int64_t)vcpu.general[REGISTER_RAX];
}

static int64_t batch(const struct coop_mmu_operation *operations, uint64_t count)
{
    memcpy(ram + LIST, operations, count * sizeof(*operations));
    ck_assert_int_eq(call(COOP_HYPERCALL_MMU_BATCH, LIST, count), VM_SKIP);
    return (int64_t)vcpu.general[REGISTER_RAX];
}

static int64_t one(uint64_t target, uint64_t value)
{
    struct coop_mmu_operation operation = {target, value};
    return batch(&operation, 1);
}

static int64_t refused(uint64_t done, uint64_t error)
{
    return (int64_t)(done | error << 32);
}

START_TEST(test_root)
{
    ck_assert_int_eq(root(3 * PAGE, 0), 0);
    ck_assert_uint_eq(last_root, 3 * PAGE);
    ck_assert_uint_eq(vcpu.paging.cr3, 3 * PAGE);
    ck_assert_int_eq(one(4 * PAGE | COOP_MMU_ROOT, 0), 1);
    ck_assert_uint_eq(vcpu.paging.cr3, 4 * PAGE);
    ck_assert_uint_eq(loads, 2);
}
END_TEST

START_TEST(test_root_refused)
{
    static const uint64_t roots[] = {1, PAGE | 8, PAGES * PAGE, 1ul << 52, 1ul << 63, ~0ul, ~0xffful};
    for (unsigned i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
        ck_assert_int_eq(root(roots[i], 0), -COOP_EINVAL);
    ck_assert_int_eq(root(3 * PAGE, 4 * PAGE), -COOP_EINVAL);
    ck_assert_int_eq(one(PAGES * PAGE | COOP_MMU_ROOT, 0), refused(0, COOP_EINVAL));
    ck_assert_uint_eq(loads, 0);
    ck_assert_uint_eq(vcpu.paging.cr3, PAGE);
}
END_TEST

START_TEST(test_flushes)
{
    ck_assert_int_eq(one(0x7000 | COOP_MMU_FLUSH_PAGE, 0), 1);
    ck_assert_uint_eq(last_linear, 0x7000);
    ck_assert_int_eq(one(0x8000 | COOP_MMU_FLUSH_PAGE, 1), 1);
    ck_assert_uint_eq(invalidations, 2);
    ck_assert_int_eq(one(0x9000 | COOP_MMU_FLUSH_RANGE, 3), 1);
    ck_assert_uint_eq(invalidations, 5);
    ck_assert_uint_eq(last_linear, 0xb000);
    ck_assert_uint_eq(loads, 0);
    ck_assert_int_eq(one(0x9000 | COOP_MMU_FLUSH_RANGE, ~0ul), 1); /* not one by one */
    ck_assert_int_eq(one(COOP_MMU_FLUSH_ALL, 0), 1);
    ck_assert_uint_eq(loads, 2);
    ck_assert_uint_eq(last_root, PAGE);
    ck_assert_uint_eq(invalidations, 5);
}
END_TEST

/* Its entries are the guest's to write; other VCPUs it has not. */
START_TEST(test_operations_refused)
{
    static const unsigned none[] = {COOP_MMU_SET, COOP_MMU_CLEAR, COOP_MMU_TABLE_NEW, COOP_MMU_TABLE_FREE};
    for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        ck_assert_int_eq(one(3 * PAGE | none[i], 0), refused(0, COOP_EINVAL));
    ck_assert_int_eq(one(0x7000 | COOP_MMU_FLUSH_PAGE, 2), refused(0, COOP_EINVAL));
    ck_assert_int_eq(one(COOP_MMU_FLUSH_ALL, 3), refused(0, COOP_EINVAL));
    struct coop_mmu_operation operations[] = {
        {0x1000 | COOP_MMU_FLUSH_PAGE, 0}, {COOP_MMU_SET, 0}, {0x2000 | COOP_MMU_FLUSH_PAGE, 0}};
    ck_assert_int_eq(batch(operations, 3), refused(1, COOP_EINVAL));
    ck_assert_uint_eq(invalidations, 1);
}
END_TEST

START_TEST(test_lists_refused)
{
    static const struct {
        uint64_t at, count;
        int64_t result;
    } lists[] = {
        {LIST + 8, 1, -COOP_EINVAL}, {LIST, COOP_MMU_BATCH_MOST + 1, -COOP_EINVAL},
        {LIST, ~0ul, -COOP_EINVAL},  {PAGES * PAGE, 1, -COOP_EFAULT},
        {~0xful, 1, -COOP_EFAULT},   {LIST, 0, 0},
    };
    for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        ck_assert_int_eq(call(COOP_HYPERCALL_MMU_BATCH, lists[i].at, lists[i].count), VM_SKIP);
        ck_assert_int_eq((int64_t)vcpu.general[REGISTER_RAX], lists[i].result);
    }
    struct coop_mmu_operation last = {0x1000 | COOP_MMU_FLUSH_PAGE, 0};
    memcpy(ram + sizeof(ram) - sizeof(last), &last, sizeof(last));
    call(COOP_HYPERCALL_MMU_BATCH, sizeof(ram) - sizeof(last), 2);
    ck_assert_int_eq((int64_t)vcpu.general[REGISTER_RAX], refused(1, COOP_EFAULT));
}
END_TEST

/* Long lists come back early; nothing is left out. */
START_TEST(test_long_list)
{
    static struct coop_mmu_operation operations[PAGE / sizeof(struct coop_mmu_operation)];
    unsigned count = sizeof(operations) / sizeof(operations[0]), done = 0;
    for (unsigned i = 0; i < count; i++)
        operations[i] = (struct coop_mmu_operation){(uint64_t)i << 12 | COOP_MMU_FLUSH_PAGE, 0};
    while (done < count) {
        int64_t result = batch(operations + done, count - done);
        done += (uint32_t)result;
        ck_assert_uint_gt((uint32_t)result, 0);
        ck_assert_int_eq(result >> 32, done < count ? COOP_EAGAIN : 0);
    }
    ck_assert_uint_eq(done, count);
    ck_assert_uint_eq(invalidations, count);
    ck_assert_uint_eq(last_linear, (count - 1ul) << 12);
}
END_TEST

START_TEST(test_no_memory)
{
    struct coop_mmu_operation operation = {COOP_MMU_FLUSH_ALL, 0};
    has_memory = false;
    ck_assert_int_eq(call(COOP_HYPERCALL_ROOT, PAGE, 0), VM_STOP);
    memcpy(ram + LIST, &operation, sizeof(operation));
    ck_assert_int_eq(call(COOP_HYPERCALL_MMU_BATCH, LIST, 1), VM_STOP);
    ck_assert_uint_eq(stops, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hypercalls_shadow");
    TCase *tests = tcase_create("hypercalls_shadow");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, test_root);
    tcase_add_test(tests, test_root_refused);
    tcase_add_test(tests, test_flushes);
    tcase_add_test(tests, test_operations_refused);
    tcase_add_test(tests, test_lists_refused);
    tcase_add_test(tests, test_long_list);
    tcase_add_test(tests, test_no_memory);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
