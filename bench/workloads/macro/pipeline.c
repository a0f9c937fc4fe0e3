/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tar | gzip | md5sum, BusyBox' own, over generated files: three processes that compute and pass data
 * through pipes. An operation is one KiB of input. The checksum must be that of the same archive
 * packed step by step through files, which was unpacked and compared once.
 */
#include "harness.h"
#include "shell_command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPELINE_MOST_BYTES (512 * 1024)

static struct harness_parameter pipeline_parameters[] = {
    {"files", 4, 1, 16}, {"kib", 8, 1, 32}, HARNESS_PARAMETERS_END};
static char pipeline_expected[64];

static size_t pipeline_file_bytes(void)
{
    return pipeline_parameters[1].value * 1024;
}

static uint64_t pipeline_operations(void)
{
    return pipeline_parameters[0].value * pipeline_parameters[1].value;
}

/* Text of words from a small vocabulary, chosen by a fixed xorshift sequence: it packs as prose does. */
static void pipeline_fill(char *text, size_t length)
{
    static const char *const words[] = {"guest ", "host ", "trap ", "page ", "of ", "the ", "a ", "exits\n"};
    static uint32_t state = 2463534242u;
    size_t done = 0;

    while (done < length) {
        const char *word;
        size_t size;

        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        word = words[state >> 29];
        size = strlen(word) < length - done ? strlen(word) : length - done;
        memcpy(text + done, word, size);
        done += size;
    }
}

/* One file of the fixed date: the archive's headers are then the same in every run. */
static void pipeline_make_file(uint64_t number, const char *text)
{
    const struct timespec times[2] = {{.tv_sec = 1767225600}, {.tv_sec = 1767225600}};
    char name[16];
    int file;

    snprintf(name, sizeof(name), "file%02u", (unsigned)number);
    file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0 || write(file, text, pipeline_file_bytes()) != (ssize_t)pipeline_file_bytes() || close(file) != 0)
        harness_fail("cannot write %s", name);
    if (utimensat(AT_FDCWD, name, times, 0) != 0)
        harness_fail("cannot date %s", name);
}

static void pipeline_setup(void)
{
    static char wanted[PIPELINE_MOST_BYTES + 1], found[PIPELINE_MOST_BYTES + 1];
    size_t total = pipeline_parameters[0].value * pipeline_file_bytes();

    shell_command_enter_folder();
    pipeline_fill(wanted, total);
    for (uint64_t number = 0; number < pipeline_parameters[0].value; number++)
        pipeline_make_file(number, wanted + number * pipeline_file_bytes());
    shell_command_line("busybox tar cf tar file?? && busybox gzip -c < tar > gz && busybox md5sum < gz > sum && "
                       "busybox gzip -dc < gz > tar && busybox tar xOf tar > all");
    if (shell_command_read_file("all", found, sizeof(found)) != total || memcmp(found, wanted, total) != 0)
        harness_wrong("what was packed and unpacked is not what it was");
    shell_command_read_file("sum", pipeline_expected, sizeof(pipeline_expected));
}

static void pipeline_work(void)
{
    shell_command_line("busybox tar cf - file?? | busybox gzip -c | busybox md5sum > sum");
}

static void pipeline_cleanup(void)
{
    char found[sizeof(pipeline_expected)];

    shell_command_read_file("sum", found, sizeof(found));
    if (strlen(found) < 32 || strcmp(found, pipeline_expected) != 0)
        harness_wrong("the pipeline's checksum is %.32s", found);
}

static void pipeline_teardown(void)
{
    shell_command_line("busybox rm -f file?? tar gz sum all");
    shell_command_leave_folder();
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/pipeline",
        .parameters = pipeline_parameters,
        .operations = pipeline_operations,
        .setup = pipeline_setup,
        .cleanup = pipeline_cleanup,
        .teardown = pipeline_teardown,
        .work = pipeline_work,
    };

    return harness_main(&workload, argc, argv);
}
