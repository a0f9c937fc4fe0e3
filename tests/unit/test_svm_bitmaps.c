/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The permission maps of AMD-V: exactly the allow-list is free.
 */
#include "cpu/svm/svm_bitmaps.h"
#include "suite.h"
#include <stdbool.h>

static uint8_t msrs[SVM_MSRPM_BYTES], ports[SVM_IOPM_BYTES];

static bool is_free(uint32_t msr)
{
    static const uint32_t list[] = {0x174,      0x175,      0x176,      0xc0000081, 0xc0000082, 0xc0000083,
                                    0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103};
    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (list[i] == msr)
            return true;
    return false;
}

START_TEST(test_msrs)
{
    static const uint32_t ranges[] = {0, 0xc0000000, 0xc0010000};
    svm_bitmaps_fill_msrs(msrs);
    for (unsigned r = 0; r < 3; r++)
        for (uint32_t i = 0; i < 0x2000; i++)
            for (int write = 0; write < 2; write++)
                ck_assert_msg(svm_bitmaps_msr_traps(msrs, ranges[r] + i, write) != is_free(ranges[r] + i), "%x",
                              ranges[r] + i);
    ck_assert(svm_bitmaps_msr_traps(msrs, 0x2000, false));
    ck_assert(svm_bitmaps_msr_traps(msrs, 0x40000000, true));
    ck_assert(svm_bitmaps_msr_traps(msrs, 0xffffffff, true));
    /* APM vol. 2, "MSR Intercepts": C000_0000h begins at byte 800h, two bits an MSR. */
    ck_assert_uint_eq(msrs[0x800 + 0x81 / 4], 0x03); /* C0000080h (EFER) traps, 81h-83h do not */
}
END_TEST

START_TEST(test_ports)
{
    svm_bitmaps_fill_ports(ports);
    for (unsigned i = 0; i < SVM_IOPM_BYTES; i++)
        ck_assert_uint_eq(ports[i], 0xff);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("svm_bitmaps");
    TCase *tests = tcase_create("svm_bitmaps");
    tcase_add_test(tests, test_msrs);
    tcase_add_test(tests, test_ports);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
