/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernels' text formatting against the C library's for every conversion that both know, and the cutting of texts
 * that do not fit.
 */
#include "suite.h"
#include <coopvirt/format.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Formats with both and compares text and length. */
#define SAME(...)                                                                                                      \
    do {                                                                                                               \
        char ours[128], theirs[128];                                                                                   \
        int our_length = format_string(ours, sizeof ours, __VA_ARGS__);                                                \
        int their_length = snprintf(theirs, sizeof theirs, __VA_ARGS__);                                               \
        ck_assert_str_eq(ours, theirs);                                                                                \
        ck_assert_int_eq(our_length, their_length);                                                                    \
    } while (0)

START_TEST(numbers_equal_the_c_library)
{
    SAME("%d %d %d", 0, INT_MAX, INT_MIN);
    SAME("%ld %lld %ld", LONG_MAX, LLONG_MIN, -1L);
    SAME("%u %x %X", UINT_MAX, 0xdeadbeefu, 0xabcu);
    SAME("%lu %lx %zu", ULONG_MAX, ULONG_MAX, (size_t)12345);
    SAME("[%8d] [%-8d] [%08d] [%08d]", -42, -42, -42, 42);
    SAME("[%4x] [%-4x] [%04x] [%016lx]", 0xau, 0xau, 0xau, 0x123456789ul);
    SAME("[%2d] [%02d]", 12345, 12345);
}
END_TEST

START_TEST(texts_equal_the_c_library)
{
    SAME("%s|%10s|%-10s|%.3s|%5.1s", "abc", "abc", "abc", "abcdef", "xyz");
    SAME("%c%c %% %s", 'a', 'b', "");
    SAME("plain");
}
END_TEST

START_TEST(pointers_are_hexadecimal)
{
    char text[32];
    format_string(text, sizeof text, "%p", (void *)0x1234);
    ck_assert_str_eq(text, "0x1234");
}
END_TEST

START_TEST(a_text_that_does_not_fit_is_cut_and_terminated)
{
    char text[8];

    for (size_t size = 1; size <= sizeof text; size++) {
        memset(text, '#', sizeof text);
        ck_assert_int_eq(format_string(text, size, "%s-%d", "abcd", 12345), 10);
        ck_assert_uint_eq(strlen(text), size - 1);
        ck_assert_int_eq(strncmp(text, "abcd-12345", size - 1), 0);
    }
    text[0] = '#';
    ck_assert_int_eq(format_string(text, 0, "abc"), 3);
    ck_assert_int_eq(text[0], '#');
}
END_TEST

START_TEST(an_unknown_conversion_is_harmless)
{
    char text[16];
    /* Through a variable: the compiler would refuse the literal. */
    const char *format = "a%";
    format_string(text, sizeof text, format, 0);
    ck_assert_str_eq(text, "a%");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, numbers_equal_the_c_library);
    tcase_add_test(cases, texts_equal_the_c_library);
    tcase_add_test(cases, pointers_are_hexadecimal);
    tcase_add_test(cases, a_text_that_does_not_fit_is_cut_and_terminated);
    tcase_add_test(cases, an_unknown_conversion_is_harmless);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
