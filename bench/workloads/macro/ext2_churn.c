/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files on an ext2 file system on the disk come and go: `size` files are made and written in one folder, renamed into
 * another, read back, and every one but each eighth unlinked; then all is written to the disk. An operation is one
 * file.
 */
#include "disk.h"
#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXT2_CHURN_MOST_FILES 1000
#define EXT2_CHURN_BYTES      6000 /* of a file: two blocks */
#define EXT2_CHURN_STAYS      8    /* each so many-th file stays until the repetition is over */

static struct harness_parameter ext2_churn_parameters[] = {{"size", 40, 1, EXT2_CHURN_MOST_FILES},
                                                           HARNESS_PARAMETERS_END};

static const char *ext2_churn_name(const char *folder, unsigned file)
{
    static char names[2][32];
    static unsigned turn;

    snprintf(names[++turn % 2], sizeof(names[0]), "%s/file%04u", folder, file);
    return names[turn % 2];
}

static void ext2_churn_make(unsigned number)
{
    char content[EXT2_CHURN_BYTES];
    int file = open(ext2_churn_name("new", number), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    memset(content, (int)('a' + number % 26), sizeof(content));
    if (file < 0 || write(file, content, sizeof(content)) != (ssize_t)sizeof(content) || close(file) != 0)
        harness_fail("cannot write file %u", number);
    if (rename(ext2_churn_name("new", number), ext2_churn_name("old", number)) != 0)
        harness_fail("cannot rename file %u", number);
}

static void ext2_churn_read(unsigned number)
{
    char content[EXT2_CHURN_BYTES + 1];
    int file = open(ext2_churn_name("old", number), O_RDONLY | O_CLOEXEC);

    if (file < 0 || read(file, content, sizeof(content)) != EXT2_CHURN_BYTES || close(file) != 0)
        harness_fail("cannot read file %u", number);
    if (content[0] != (char)('a' + number % 26) || memcmp(content, content + 1, EXT2_CHURN_BYTES - 1) != 0)
        harness_wrong("file %u holds something else", number);
}

static void ext2_churn_remove(bool staying)
{
    for (unsigned file = 0; file < ext2_churn_parameters[0].value; file++)
        if ((file % EXT2_CHURN_STAYS == 0) == staying && unlink(ext2_churn_name("old", file)) != 0)
            harness_fail("cannot remove file %u", file);
}

static void ext2_churn_setup(void)
{
    disk_enter_folder();
    if (mkdir("new", 0755) != 0 || mkdir("old", 0755) != 0)
        harness_fail("cannot make a folder");
}

static void ext2_churn_work(void)
{
    for (unsigned file = 0; file < ext2_churn_parameters[0].value; file++)
        ext2_churn_make(file);
    for (unsigned file = 0; file < ext2_churn_parameters[0].value; file++)
        ext2_churn_read(file);
    ext2_churn_remove(false);
    sync();
}

static void ext2_churn_cleanup(void)
{
    for (unsigned file = 0; file < ext2_churn_parameters[0].value; file += EXT2_CHURN_STAYS)
        ext2_churn_read(file);
    ext2_churn_remove(true);
}

static void ext2_churn_teardown(void)
{
    if (rmdir("new") != 0 || rmdir("old") != 0)
        harness_fail("cannot remove the folders");
    disk_leave_folder();
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/ext2_churn",
        .parameters = ext2_churn_parameters,
        .setup = ext2_churn_setup,
        .cleanup = ext2_churn_cleanup,
        .teardown = ext2_churn_teardown,
        .work = ext2_churn_work,
    };

    return harness_main(&workload, argc, argv);
}
