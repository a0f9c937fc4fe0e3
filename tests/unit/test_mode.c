/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of modes: names, aliases, triples, and refusals computed from what there is.
 */
#include "core/mode.h"
#include "suite.h"
#include <errno.h>
#include <string.h>

static char why[200];
static struct mode mode;
static const struct mode_offer offer = {.cpu = {[MODE_CPU_VT] = {"svm", NULL}},
                                        .mmu = {[MODE_MMU_NESTED] = {"nested", NULL},
                                                [MODE_MMU_SHADOW] = {"shadow", "it is too new"}},
                                        .io = {[MODE_IO_EMULATED] = {"emulated", NULL}}};

START_TEST(test_names)
{
    ck_assert_int_eq(mode_find("full-nested", &mode, why, sizeof(why)), 0);
    ck_assert_int_eq(mode.mmu, MODE_MMU_NESTED);
    ck_assert_int_eq(mode_check(&mode, &offer, why, sizeof(why)), 0);
    ck_assert_int_eq(mode_find("full", &mode, why, sizeof(why)), 0);
    ck_assert_int_eq(mode.mmu, MODE_MMU_SHADOW);
    ck_assert_int_eq(mode_find("coop", &mode, why, sizeof(why)), 0);
    ck_assert_int_eq(mode.io, MODE_IO_QUEUE);
}
END_TEST

START_TEST(test_triples)
{
    ck_assert_int_eq(mode_find("vt/nested/emulated", &mode, why, sizeof(why)), 0);
    ck_assert_str_eq(mode.name, "full-nested");
    ck_assert_int_eq(mode_find("deprivileged/shadow/emulated", &mode, why, sizeof(why)), 0);
    ck_assert_str_eq(mode.name, "deprivileged/shadow/emulated");
    static const char *const bad[] = {"", "vt", "vt/nested", "vt/nested/emulated/", "vt/nested/emulate",
                                      "nested/vt/queue", "full-neste", "full-nested "};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(mode_find(bad[i], &mode, why, sizeof(why)) == -EINVAL, "%s", bad[i]);
    ck_assert_ptr_nonnull(strstr(why, "unknown"));
    ck_assert_int_eq(mode_find("native", &mode, why, sizeof(why)), -EINVAL);
    ck_assert_ptr_nonnull(strstr(why, "bare machine"));
}
END_TEST

START_TEST(test_refusals_name_the_axis)
{
    static const struct {
        const char *mode, *axis;
    } rows[] = {{"full-shadow", "mmu axis 'shadow', which this machine cannot run: it is too new"},
                {"vt/direct/emulated", "mode vt/direct/emulated needs mmu axis 'direct', which this build"},
                {"coop", "mmu axis 'direct'"}, {"paravirt", "cpu axis 'deprivileged'"},
                {"coop-nested", "io axis 'queue'"}};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_int_eq(mode_find(rows[i].mode, &mode, why, sizeof(why)), 0);
        ck_assert_int_eq(mode_check(&mode, &offer, why, sizeof(why)), -ENODEV);
        ck_assert_msg(strstr(why, rows[i].axis), "%s", why);
    }
}
END_TEST

/* A service that the machine has, on which one cpu backend cannot run guests. */
START_TEST(test_refusals_of_a_pair)
{
    struct mode_offer pair = offer;
    pair.cpu[MODE_CPU_DEPRIVILEGED] = (struct mode_choice){"deprivileged", NULL};
    pair.lacks[MODE_CPU_VT][MODE_MMU_NESTED] = "its CPU has no second level";
    ck_assert_int_eq(mode_find("full-nested", &mode, why, sizeof(why)), 0);
    ck_assert_int_eq(mode_check(&mode, &pair, why, sizeof(why)), -ENODEV);
    ck_assert_str_eq(why, "mode full-nested needs mmu axis 'nested', which this machine cannot run: its CPU has no "
                          "second level");
    ck_assert_int_eq(mode_find("deprivileged/nested/emulated", &mode, why, sizeof(why)), 0);
    ck_assert_int_eq(mode_check(&mode, &pair, why, sizeof(why)), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mode");
    TCase *tests = tcase_create("mode");
    tcase_add_test(tests, test_names);
    tcase_add_test(tests, test_triples);
    tcase_add_test(tests, test_refusals_name_the_axis);
    tcase_add_test(tests, test_refusals_of_a_pair);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
