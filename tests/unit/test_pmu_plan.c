/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Performance counters planned for CPUs by what their CPUID says: which registers get what, and who is refused with
 * which words. The form of the leaves is documented (SDM vol. 2, "CPUID", leaf 0Ah; APM vol. 3, appendix E), their
 * values for one processor are not: those below were compared with dumps that others took, or are assumed, as their
 * lines say.
 */
#include "machine/pmu_plan.h"
#include <coopvirt/error.h>

#include "suite.h"

#include <string.h>

#define USER   (1ull << 16)
#define KERNEL (1ull << 17)
#define ENABLE (1ull << 22)
#define GUEST  (1ull << 40)
#define HOST   (1ull << 41)

struct processor {
    const char *name;
    struct pmu_cpuid cpuid;
    unsigned counters, bits;
    uint32_t select, counter, step;
    const char *lacks;
};

static const struct processor processors[] = {
    /* a dump of a Core i7-8700, the same core */
    {"Core i9-7900X (Skylake)",
     {.is_intel = true, .family = 6, .monitoring = {0x07300404, 0, 0, 0x603}},
     4,
     48,
     0x186,
     0xc1,
     1,
     NULL},
    /* assumed: version 5 with 8 counters, as Bochs has it of a Sapphire Rapids; no dump seen */
    {"Core i7-1065G7 (Ice Lake)",
     {.is_intel = true, .family = 6, .monitoring = {0x08300805, 0, 0xf, 0x8604}},
     8,
     48,
     0x186,
     0xc1,
     1,
     NULL},
    /* a dump of a processor of signature 06F6h; a Penryn differs in EDX alone (503h) */
    {"Core 2 Duo (Merom)",
     {.is_intel = true, .family = 6, .monitoring = {0x07280202, 0, 0, 0}},
     2,
     40,
     0x186,
     0xc1,
     1,
     NULL},
    /* a dump of a Core Duo T2600 */
    {"Core Duo (Yonah)",
     {.is_intel = true, .family = 6, .monitoring = {0x07280201, 0, 0, 0}},
     0,
     0,
     0,
     0,
     0,
     "version 2"},
    /* assumed: its highest leaf is below 0Ah */
    {"Pentium 4 (Prescott)", {.is_intel = true, .family = 15}, 0, 0, 0, 0, 0, "version 2"},
    /* dumps of Zen+ (signatures 800F82h, 810F81h) */
    {"EPYC 7601 (Zen)",
     {.is_amd = true, .family = 0x17, .extended_ecx = 0x35c233ff},
     6,
     48,
     0xc0010200,
     0xc0010201,
     2,
     NULL},
    /* dumps of an Opteron 2347 HE (100F21h) and of a 100F22h */
    {"Opteron 2350 (Barcelona)",
     {.is_amd = true, .family = 0x10, .extended_ecx = 0x7ff},
     4,
     48,
     0xc0010000,
     0xc0010004,
     1,
     NULL},
    /* assumed; its family decides */
    {"Athlon 64 X2 (K8)", {.is_amd = true, .family = 0xf, .extended_ecx = 0x1f}, 0, 0, 0, 0, 0, "before family 10h"},
    {"another vendor's", {.family = 7}, 0, 0, 0, 0, 0, "this vendor"},
};

#define PROCESSORS (sizeof(processors) / sizeof(processors[0]))

START_TEST(test_detect)
{
    const struct processor *processor = &processors[_i];
    struct pmu pmu;

    pmu_detect(&processor->cpuid, &pmu);
    if (processor->lacks) {
        ck_assert_msg(pmu.lacks && strstr(pmu.lacks, processor->lacks), "%s: %s", processor->name, pmu.lacks);
        return;
    }
    ck_assert_msg(!pmu.lacks, "%s: %s", processor->name, pmu.lacks);
    ck_assert_uint_eq(pmu.counters, processor->counters);
    ck_assert_uint_eq(pmu.bits, processor->bits);
    ck_assert_uint_eq(pmu.select, processor->select);
    ck_assert_uint_eq(pmu.counter, processor->counter);
    ck_assert_uint_eq(pmu.select_step, processor->step);
    ck_assert(pmu.has_global == processor->cpuid.is_intel);
}
END_TEST

START_TEST(test_no_width)
{
    struct pmu_cpuid cpuid = {.is_intel = true, .monitoring = {0x07000402, 0, 0, 0}};
    struct pmu pmu;

    pmu_detect(&cpuid, &pmu);
    ck_assert_ptr_nonnull(pmu.lacks);
    cpuid.monitoring.eax = 0x07ff0402;
    pmu_detect(&cpuid, &pmu);
    ck_assert_ptr_nonnull(pmu.lacks);
}
END_TEST

static void plan_on(unsigned processor, enum pmu_split split, struct pmu_plan *plan)
{
    const struct pmu_events events = {2, {0xc0, 0x1045}};
    struct pmu pmu;
    char why[128];

    pmu_detect(&processors[processor].cpuid, &pmu);
    ck_assert_int_eq(pmu_make_plan(&pmu, &events, split, plan, why, sizeof(why)), 0);
    ck_assert_uint_eq(plan->counters, 4);
}

/* Intel: the same rings in both counters, told apart by the register that entry and exit switch. */
START_TEST(test_intel_worlds)
{
    struct pmu_plan plan;

    plan_on(0, PMU_SPLIT_WORLDS, &plan);
    ck_assert(plan.has_global);
    ck_assert_uint_eq(plan.guest_enable, 5);
    ck_assert_uint_eq(plan.host_enable, 10);
    ck_assert_uint_eq(plan.mask, 0xffffffffffff);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(plan.counter[i].select_msr, 0x186 + i);
        ck_assert_uint_eq(plan.counter[i].counter_msr, 0xc1 + i);
        ck_assert_uint_eq(plan.counter[i].select, (i < 2 ? 0xc0 : 0x1045) | USER | KERNEL | ENABLE);
    }
}
END_TEST

/* AMD: GuestOnly and HostOnly in the counters themselves. */
START_TEST(test_amd_worlds)
{
    struct pmu_plan plan;

    plan_on(5, PMU_SPLIT_WORLDS, &plan);
    ck_assert(!plan.has_global);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(plan.counter[i].select_msr, 0xc0010200 + 2 * i);
        ck_assert_uint_eq(plan.counter[i].counter_msr, 0xc0010201 + 2 * i);
        ck_assert_uint_eq(plan.counter[i].select,
                          (i < 2 ? 0xc0 : 0x1045) | USER | KERNEL | ENABLE | (i % 2 ? HOST : GUEST));
    }
    plan_on(6, PMU_SPLIT_WORLDS, &plan);
    ck_assert_uint_eq(plan.counter[3].select_msr, 0xc0010003);
    ck_assert_uint_eq(plan.counter[3].counter_msr, 0xc0010007);
}
END_TEST

/* A kernel in ring 3: by ring, on both vendors alike. */
START_TEST(test_rings)
{
    struct pmu_plan plan;

    for (unsigned processor = 0; processor < PROCESSORS; processor++) {
        if (processors[processor].counters < 4)
            continue;
        plan_on(processor, PMU_SPLIT_RINGS, &plan);
        ck_assert_uint_eq(plan.guest_enable, 15);
        ck_assert_uint_eq(plan.host_enable, 15);
        for (unsigned i = 0; i < 4; i++)
            ck_assert_uint_eq(plan.counter[i].select, (i < 2 ? 0xc0 : 0x1045) | ENABLE | (i % 2 ? KERNEL : USER));
    }
}
END_TEST

START_TEST(test_too_many)
{
    const struct pmu_events events = {2, {0xc0, 0x3c}};
    struct pmu_plan plan;
    struct pmu pmu;
    char why[128];

    pmu_detect(&processors[2].cpuid, &pmu);
    ck_assert_int_eq(pmu_make_plan(&pmu, &events, PMU_SPLIT_WORLDS, &plan, why, sizeof(why)), -ENODEV);
    ck_assert_str_eq(why, "2 events want two counters each, and there are 2");
    pmu_detect(&processors[4].cpuid, &pmu);
    ck_assert_int_eq(pmu_make_plan(&pmu, &events, PMU_SPLIT_WORLDS, &plan, why, sizeof(why)), -ENODEV);
    ck_assert_ptr_nonnull(strstr(why, "CPUID leaf 0Ah"));
}
END_TEST

START_TEST(test_words)
{
    static const char *const wrong[] = {
        "pmu=1",
        "pmu=0x",
        "pmu=0xc0,",
        "pmu=,0xc0",
        "pmu=0xC0",
        "pmu=0xc0;0x3c",
        "pmu=0x0",
        "pmu=0x4000c0",
        "pmu=0x200c0",
        "pmu=0x100c0",
        "pmu=events",
        "pmu=0x10000000000c0",
        "pmu=0x1,0x2,0x3,0x4,0x5",
        "pmu=0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"};
    struct pmu_events events;
    char why[128];

    ck_assert_int_eq(pmu_read_events("mode=coop", &events, why, sizeof(why)), 0);
    ck_assert_uint_eq(events.count, 0);
    ck_assert_int_eq(pmu_read_events("pmu=0", &events, why, sizeof(why)), 0);
    ck_assert_uint_eq(events.count, 0);
    ck_assert_int_eq(
        pmu_read_events("mode=coop pmu=0xc0,0x1045,0x4300000c5,0x1d840e08 mem=9", &events, why, sizeof(why)), 0);
    ck_assert_uint_eq(events.count, 4);
    ck_assert_uint_eq(events.encodings[1], 0x1045);
    ck_assert_uint_eq(events.encodings[3], 0x1d840e08);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        memset(why, 0, sizeof(why));
        ck_assert_msg(pmu_read_events(wrong[i], &events, why, sizeof(why)) == -EINVAL, "'%s' was taken", wrong[i]);
        ck_assert_msg(strncmp(why, "pmu=", 4) == 0, "'%s': %s", wrong[i], why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pmu_plan");
    TCase *cases = tcase_create("pmu_plan");

    tcase_add_loop_test(cases, test_detect, 0, PROCESSORS);
    tcase_add_test(cases, test_no_width);
    tcase_add_test(cases, test_intel_worlds);
    tcase_add_test(cases, test_amd_worlds);
    tcase_add_test(cases, test_rings);
    tcase_add_test(cases, test_too_many);
    tcase_add_test(cases, test_words);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
