/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of every measured program: harness_main() reads the arguments (harness_arguments.c),
 * runs warm-ups and repetitions with the markers around each, and hands each result to
 * harness_records.c. Nothing is printed or allocated inside a region.
 */
#include "harness.h"
#include "harness_arguments.h"
#include "harness_records.h"

#include <coopvirt/abi.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

int harness_device = -1;

static bool harness_uses_port;

static char harness_directory[256]; /* where the groups' folders are installed, with a final '/' */

/* LFENCE on both sides: on a processor the work stays between the time stamps. */
static inline uint64_t harness_time_stamp(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static void harness_open_device(void)
{
    harness_device = open(COOPBENCH_DEVICE, O_RDWR | O_CLOEXEC);
    if (harness_device < 0 && errno != ENOENT)
        harness_fail("cannot open " COOPBENCH_DEVICE);
    if (harness_device < 0 && getenv("COOPBENCH_MARKER"))
        harness_uses_port = ioperm(COOP_PORT_MARKER, sizeof(uint32_t), 1) == 0;
    if (harness_uses_port)
        ioperm(COOP_PORT_MARKER, sizeof(uint32_t), 0);
}

/* Linux does more at the end of every system call of a process that may use ports: the permission is held for the
 * marker alone. */
static void harness_mark(uint64_t region, unsigned which)
{
    if (ioperm(COOP_PORT_MARKER, sizeof(uint32_t), 1) != 0)
        harness_fail("the port of the marker was refused");
    outl((uint32_t)region << 1 | which, COOP_PORT_MARKER);
    ioperm(COOP_PORT_MARKER, sizeof(uint32_t), 0);
}

/* The programs lie in DIRECTORY/GROUP/NAME: two components of argv[0] are cut off. */
static void harness_find_directory(const char *program)
{
    size_t length = strlen(program);

    for (int components = 0; components < 2; components++) {
        while (length > 0 && program[length - 1] != '/')
            length--;
        if (components == 0 && length > 0)
            length--;
    }
    if (length >= sizeof(harness_directory))
        harness_wrong("the path of the program is too long");
    memcpy(harness_directory, program, length);
    harness_directory[length] = '\0';
}

static void harness_measure_work(const struct harness_workload *workload, uint64_t region,
                                 struct harness_measurement *measurement)
{
    struct coopbench_region_end end = {.region = region};
    uint64_t begin;

    if (harness_device >= 0 && ioctl(harness_device, COOPBENCH_REGION_BEGIN, region) != 0)
        harness_fail("the begin of region %llu was refused", (unsigned long long)region);
    if (harness_uses_port)
        harness_mark(region, COOP_MARKER_BEGIN);
    begin = harness_time_stamp();
    workload->work();
    measurement->tsc = harness_time_stamp() - begin;
    if (harness_uses_port)
        harness_mark(region, COOP_MARKER_END);
    if (harness_device >= 0 && ioctl(harness_device, COOPBENCH_REGION_END, &end) != 0)
        harness_fail("the end of region %llu was refused", (unsigned long long)region);
    measurement->counted = end.counted;
}

static void harness_repeat(const struct harness_workload *workload, const struct harness_options *options)
{
    uint64_t total = options->warmup + options->runs;

    for (uint64_t index = 0; index < total; index++) {
        struct harness_measurement measurement = {0};
        bool warmup = index < options->warmup;

        if (workload->prepare)
            workload->prepare();
        if (workload->measure)
            workload->measure(index + 1, &measurement);
        else
            harness_measure_work(workload, index + 1, &measurement);
        if (workload->cleanup)
            workload->cleanup();
        harness_records_repetition(workload, index + 1, warmup ? index : index - options->warmup, warmup, &measurement);
    }
}

int harness_main(struct harness_workload *workload, int argc, char **argv)
{
    struct harness_options options;

    harness_records_name(workload->name);
    harness_find_directory(argv[0]);
    harness_open_device();
    if (!harness_arguments_read(workload, &options, argc, argv))
        return 2;
    if (options.list_parameters) {
        harness_arguments_list(workload);
        return 0;
    }
    if (workload->setup)
        workload->setup();
    harness_repeat(workload, &options);
    if (workload->teardown)
        workload->teardown();
    return 0;
}

/* Static storage. */
static const char *harness_path_beside(const char *relative)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s%s", harness_directory, relative);
    return path;
}

bool harness_is_installed(const char *relative)
{
    return access(harness_path_beside(relative), R_OK) == 0;
}

const char *harness_installed_path(const char *relative)
{
    if (!harness_is_installed(relative))
        harness_fail("%s is not there", harness_path_beside(relative));
    return harness_path_beside(relative);
}

const char *harness_temporary_path(void)
{
    static char path[64];

    if (path[0] == '\0')
        snprintf(path, sizeof(path), "/tmp/coopbench-%07d", (int)getpid());
    return path;
}

int harness_temporary_file(uint64_t length_bytes)
{
    static char block[4096];
    int file = open(harness_temporary_path(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (file < 0)
        harness_fail("cannot make %s", harness_temporary_path());
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = (char)('a' + i % 23);
    while (length_bytes > 0) {
        size_t chunk = length_bytes < sizeof(block) ? length_bytes : sizeof(block);

        if (write(file, block, chunk) != (ssize_t)chunk)
            harness_fail("cannot fill %s", harness_temporary_path());
        length_bytes -= chunk;
    }
    if (lseek(file, 0, SEEK_SET) != 0)
        harness_fail("cannot rewind %s", harness_temporary_path());
    return file;
}

void harness_wait_child(int process)
{
    int status;

    if (process < 0)
        harness_fail("fork failed");
    if (waitpid(process, &status, 0) != process)
        harness_fail("waitpid failed");
    if (WIFSIGNALED(status))
        harness_wrong("a child was ended by signal %d", WTERMSIG(status));
    if (status != 0)
        harness_wrong("a child ended with status %d", WEXITSTATUS(status));
}

void harness_execute(char *const *arguments, char *const *environment)
{
    pid_t child = fork();

    if (child == 0) {
        execve(arguments[0], arguments, environment);
        harness_fail("execve of %s failed", arguments[0]);
    }
    harness_wait_child(child);
}
