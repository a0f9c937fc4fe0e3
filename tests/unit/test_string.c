/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reading of `key=value` words from command lines, with everything that a user may type wrong.
 */
#include "suite.h"
#include <coopvirt/string.h>
#include <stdlib.h>

START_TEST(a_word_is_found_wherever_it_stands)
{
    char value[16];

    ck_assert_int_eq(string_option("mode=a log=bb x=ccc", "mode", value, sizeof value), 1);
    ck_assert_str_eq(value, "a");
    ck_assert_int_eq(string_option("mode=a  log=bb x=ccc", "log", value, sizeof value), 2);
    ck_assert_str_eq(value, "bb");
    ck_assert_int_eq(string_option("mode=a log=bb x=ccc", "x", value, sizeof value), 3);
    ck_assert_str_eq(value, "ccc");
}
END_TEST

START_TEST(a_key_is_a_whole_word)
{
    char value[16] = "before";

    ck_assert_int_eq(string_option("xmode=a mode mode2=b", "mode", value, sizeof value), -1);
    ck_assert_str_eq(value, "before");
    ck_assert_int_eq(string_option("", "mode", value, sizeof value), -1);
    ck_assert_int_eq(string_option("   ", "mode", value, sizeof value), -1);
}
END_TEST

START_TEST(a_value_is_cut_to_its_buffer)
{
    char value[4];

    ck_assert_int_eq(string_option("k=abcdef", "k", value, sizeof value), 6);
    ck_assert_str_eq(value, "abc");
    ck_assert_int_eq(string_option("k=", "k", value, sizeof value), 0);
    ck_assert_str_eq(value, "");
}
END_TEST

START_TEST(numbers_are_decimal_or_hexadecimal)
{
    ck_assert_uint_eq(string_option_number("n=123", "n", 7), 123);
    ck_assert_uint_eq(string_option_number("n=0x1f", "n", 7), 0x1f);
    ck_assert_uint_eq(string_option_number("n=18446744073709551615", "n", 7), ~0ul);
}
END_TEST

START_TEST(what_is_no_number_gives_the_fallback)
{
    const char *wrong[] = {"",      "n",     "n=",   "n=12x", "n=-1", "n=0x", "n=0x1g",
                           "n=1.5", "m=3",   "n=18446744073709551616",
                           "n=111111111111111111111111111111111111111111"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_uint_eq(string_option_number(wrong[i], "n", 7), 7);
}
END_TEST

START_TEST(a_missing_number_is_not_a_wrong_one)
{
    unsigned long number = 7;

    ck_assert(string_option_read_number("m=3", "n", &number));
    ck_assert_uint_eq(number, 7);
    ck_assert(!string_option_read_number("n=", "n", &number));
    ck_assert(!string_option_read_number("n=1x", "n", &number));
    ck_assert_uint_eq(number, 7);
    ck_assert(string_option_read_number("n=0x10", "n", &number));
    ck_assert_uint_eq(number, 16);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("string");
    TCase *cases = tcase_create("options");
    tcase_add_test(cases, a_word_is_found_wherever_it_stands);
    tcase_add_test(cases, a_key_is_a_whole_word);
    tcase_add_test(cases, a_value_is_cut_to_its_buffer);
    tcase_add_test(cases, numbers_are_decimal_or_hexadecimal);
    tcase_add_test(cases, what_is_no_number_gives_the_fallback);
    tcase_add_test(cases, a_missing_number_is_not_a_wrong_one);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
