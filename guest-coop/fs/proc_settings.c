/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/sys: the figures that C libraries and tools ask the kernel for. They are read only.
 */
#include "fs/file.h"
#include "fs/proc_internal.h"
#include "kernel/machine_names.h"
#include "kernel/process_list.h"

#define PROC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A text of one line, as a function of what it says. */
#define PROC_LINE(name, format, value)                                                                                 \
    static void proc_print_##name(struct proc_text *text, struct process *process)                                     \
    {                                                                                                                  \
        (void)process;                                                                                                 \
        proc_print(text, format "\n", value);                                                                          \
    }

PROC_LINE(ostype, "%s", machine_names.system)
PROC_LINE(hostname, "%s", machine_names.node)
PROC_LINE(osrelease, "%s", machine_names.release)
PROC_LINE(version, "%s", machine_names.version)
PROC_LINE(domainname, "%s", machine_names.domain)
PROC_LINE(pid_max, "%d", PROCESS_PID_LIMIT)
PROC_LINE(randomize, "%d", 0)
PROC_LINE(cap_last, "%d", 40)
PROC_LINE(overcommit, "%d", 0) /* what is more than all memory is refused */
PROC_LINE(file_max, "%u", FILES_SYSTEM_LIMIT)
PROC_LINE(nr_open, "%u", FILES_LIMIT)
PROC_LINE(file_nr, "%u\t0\t16384", file_open_count())

#define PROC_TEXT(file, function) {.name = file, .mode = ABI_S_IFREG | 0444, .print = function}

static const struct proc_row proc_kernel_rows[] = {
    PROC_TEXT("cap_last_cap", proc_print_cap_last), PROC_TEXT("domainname", proc_print_domainname),
    PROC_TEXT("hostname", proc_print_hostname),     PROC_TEXT("osrelease", proc_print_osrelease),
    PROC_TEXT("ostype", proc_print_ostype),         PROC_TEXT("pid_max", proc_print_pid_max),
    PROC_TEXT("randomize_va_space", proc_print_randomize), PROC_TEXT("version", proc_print_version)};
static const struct proc_row proc_memory_rows[] = {PROC_TEXT("overcommit_memory", proc_print_overcommit)};
static const struct proc_row proc_file_rows[] = {PROC_TEXT("file-max", proc_print_file_max),
                                                 PROC_TEXT("file-nr", proc_print_file_nr),
                                                 PROC_TEXT("nr_open", proc_print_nr_open)};

static const struct proc_folder proc_kernel_folder = {proc_kernel_rows, PROC_COUNT(proc_kernel_rows), 1};
static const struct proc_folder proc_memory_folder = {proc_memory_rows, PROC_COUNT(proc_memory_rows), 2};
static const struct proc_folder proc_file_folder = {proc_file_rows, PROC_COUNT(proc_file_rows), 3};

static const struct proc_row proc_settings_rows[] = {
    {.name = "fs", .mode = ABI_S_IFDIR | 0555, .folder = &proc_file_folder},
    {.name = "kernel", .mode = ABI_S_IFDIR | 0555, .folder = &proc_kernel_folder},
    {.name = "vm", .mode = ABI_S_IFDIR | 0555, .folder = &proc_memory_folder},
};
const struct proc_folder proc_settings_folder = {proc_settings_rows, PROC_COUNT(proc_settings_rows), 4};
