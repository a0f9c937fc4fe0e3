/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Process 1 begins in the kernel: it opens the console three times and executes the init program.
 */
#include "kernel/capability.h"
#include "kernel/init.h"
#include "boot/start.h"
#include "drivers/block_partition.h"
#include "fs/file.h"
#include "fs/linux_abi.h"
#include "kernel/cpu.h"
#include "kernel/exec.h"
#include "kernel/panic.h"
#include "kernel/process_list.h"
#include "kernel/process_private.h"
#include "kernel/scheduler.h"
#include "memory/heap.h"
#include <coopvirt/string.h>
#include <coopvirt/x86_instructions.h>

#define PATH_BYTES 256

static const char *const init_environment[] = {"HOME=/", "TERM=linux", "PATH=/sbin:/usr/sbin:/bin:/usr/bin"};

void init_start_idle(void)
{
    struct cpu *cpu = cpu_this();
    cpu->idle = process_create_idle();
    if (!cpu->idle)
        panic("out of memory for the idle process");
    cpu->current = cpu->idle;
    cpu->idle->private->run_since = x86_rdtsc();
}

static void init_open_console(void)
{
    struct file *console;
    int status = file_open("/dev/console", ABI_O_RDWR | ABI_O_NOCTTY, 0, &console);
    if (status < 0)
        panic("cannot open /dev/console: error %d", -status);
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        file_reference(console); /* files_put takes it over */
        files_put(console, descriptor, false);
    }
    file_release(console);
}

/* Runs in the new process's kernel context, then returns to its user mode. */
static void init_run(void)
{
    char path[PATH_BYTES] = "/init";
    struct exec_strings strings = {0, 0, 0, 0, 0};
    string_option(kernel_command_line(), "init", path, sizeof(path));
    init_open_console();
    block_partition_start();
    int status = exec_strings_add(&strings, path, strlen(path));
    strings.argument_count = 1;
    for (unsigned i = 0; i < sizeof(init_environment) / sizeof(init_environment[0]) && status == 0; i++) {
        status = exec_strings_add(&strings, init_environment[i], strlen(init_environment[i]));
        strings.environment_count++;
    }
    if (status == 0)
        status = exec_program(path, &strings);
    if (status < 0)
        panic("cannot start %s: error %d", path, -status);
    if (status == EXEC_LOST)
        panic("cannot start %s: no memory", path);
    heap_free(strings.text);
}

void init_start(void)
{
    struct process *process = process_create();
    if (!process)
        panic("out of memory for the first process");
    memset(process->private->own_actions, 0, sizeof(process->private->own_actions));
    process->group_id = process->session_id = process->pid;
    process->umask = 022;
    process->effective = process->permitted = process->bounding = CAPABILITY_ALL;
    process->files = files_create();
    process->directory = inode_root();
    if (!process->files)
        panic("out of memory for the first process");
    inode_reference(process->directory);
    string_copy(process->name, "init", sizeof(process->name));
    scheduler_prepare(process, init_run);
    process_publish(process, 0);
    process->state = PROCESS_RUNNABLE;
    scheduler_wake(process);
}
