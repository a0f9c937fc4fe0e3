/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls by which one VCPU starts, tells and flushes another, on VCPUs that are only records: who is flushed, who is
 * started at what, and what is refused.
 */
#include "core/vcpu.h"
#include "core/vm.h"
#include "suite.h"
#include <string.h>

#define PAGE  4096ul
#define PAGES 4u
#define VCPUS 4u
#define PLACE PAGE /* where the guest writes what it names */

static struct vm vm;
static struct vcpu vcpus[VCPUS];
static struct coop_vcpu shared[VCPUS];
static uint8_t ram[PAGES * PAGE] __attribute__((aligned(4096)));
static uint64_t flushed;
static unsigned own_flushes, kicks;

static void *fake_address(coop_paddr machine)
{
    return ram + machine;
}

void vm_flush_vcpus(struct vm *owner, uint64_t mask)
{
    ck_assert_ptr_eq(owner, &vm);
    flushed |= mask;
}

void vcpu_take_flush(struct vcpu *vcpu)
{
    ck_assert_ptr_eq(vcpu, &vcpus[0]);
    own_flushes++;
}

void vcpu_request(struct vcpu *vcpu, uint32_t request)
{
    ck_assert_uint_ne(vm.lock.next, vm.lock.serving);
    vcpu->requests |= request;
}

void vcpu_kick(struct vcpu *vcpu)
{
    ck_assert_ptr_ne(vcpu, &vcpus[0]);
    kicks++;
}

enum vm_action hypercall_return(struct vcpu *caller, uint64_t result)
{
    caller->general[REGISTER_RAX] = result;
    return VM_SKIP;
}

static void setup(void)
{
    memset(&vm, 0, sizeof(vm));
    memset(vcpus, 0, sizeof(vcpus));
    memset(shared, 0, sizeof(shared));
    vm.memory.address = fake_address;
    guest_memory_add(&vm.memory, &(struct guest_memory_range){0, sizeof(ram), 0, true});
    vm.vcpu_count = VCPUS;
    for (unsigned i = 0; i < VCPUS; i++) {
        vm.vcpus[i] = &vcpus[i];
        vcpus[i].vm = &vm;
        vcpus[i].number = i;
        channel_reset(&vcpus[i].channel, 0);
        channel_attach(&vcpus[i].channel, &shared[i]);
    }
    vcpus[0].life.state = LIFE_ONLINE;
    vm.online_vcpus = 1;
    flushed = own_flushes = kicks = 0;
}

/* By VCPU 0. */
static int64_t call(uint64_t number, uint64_t first, uint64_t second, uint64_t third)
{
    vcpus[0].general[REGISTER_RDI] = first;
    vcpus[0].general[REGISTER_RSI] = second;
    vcpus[0].general[REGISTER_RDX] = third;
    ck_assert_int_eq(hypercalls_vcpu[number - COOP_HYPERCALL_FIRST](&vcpus[0]), VM_SKIP);
    ck_assert_uint_eq(vm.lock.next, vm.lock.serving);
    return (int64_t)vcpus[0].general[REGISTER_RAX];
}

static int64_t vcpu_call(uint64_t operation, uint64_t number, uint64_t third)
{
    return call(COOP_HYPERCALL_VCPU, operation, number, third);
}

static int64_t flush(uint64_t target, uint64_t value)
{
    struct coop_mmu_operation operation = {target, value};
    memcpy(ram + PLACE, &operation, sizeof(operation));
    return call(COOP_HYPERCALL_MMU_BATCH, PLACE, 1, 0);
}

static struct coop_vcpu_start good_start(void)
{
    return (struct coop_vcpu_start){.size = sizeof(struct coop_vcpu_start),
                                    .root = 2 * PAGE,
                                    .entry = 0x1000,
                                    .stack = 0xffff800000000000,
                                    .argument = 7};
}

static int64_t start(uint64_t number, const struct coop_vcpu_start *at)
{
    memcpy(ram + PLACE, at, sizeof(*at));
    return vcpu_call(COOP_VCPU_START, number, PLACE);
}

START_TEST(test_start)
{
    struct coop_vcpu_start at = good_start();
    vcpus[2].channel.vector = 0x50;
    vcpus[2].channel.timer = 5;
    ck_assert_int_eq(vcpu_call(COOP_VCPU_STATE, 2, 0), 0);
    ck_assert_int_eq(start(2, &at), 0);
    ck_assert_int_eq(vcpu_call(COOP_VCPU_STATE, 2, 0), 1);
    ck_assert_uint_eq(vcpus[2].requests, VCPU_REQUEST_LIFE);
    ck_assert(vcpus[2].life.is_reset_due);
    ck_assert(vcpus[2].startup.is_long);
    ck_assert_uint_eq(vcpus[2].startup.entry, at.entry);
    ck_assert_uint_eq(vcpus[2].startup.stack, at.stack);
    ck_assert_uint_eq(vcpus[2].startup.root, at.root);
    ck_assert_uint_eq(vcpus[2].startup.argument, at.argument);
    ck_assert_uint_eq(vcpus[2].channel.vector, 0);
    ck_assert_uint_eq(vcpus[2].channel.timer, CHANNEL_NEVER);
    ck_assert_uint_eq(vm.online_vcpus, 2);
    ck_assert_uint_eq(vcpus[1].requests | vcpus[3].requests, 0);
}
END_TEST

START_TEST(test_start_of_one_that_is_up)
{
    struct coop_vcpu_start at = good_start(), other = good_start();
    ck_assert_int_eq(start(1, &at), 0);
    other.entry = 0x2000;
    ck_assert_int_eq(start(1, &other), -COOP_EBUSY);
    ck_assert_int_eq(start(0, &other), -COOP_EBUSY);
    ck_assert_uint_eq(vcpus[1].startup.entry, at.entry);
    ck_assert_uint_eq(vm.online_vcpus, 2);
    life_take(&vcpus[1].life);
    ck_assert(life_halt(&vcpus[1].life, true, &vm.online_vcpus)); /* it has stopped */
    ck_assert_int_eq(start(1, &other), 0);
    ck_assert_uint_eq(vcpus[1].startup.entry, other.entry);
    ck_assert_uint_eq(vm.online_vcpus, 2);
}
END_TEST

START_TEST(test_start_refused)
{
    struct coop_vcpu_start good = good_start();
    struct coop_vcpu_start bad[] = {good, good, good, good, good, good, good, good};
    bad[0].size--;
    bad[1].reserved = 1;
    bad[2].root += 8;
    bad[3].root = PAGES * PAGE;
    bad[4].root = 1ul << 63;
    bad[5].entry = 1ul << 47;
    bad[6].entry = 0xfffeul << 48;
    bad[7].stack = 1ul << 48;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(start(1, &bad[i]), -COOP_EINVAL);
    ck_assert_int_eq(vcpu_call(COOP_VCPU_START, 1, sizeof(ram) - 8), -COOP_EFAULT);
    ck_assert_int_eq(vcpu_call(COOP_VCPU_START, 1, ~0ul - 8), -COOP_EFAULT);
    ck_assert_uint_eq(vcpus[1].requests, 0);
    ck_assert_uint_eq(vm.online_vcpus, 1);
}
END_TEST

START_TEST(test_numbers)
{
    static const uint64_t numbers[] = {VCPUS, VCPUS + 1, VM_VCPUS, 1ul << 32, 1ul << 63, ~0ul};
    struct coop_vcpu_start at = good_start();
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        ck_assert_int_eq(start(numbers[i], &at), -COOP_EINVAL);
        ck_assert_int_eq(vcpu_call(COOP_VCPU_STOP, numbers[i], 0), -COOP_EINVAL);
        ck_assert_int_eq(vcpu_call(COOP_VCPU_STATE, numbers[i], 0), -COOP_EINVAL);
        ck_assert_int_eq(vcpu_call(COOP_VCPU_RAISE, numbers[i], 0), -COOP_EINVAL);
    }
    ck_assert_int_eq(vcpu_call(COOP_VCPU_RAISE + 1, 0, 0), -COOP_EINVAL);
    ck_assert_int_eq(vcpu_call(~0ul, 0, 0), -COOP_EINVAL);
}
END_TEST

START_TEST(test_stop)
{
    ck_assert_int_eq(vcpu_call(COOP_VCPU_STOP, 1, 0), -COOP_EINVAL);
    vcpus[0].exit.has_interrupts = true;
    vcpus[0].general[REGISTER_RDI] = COOP_VCPU_STOP;
    vcpus[0].general[REGISTER_RSI] = 0;
    ck_assert_int_eq(hypercalls_vcpu[COOP_HYPERCALL_VCPU - COOP_HYPERCALL_FIRST](&vcpus[0]), VM_BLOCK);
    ck_assert(!vcpus[0].exit.has_interrupts); /* which is what ends it */
}
END_TEST

START_TEST(test_raise)
{
    channel_set_vector(&vcpus[3].channel, 0x40);
    ck_assert_int_eq(vcpu_call(COOP_VCPU_RAISE, 3, 63), 0);
    ck_assert_uint_eq(shared[3].events, 1ul << 63);
    ck_assert_int_eq(vcpus[3].channel.interrupt, 0x40);
    ck_assert_uint_eq(kicks, 1);
    ck_assert_int_eq(vcpu_call(COOP_VCPU_RAISE, 3, 5), 0); /* its upcall is pending */
    ck_assert_uint_eq(kicks, 1);
    ck_assert_int_eq(vcpu_call(COOP_VCPU_RAISE, 0, 5), 0);
    ck_assert_uint_eq(shared[0].events, 1ul << 5);
    ck_assert_int_eq(vcpu_call(COOP_VCPU_RAISE, 3, 64), -COOP_EINVAL);
    ck_assert_int_eq(vcpu_call(COOP_VCPU_RAISE, 3, ~0ul), -COOP_EINVAL);
    ck_assert_uint_eq(shared[1].events | shared[2].events, 0);
}
END_TEST

START_TEST(test_flushes)
{
    ck_assert_int_eq(flush(0x7000 | COOP_MMU_FLUSH_PAGE, 0), 1);
    ck_assert_uint_eq(own_flushes, 1);
    ck_assert_uint_eq(flushed & ~1ul, 0);
    ck_assert_int_eq(flush(0x7000 | COOP_MMU_FLUSH_PAGE, 6), 1);
    ck_assert_uint_eq(own_flushes, 1);
    ck_assert_uint_eq(flushed & ~1ul, 6);
    ck_assert_int_eq(flush(COOP_MMU_FLUSH_ALL, 9), 1);
    ck_assert_uint_eq(own_flushes, 2);
    ck_assert_uint_eq(flushed & ~1ul, 14);
    ck_assert_int_eq(flush(0x7000 | COOP_MMU_FLUSH_RANGE, ~0ul), 1);
    ck_assert_uint_eq(own_flushes, 3);
}
END_TEST

START_TEST(test_flushes_refused)
{
    ck_assert_int_eq(flush(COOP_MMU_FLUSH_ALL, 1 << VCPUS), (int64_t)((uint64_t)COOP_EINVAL << 32));
    ck_assert_int_eq(flush(0x1000 | COOP_MMU_SET, 0), (int64_t)((uint64_t)COOP_EINVAL << 32));
    ck_assert_int_eq(flush(2 * PAGE | COOP_MMU_ROOT, 0), (int64_t)((uint64_t)COOP_EINVAL << 32));
    ck_assert_int_eq(call(COOP_HYPERCALL_MMU_BATCH, PLACE + 8, 1, 0), -COOP_EINVAL);
    ck_assert_int_eq(call(COOP_HYPERCALL_MMU_BATCH, PLACE, COOP_MMU_BATCH_MOST + 1, 0), -COOP_EINVAL);
    ck_assert_int_eq(call(COOP_HYPERCALL_MMU_BATCH, sizeof(ram), 1, 0), -COOP_EFAULT);
    ck_assert_int_eq(call(COOP_HYPERCALL_MMU_BATCH, PLACE, 0, 0), 0);
    ck_assert_uint_eq(own_flushes, 0);
    ck_assert_uint_eq(flushed, 0);
}
END_TEST

/* What comes before a refused one is done; what is behind the first part is read too. */
START_TEST(test_batches)
{
    struct coop_mmu_operation *operations = (struct coop_mmu_operation *)(ram + PLACE);
    for (unsigned i = 0; i < 100; i++)
        operations[i] = (struct coop_mmu_operation){COOP_MMU_FLUSH_ALL, i == 99 ? 8 : 2};
    ck_assert_int_eq(call(COOP_HYPERCALL_MMU_BATCH, PLACE, 100, 0), 100);
    ck_assert_uint_eq(flushed, 10);
    flushed = 0;
    operations[70].value = 1 << VCPUS;
    ck_assert_int_eq(call(COOP_HYPERCALL_MMU_BATCH, PLACE, 100, 0), (int64_t)(70 | (uint64_t)COOP_EINVAL << 32));
    ck_assert_uint_eq(flushed, 2);
    memcpy(ram + sizeof(ram) - 64 * sizeof(*operations), operations, 64 * sizeof(*operations));
    ck_assert_int_eq(call(COOP_HYPERCALL_MMU_BATCH, sizeof(ram) - 64 * sizeof(*operations), 65, 0),
                     (int64_t)(64 | (uint64_t)COOP_EFAULT << 32));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hypercalls_vcpu");
    TCase *tests = tcase_create("hypercalls_vcpu");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, test_start);
    tcase_add_test(tests, test_start_of_one_that_is_up);
    tcase_add_test(tests, test_start_refused);
    tcase_add_test(tests, test_numbers);
    tcase_add_test(tests, test_stop);
    tcase_add_test(tests, test_raise);
    tcase_add_test(tests, test_flushes);
    tcase_add_test(tests, test_flushes_refused);
    tcase_add_test(tests, test_batches);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
