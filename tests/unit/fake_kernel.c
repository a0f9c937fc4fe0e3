/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fakes behind the seam headers of guest-coop.
 */
#include "fake_kernel.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "kernel/capability.h"
#include "kernel/clock.h"
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/process_private.h"
#include "kernel/wait.h"
#include "memory/address_space.h"
#include "memory/area.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/vdso.h"
#include "memory/user_copy.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

size_t fake_frames_left = SIZE_MAX, fake_frames_used, fake_heap_objects;

/* The page before a frame holds its count. */
static uint32_t *frame_count_of(coop_paddr frame)
{
    return (uint32_t *)(uintptr_t)(frame - FRAME_BYTES);
}

coop_paddr frame_allocate(void)
{
    void *memory;
    if (fake_frames_left == 0 || posix_memalign(&memory, FRAME_BYTES, 2 * FRAME_BYTES))
        return 0;
    fake_frames_left--;
    fake_frames_used++;
    *(uint32_t *)memory = 1;
    coop_paddr frame = (coop_paddr)(uintptr_t)memory + FRAME_BYTES;
    memset(frame_address(frame), 0xa5, FRAME_BYTES);
    return frame;
}

coop_paddr frame_allocate_zeroed(void)
{
    coop_paddr frame = frame_allocate();
    if (frame)
        memset(frame_address(frame), 0, FRAME_BYTES);
    return frame;
}

void frame_reference(coop_paddr frame)
{
    ++*frame_count_of(frame);
}

void frame_release(coop_paddr frame)
{
    assert(*frame_count_of(frame));
    if (--*frame_count_of(frame))
        return;
    fake_frames_used--;
    free(frame_count_of(frame));
}

uint32_t frame_references(coop_paddr frame)
{
    return *frame_count_of(frame);
}
void *frame_address(coop_paddr frame)
{
    return (void *)(uintptr_t)frame;
}
coop_paddr frame_of(const void *address)
{
    return (coop_paddr)(uintptr_t)address;
}
size_t frame_free_count(void)
{
    return 1000;
}
size_t frame_total_count(void)
{
    return 8192;
}

void *heap_allocate(size_t bytes)
{
    fake_heap_objects++;
    return calloc(1, bytes);
}

void *heap_allocate_cleared(size_t bytes, size_t cleared)
{
    (void)cleared;
    return heap_allocate(bytes);
}

void heap_free(void *object)
{
    fake_heap_objects -= object != NULL;
    free(object);
}

size_t heap_used_bytes(void)
{
    return 0;
}

static bool user_bad(uint64_t address)
{
    return address < 65536;
}

int user_copy_in(void *to, uint64_t user_address, size_t bytes)
{
    if (bytes && user_bad(user_address))
        return -EFAULT;
    memcpy(to, (const void *)(uintptr_t)user_address, bytes);
    return 0;
}

int user_copy_out(uint64_t user_address, const void *from, size_t bytes)
{
    if (bytes && user_bad(user_address))
        return -EFAULT;
    memcpy((void *)(uintptr_t)user_address, from, bytes);
    return 0;
}

long user_copy_string(char *to, uint64_t user_address, size_t size)
{
    if (user_bad(user_address))
        return -EFAULT;
    const char *from = (const char *)(uintptr_t)user_address;
    for (size_t i = 0; i < size; i++) {
        to[i] = from[i];
        if (!from[i])
            return (long)i;
    }
    return -ENAMETOOLONG;
}

int user_clear(uint64_t user_address, size_t bytes)
{
    if (bytes && user_bad(user_address))
        return -EFAULT;
    memset((void *)(uintptr_t)user_address, 0, bytes);
    return 0;
}

/* ---- time and sleep ---- */

uint64_t fake_now_ns = 1000000000;
int (*fake_sleep)(void);
unsigned fake_wakes;

int wait_queue_sleep_many(struct wait_queue *const *queues, unsigned count, uint64_t deadline_ns)
{
    (void)queues, (void)count;
    if (deadline_ns != WAIT_FOREVER && !fake_sleep) {
        fake_now_ns = deadline_ns;
        return -ETIMEDOUT;
    }
    return fake_sleep ? fake_sleep() : -ERESTARTSYS;
}

int wait_queue_sleep(struct wait_queue *queue, uint64_t deadline_ns)
{
    return wait_queue_sleep_many(&queue, 1, deadline_ns);
}

void wait_queue_wake(struct wait_queue *queue)
{
    (void)queue;
    fake_wakes++;
}

void wait_queue_wake_one(struct wait_queue *queue)
{
    wait_queue_wake(queue);
}

/* ---- processes ---- */

char fake_log[256];
struct process fake_processes[FAKE_PROCESSES];
static struct process_private fake_privates[FAKE_PROCESSES];
static unsigned fake_current;
int fake_signal, fake_signal_group, fake_signal_pid;
bool fake_signal_ineffective, fake_group_orphaned, fake_signal_pending;

struct process *process_current(void)
{
    return &fake_processes[fake_current];
}

void process_visit(bool (*visit)(struct process *process, void *context), void *context)
{
    for (unsigned i = 0; i < FAKE_PROCESSES; i++) {
        if (fake_processes[i].pid && visit(&fake_processes[i], context))
            return;
    }
}

struct process *process_find(int pid)
{
    for (unsigned i = 0; i < FAKE_PROCESSES; i++) {
        if (fake_processes[i].pid == pid)
            return &fake_processes[i];
    }
    return NULL;
}

void process_set_terminal(struct process *process, struct tty *terminal)
{
    process->terminal = terminal;
}

int process_signal(struct process *process, int signal)
{
    fake_signal = signal;
    fake_signal_pid = process->pid;
    return 0;
}

int process_group_signal(int group_id, int signal)
{
    fake_signal = signal;
    fake_signal_group = group_id;
    return 0;
}

void scheduler_switch(void)
{
}

int process_session_signal(int session_id, int group_id, int signal)
{
    (void)session_id;
    return process_group_signal(group_id, signal);
}

bool process_signal_pending(void)
{
    return fake_signal_pending;
}

bool process_signal_ineffective(int signal)
{
    (void)signal;
    return fake_signal_ineffective;
}

bool process_group_orphaned(int group_id)
{
    (void)group_id;
    return fake_group_orphaned;
}

void process_times(const struct process *process, struct process_times *times)
{
    *times = (struct process_times){20000000ull * (unsigned)process->pid, 10000000, 500000000};
}

long process_arguments(struct process *process, char *to, uint64_t offset, uint64_t size)
{
    (void)process, (void)offset, (void)size;
    memcpy(to, "sh\0-c\0true\0", 11);
    return 11;
}

/* Fake processes have no address space; the CPU is an AMD one of family 17h with FPU and popcnt, of 2 GHz. */
void address_space_reference(struct address_space *space)
{
    (void)space;
}
void address_space_release(struct address_space *space)
{
    (void)space;
}
struct area *area_find_from(struct area_list *list, uint64_t address)
{
    (void)list, (void)address;
    return NULL;
}
struct x86_cpuid cpu_identify(uint32_t leaf)
{
    if (leaf == 0)
        return (struct x86_cpuid){.eax = 1, .ebx = 0x68747541, .edx = 0x69746e65, .ecx = 0x444d4163};
    if (leaf == 1)
        return (struct x86_cpuid){.eax = 0x00830f10, .ebx = 0x800, .ecx = 1 << 23, .edx = 1};
    return (struct x86_cpuid){.eax = leaf == 0x80000002 ? 0x656b6146 : 0}; /* "Fake" */
}
uint64_t clock_tsc_khz(void)
{
    return 2000500;
}

void process_memory(const struct process *process, uint64_t *mapped, uint64_t *resident)
{
    (void)process;
    *mapped = 1 << 20;
    *resident = 1 << 16;
}

const char *kernel_command_line(void)
{
    return "console=ttyS0 init=/init";
}

void log_line(enum log_level level, const char *format, ...)
{
    va_list arguments;
    (void)level;
    va_start(arguments, format);
    vsnprintf(fake_log, sizeof(fake_log), format, arguments);
    va_end(arguments);
}

void panic(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    abort();
}

/* ---- start and end of a test ---- */

void fake_run(unsigned index)
{
    fake_current = index;
}

/* A process of one thread. */
static void fake_alone(struct process *process, struct process_private *private)
{
    process->private = private;
    private->leader = process;
    private->actions = private->own_actions;
    private->thread_count = 1;
}

void fake_fork(unsigned index)
{
    const struct process *parent = process_current();
    struct process *child = &fake_processes[index];

    *child = *parent;
    child->pid = child->leader_pid = (int)index + 1;
    child->parent_pid = parent->pid;
    fake_alone(child, &fake_privates[index]);
    child->files = files_clone(parent->files);
    inode_reference(child->directory);
}

void fake_start(const void *archive, size_t archive_bytes)
{
    struct process *init = &fake_processes[0];

    memset(fake_processes, 0, sizeof(fake_processes));
    memset(fake_privates, 0, sizeof(fake_privates));
    fake_current = 0;
    fake_sleep = NULL;
    fake_frames_left = SIZE_MAX;
    *init = (struct process){.pid = 1, .leader_pid = 1, .group_id = 1, .session_id = 1, .name = "init", .umask = 022};
    fake_alone(init, &fake_privates[0]);
    fake_become(0, 0);
    fs_start(archive, archive_bytes);
    init->files = files_create();
    init->directory = inode_root();
    inode_reference(init->directory);
}

void fake_stop(void)
{
    for (unsigned i = 0; i < FAKE_PROCESSES; i++) {
        fake_run(i);
        if (fake_processes[i].files)
            files_release(fake_processes[i].files);
        if (fake_processes[i].directory)
            inode_release(fake_processes[i].directory);
        fake_processes[i].files = NULL;
        fake_processes[i].directory = NULL;
    }
}

/* ---- threads, timeouts and watched queues: there is one thread, and nothing expires ---- */

void thread_set_directory(struct inode *directory)
{
    struct process *process = process_current();
    inode_release(process->directory);
    process->directory = directory;
}

void thread_set_root(struct inode *root)
{
    struct process *process = process_current();
    if (process->root)
        inode_release(process->root);
    process->root = root;
}

void fake_become(uint32_t user, uint32_t group)
{
    struct process *process = process_current();
    process->uid = process->euid = process->suid = process->fsuid = user;
    process->gid = process->egid = process->sgid = process->fsgid = group;
    process->effective = process->permitted = user == 0 ? CAPABILITY_ALL : 0;
}

/* Nobody changes limits. */
const struct limit *limits_of(const struct process *process, unsigned which)
{
    static const struct limit files = {FILES_LIMIT, FILES_LIMIT}, none = {LIMIT_INFINITE, LIMIT_INFINITE};
    (void)process;
    return which == LIMIT_FILES ? &files : &none;
}

void thread_set_umask(uint32_t umask)
{
    process_current()->umask = umask;
}

unsigned signal_dequeue(uint64_t wanted, struct signal_information *information)
{
    (void)wanted, (void)information;
    return 0;
}

void timeout_add(struct timeout *timeout, uint64_t deadline_ns, void (*expire)(struct timeout *))
{
    (void)deadline_ns, (void)expire;
    timeout->armed = true;
}

void timeout_remove(struct timeout *timeout)
{
    timeout->armed = false;
}

void wait_queue_watch(struct wait_queue *queue, struct wait_entry *entry, void (*notify)(struct wait_entry *),
                      void *context)
{
    entry->queue = queue;
    entry->notify = notify;
    entry->context = context;
}

void wait_queue_unwatch(struct wait_entry *entry)
{
    entry->queue = NULL;
}

/* There is no vDSO here. */
int vdso_settle(struct address_space *space)
{
    (void)space;
    return 0;
}

const char *vdso_label(const struct file *file)
{
    (void)file;
    return NULL;
}
