/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of tmpfs's options: what is taken, what is refused, and that nothing is read behind its end.
 */
#include "fs/mount_options.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

#define MEMORY 1000u /* frames */

static bool parse(const char *text, bool limits, struct mount_options *wanted)
{
    char *exact = malloc(strlen(text) + 1);
    *wanted = (struct mount_options){.mode = 01777};
    bool taken = mount_options_parse(strcpy(exact, text), limits, MEMORY, wanted);
    free(exact);
    return taken;
}

START_TEST(test_values)
{
    struct mount_options options;
    ck_assert(parse("", true, &options) && options.mode == 01777);
    ck_assert(parse("size=4097", true, &options) && options.frames == 2);
    ck_assert(parse("size=64k,nr_inodes=1K", true, &options) && options.frames == 16 && options.inodes == 1024);
    ck_assert(parse("size=1g,size=3M", true, &options) && options.frames == 768);
    ck_assert(parse("size=25%", true, &options) && options.frames == MEMORY / 4);
    ck_assert(parse("nr_blocks=7,mode=0700,uid=5,gid=4294967294", true, &options) && options.frames == 7);
    ck_assert(options.mode == 0700 && options.uid == 5 && options.gid == 4294967294u);
    ck_assert(parse(",size=4k,,mode=1,", true, &options) && options.frames == 1 && options.mode == 1);
    ck_assert(parse("what=x,mode=710,size=9", false, &options) && options.mode == 0710 && options.frames == 0);
}
END_TEST

START_TEST(test_refusals)
{
    static const char *const texts[] = {"size",
                                        "size=",
                                        "size=x",
                                        "size=1kk",
                                        "size=5%%",
                                        "nr_blocks=5%",
                                        "nr_inodes=5%",
                                        "mode=9",
                                        "mode=10000",
                                        "uid=-1",
                                        "uid=4294967295",
                                        "nonesuch",
                                        "siz=1",
                                        "sizes=1",
                                        "size=18446744073709551616",
                                        "size=99999999999999g",
                                        "size=4k mode=1",
                                        "=5"};
    struct mount_options options;
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_msg(!parse(texts[i], true, &options), "%s", texts[i]);
    ck_assert(!parse("mode=x", false, &options));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mount_options");
    TCase *cases = tcase_create("mount_options");
    tcase_add_test(cases, test_values);
    tcase_add_test(cases, test_refusals);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
