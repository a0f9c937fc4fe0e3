/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * execve: opens and checks the program (and the interpreters that scripts name), builds a new address space, puts
 * arguments and auxiliary vector on its stack, and makes the trap frame enter it.
 */
#include "kernel/capability.h"
#include "kernel/exec.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "kernel/cpu.h"
#include "kernel/elf_image.h"
#include "kernel/errno.h"
#include "kernel/exec_stack.h"
#include "kernel/exit.h"
#include "kernel/fpu.h"
#include "kernel/limits.h"
#include "kernel/log.h"
#include "kernel/scheduler.h"
#include "kernel/process_timer.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "kernel/vdso.h"
#include "memory/address_space.h"
#include "memory/heap.h"
#include "memory/layout.h"
#include "memory/user_copy.h"
#include "pv/pv.h"
#include <coopvirt/elf.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define SCRIPT_LINE_BYTES 256
#define SCRIPT_DEPTH      4
#define PAGE_MASK         (X86_PAGE_BYTES - 1)

/* A program about to be started. */
struct exec_program {
    struct file *file;
    struct elf_image image;
    uint64_t base;    /* added to the image's addresses */
    const char *path; /* as it was asked for: AT_EXECFN and the name */
};

static int exec_open(const char *path, struct file **file)
{
    int status = file_open(path, 0, 0, file);
    if (status < 0)
        return status;
    status = file_check_execute(*file);
    if (status < 0)
        file_release(*file);
    return status;
}

/* Splits "#!interpreter [argument]" in place. False when it is no such line. */
static bool exec_script_line(char *line, size_t bytes, char **interpreter, char **argument)
{
    char *end = 0;
    if (bytes < 3 || line[0] != '#' || line[1] != '!')
        return false;
    for (size_t i = 2; i < bytes && !end; i++)
        if (line[i] == '\n')
            end = line + i;
    if (!end)
        return false;
    while (end > line + 2 && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    *end = 0;
    char *word = line + 2;
    while (*word == ' ' || *word == '\t')
        word++;
    if (!*word)
        return false;
    *interpreter = word;
    while (*word && *word != ' ' && *word != '\t')
        word++;
    *argument = 0;
    if (*word) {
        *word++ = 0;
        while (*word == ' ' || *word == '\t')
            word++;
        *argument = word;
    }
    return true;
}

/* Puts interpreter, its argument and the script's path in place of argv[0]. */
static int exec_script_arguments(struct exec_strings *strings, const char *interpreter, const char *argument,
                                 const char *path)
{
    struct exec_strings changed = {.argument_count = 2 + (argument ? 1 : 0),
                                   .environment_count = strings->environment_count};
    size_t skip = strings->argument_count ? strlen(strings->text) + 1 : 0;
    if (strings->argument_count)
        changed.argument_count += strings->argument_count - 1;
    int status = exec_strings_add(&changed, interpreter, strlen(interpreter));
    if (status == 0 && argument)
        status = exec_strings_add(&changed, argument, strlen(argument));
    if (status == 0)
        status = exec_strings_add(&changed, path, strlen(path));
    /* The rest, terminators included, in one piece; the last one is added again. */
    if (status == 0 && strings->used > skip)
        status = exec_strings_add(&changed, strings->text + skip, strings->used - skip - 1);
    if (status < 0) {
        heap_free(changed.text);
        return status;
    }
    heap_free(strings->text);
    *strings = changed;
    return 0;
}

static int exec_read_image(struct exec_program *program, const uint8_t *start, size_t bytes)
{
    struct elf64_segment headers[ELF_IMAGE_HEADERS];
    int status = elf_image_begin(&program->image, start, bytes);
    if (status < 0)
        return status;
    size_t wanted = program->image.headers_count * sizeof(headers[0]);
    long got = file_read_kernel(program->file, headers, wanted, program->image.headers_offset);
    if (got != (long)wanted)
        return -ENOEXEC;
    uint64_t lowest = program->image.relocatable ? USER_PIE_BASE : USER_LOWEST;
    return elf_image_segments(&program->image, headers, wanted, program->file->inode->size, lowest, USER_MAP_TOP);
}

/* Opens what is to run in the end, following scripts. On success program->file is open. */
static int exec_find(const char *path, struct exec_strings *strings, struct exec_program *program)
{
    char line[SCRIPT_LINE_BYTES], *interpreter = 0, *argument = 0, *interpreter_copy = 0;
    int status = -ENOEXEC;
    for (unsigned depth = 0; depth < SCRIPT_DEPTH; depth++) {
        status = exec_open(path, &program->file);
        if (status < 0)
            break;
        long got = file_read_kernel(program->file, line, sizeof(line) - 1, 0);
        status = got < 0 ? (int)got : 0;
        if (status == 0 && !exec_script_line(line, (size_t)got, &interpreter, &argument)) {
            status = exec_read_image(program, (const uint8_t *)line, (size_t)got);
            if (status == 0) {
                heap_free(interpreter_copy);
                return 0;
            }
        }
        file_release(program->file);
        if (status < 0)
            break;
        status = exec_script_arguments(strings, interpreter, argument, path);
        if (status < 0)
            break;
        heap_free(interpreter_copy);
        interpreter_copy = heap_allocate(SCRIPT_LINE_BYTES);
        if (!interpreter_copy)
            return -ENOMEM;
        string_copy(interpreter_copy, interpreter, SCRIPT_LINE_BYTES);
        path = interpreter_copy;
        status = -ELOOP;
    }
    heap_free(interpreter_copy);
    return status;
}

/* One segment: the file's pages private, zeroes behind them anonymous. */
static int exec_map_segment(struct address_space *space, const struct exec_program *program,
                            const struct elf_image_segment *segment)
{
    uint64_t address = segment->address + program->base;
    uint64_t file_end = (address + segment->file_bytes + PAGE_MASK) & ~PAGE_MASK;
    uint64_t end = (address + segment->memory_bytes + PAGE_MASK) & ~PAGE_MASK;
    struct area area = {.start = address & ~PAGE_MASK,
                        .end = file_end,
                        .protection = segment->protection,
                        .file = program->file,
                        .page_index = segment->offset >> X86_PAGE_SHIFT};
    int status = 0;
    if (segment->file_bytes == 0)
        file_end = area.start;
    else
        status = address_space_add(space, &area);
    if (status == 0 && file_end < end) {
        struct area zeroes = {.start = file_end, .end = end, .protection = segment->protection};
        status = address_space_add(space, &zeroes);
    }
    return status;
}

static int exec_build(struct address_space *space, struct exec_program *program, const struct exec_strings *strings)
{
    const struct elf_image *image = &program->image;
    program->base = image->relocatable ? USER_PIE_BASE - image->low : 0;
    space->has_vdso = true;
    space->mapped_pages = (VDSO_END - VDSO_START) >> X86_PAGE_SHIFT;
    for (unsigned i = 0; i < image->segment_count; i++) {
        int status = exec_map_segment(space, program, &image->segments[i]);
        if (status < 0)
            return status;
    }
    space->break_start = space->break_end = image->high + program->base;
    struct area stack = {.start = (USER_STACK_TOP - EXEC_STACK_FIRST_BYTES - exec_strings_bytes(strings)) & ~PAGE_MASK,
                         .end = USER_STACK_TOP,
                         .protection = AREA_READ | AREA_WRITE,
                         .flags = AREA_STACK};
    return address_space_add(space, &stack);
}

/* The rest of a segment's last file page must read as zeroes. */
static int exec_clear_tails(const struct exec_program *program)
{
    for (unsigned i = 0; i < program->image.segment_count; i++) {
        const struct elf_image_segment *segment = &program->image.segments[i];
        uint64_t end = segment->address + segment->file_bytes + program->base;
        uint64_t rest = -end & PAGE_MASK;
        if (segment->memory_bytes > segment->file_bytes && segment->file_bytes && rest && user_clear(end, rest))
            return -ENOMEM;
    }
    return 0;
}

static const char *exec_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The point of no return: from here on the process is the new program. */
static void exec_become(struct process *process, struct exec_program *program, struct address_space *space)
{
    struct process_private *private = process->private;
    struct address_space *old = process->space;
    process->space = space;
    pv_batch_begin();
    scheduler_load_space(space);
    if (old)
        address_space_clear(old);
    pv_batch_end();
    if (old)
        address_space_release(old);
    if (process->executable)
        inode_release(process->executable);
    process->executable = program->file->inode;
    inode_reference(process->executable);
    string_copy(process->name, exec_base_name(program->path), sizeof(process->name));
    files_close_on_exec(process->files);
    signal_reset_for_exec(private);
    process_timer_delete_all(process);
    private->clear_tid = 0;
    private->rseq.address = 0;
    private->executed = true;
    private->crowded = false;
    private->leader->private->exit_signal = SIGNAL_CHLD;
    capability_executed(process, program->file->inode);
    private->fs_base = private->gs_base = 0;
    pv.cpu.fs_base_write(0);
    pv.cpu.msr_write(X86_MSR_KERNEL_GS_BASE, 0);
    fpu_reset(private->fpu);
    fpu_load(private->fpu);
    exit_release_vfork_parent(process);
}

static void exec_enter(struct trap_frame *frame, const struct exec_program *program, uint64_t stack)
{
    *frame = (struct trap_frame){.rip = program->image.entry + program->base,
                                 .cs = SELECTOR_USER_CODE,
                                 .ss = SELECTOR_USER_DATA,
                                 .rsp = stack,
                                 .rflags = X86_FLAGS_ONE | X86_FLAGS_IF};
}

/* Locks of the old program's threads are given up while its memory is there; then only this thread is left. */
static int exec_leave_threads(struct process **process)
{
    struct process_private *private = (*process)->private;
    if (private->robust_list)
        thread_release_robust(*process);
    if (private->leader->private->thread_count == 1 && private->leader == *process)
        return 0;
    int status = thread_become_only();
    *process = process_current();
    return status;
}

int exec_program(const char *path, struct exec_strings *strings)
{
    struct process *process = process_current();
    struct exec_program program = {.path = path};
    int status = exec_find(path, strings, &program);
    if (status < 0)
        return status;
    struct address_space *space = address_space_create();
    status = space ? exec_build(space, &program, strings) : -ENOMEM;
    if (status == 0)
        status = exec_leave_threads(&process);
    if (status < 0) {
        if (space)
            address_space_release(space);
        file_release(program.file);
        return status;
    }
    exec_become(process, &program, space);
    uint64_t stack = 0;
    bool fits = !limits_tables || address_space_fits(space);
    status = fits ? exec_clear_tails(&program) : -ENOMEM;
    if (status == 0)
        status = exec_stack_build(space, &program.image, program.base, path, strings, &stack);
    file_release(program.file);
    if (status < 0) {
        log_line(LOG_WARNING, "process %d (%s): no memory to start", process->pid, process->name);
        return EXEC_LOST;
    }
    exec_enter(process->private->frame, &program, stack);
    return 0;
}
