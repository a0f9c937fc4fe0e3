/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How /init reads the kernel's command line: what it runs, and what it refuses.
 */
#include "user/boot_words.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static char boot_words_text[8192];
static struct boot_words boot_words;

static const char *boot_words_parse(const char *text)
{
    strcpy(boot_words_text, text);
    return boot_words_read(&boot_words, boot_words_text);
}

START_TEST(test_bench_with_options)
{
    static const char *const wanted[] = {"--runs", "5", "--warmup", "1", "--param", "iterations=10"};

    ck_assert_ptr_null(boot_words_parse("/path/guest  tsc_khz=1 bench=latency/null_call runs=5\twarmup=1 "
                                        "param.iterations=10 console=ttyS0\n"));
    ck_assert_str_eq(boot_words.bench, "latency/null_call");
    ck_assert_ptr_null(boot_words.exec);
    ck_assert_ptr_null(boot_words.script);
    ck_assert_int_eq(boot_words.options.count, 6);
    for (int i = 0; i < 6; i++)
        ck_assert_str_eq(boot_words.options.vector[i], wanted[i]);
    ck_assert_ptr_null(boot_words.options.vector[6]);
}
END_TEST

START_TEST(test_nothing_means_a_shell)
{
    ck_assert_ptr_null(boot_words_parse(""));
    ck_assert_ptr_null(boot_words_parse("   \n"));
    ck_assert(!boot_words.bench && !boot_words.exec && !boot_words.script);
}
END_TEST

START_TEST(test_refused_lines)
{
    static const char *const lines[] = {
        "bench=",      "bench=fork", "bench=/fork",       "bench=latency/",    "bench=../init",
        "bench=a/b/c", "bench=a/B",  "bench=a/b.c",       "exec=true",         "exec=",
        "script=x",    "script=",    "bench=a/b exec=/x", "exec=/x script=/y",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        ck_assert_msg(boot_words_parse(lines[i]) != NULL, "accepted: %s", lines[i]);
}
END_TEST

START_TEST(test_split)
{
    struct boot_words_arguments arguments = {.count = 0};
    char text[] = "/bin/echo+a%20b+%2b%2C++";

    ck_assert_ptr_null(boot_words_split(&arguments, text));
    ck_assert_int_eq(arguments.count, 5);
    ck_assert_str_eq(arguments.vector[0], "/bin/echo");
    ck_assert_str_eq(arguments.vector[1], "a b");
    ck_assert_str_eq(arguments.vector[2], "+,");
    ck_assert_str_eq(arguments.vector[3], "");
    ck_assert_str_eq(arguments.vector[4], "");
    ck_assert_ptr_null(arguments.vector[5]);
}
END_TEST

START_TEST(test_split_refuses_broken_escapes)
{
    static const char *const texts[] = {"/x+%", "/x+%4", "/x+%4g", "/x+%g4", "/x+%00", "/x+a%+b"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct boot_words_arguments arguments = {.count = 0};
        char *text = strdup(texts[i]); /* exactly as long as it is: a step beyond the end is seen */

        ck_assert_msg(boot_words_split(&arguments, text) != NULL, "accepted: %s", texts[i]);
        free(text);
    }
}
END_TEST

START_TEST(test_too_many_words)
{
    struct boot_words_arguments arguments = {.count = 0};
    char line[4096] = "", many[256] = "/x";

    for (int i = 0; i <= BOOT_WORDS_MOST_ARGUMENTS / 2; i++)
        strcat(line, "param.a=1 ");
    ck_assert_ptr_nonnull(boot_words_parse(line));
    for (int i = 0; i < BOOT_WORDS_MOST_ARGUMENTS; i++)
        strcat(many, "+y");
    ck_assert_ptr_nonnull(boot_words_split(&arguments, many));
    ck_assert_int_eq(arguments.count, BOOT_WORDS_MOST_ARGUMENTS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot_words");
    TCase *cases = tcase_create("boot_words");

    tcase_add_test(cases, test_bench_with_options);
    tcase_add_test(cases, test_nothing_means_a_shell);
    tcase_add_test(cases, test_refused_lines);
    tcase_add_test(cases, test_split);
    tcase_add_test(cases, test_split_refuses_broken_escapes);
    tcase_add_test(cases, test_too_many_words);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
