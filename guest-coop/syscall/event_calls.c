/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls on epoll, eventfd, timerfd, signalfd and inotify.
 */
#include "fs/epoll.h"
#include "fs/event_file.h"
#include "fs/inotify.h"
#include "fs/linux_abi.h"
#include "fs/notify.h"
#include "kernel/errno.h"
#include "kernel/wait.h"
#include "memory/user_copy.h"
#include "syscall/file_calls.h"
#include "syscall/file_poll.h"
#include "syscall/time_values.h"
#include "syscall/user_path.h"

#define EVENT_SEMAPHORE 1u
#define EVENT_FLAGS     (ABI_O_NONBLOCK | ABI_O_CLOEXEC)
#define TIMER_ABSOLUTE  1u
#define TIMER_CANCEL_ON_SET 2u
#define CLOCK_REAL      0u
#define CLOCK_MONOTONIC 1u
#define CLOCK_BOOT      7u
#define SET_BYTES       8u

/* ---- epoll ---- */

long file_sys_epoll_create1(const struct syscall_arguments *a)
{
    return (uint32_t)a->a0 & ~ABI_O_CLOEXEC ? -EINVAL : epoll_open((uint32_t)a->a0 & ABI_O_CLOEXEC);
}

long file_sys_epoll_create(const struct syscall_arguments *a)
{
    return (int)a->a0 > 0 ? epoll_open(false) : -EINVAL;
}

long file_sys_epoll_ctl(const struct syscall_arguments *a)
{
    struct epoll_event event = {0, 0};
    if ((int)a->a1 != EPOLL_REMOVE && user_copy_in(&event, a->a3, sizeof(event)))
        return -EFAULT;
    struct file *epoll_file = files_borrow((int)a->a0), *file = files_borrow((int)a->a2);
    if (!epoll_file || !file || (file->flags & ABI_O_PATH))
        return -EBADF;
    return epoll_control(epoll_file, (int)a->a1, (int)a->a2, file, &event);
}

static long event_epoll_wait(const struct syscall_arguments *a, uint64_t deadline_ns)
{
    struct epoll_event events[EPOLL_EVENTS_MOST];
    struct file *file = files_borrow((int)a->a0);
    if ((int)a->a2 <= 0)
        return -EINVAL;
    if (!file)
        return -EBADF;
    if (!epoll_is(file))
        return -EINVAL;
    unsigned most = a->a2 < EPOLL_EVENTS_MOST ? (unsigned)a->a2 : EPOLL_EVENTS_MOST;
    long count = epoll_collect(file, events, most, deadline_ns);
    if (count > 0 && user_copy_out(a->a1, events, (size_t)count * sizeof(events[0])))
        return -EFAULT;
    return count;
}

static uint64_t event_deadline(uint64_t milliseconds)
{
    int wanted = (int)milliseconds;
    if (wanted < 0)
        return WAIT_FOREVER;
    return file_poll_deadline((uint32_t)wanted / 1000, (uint64_t)(wanted % 1000) * 1000000);
}

long file_sys_epoll_wait(const struct syscall_arguments *a)
{
    return event_epoll_wait(a, event_deadline(a->a3));
}

static long event_epoll_masked(const struct syscall_arguments *a, uint64_t deadline_ns)
{
    long status = file_poll_mask_set(a->a4, a->a5);
    if (status == 0)
        status = event_epoll_wait(a, deadline_ns);
    /* The mask has to hold until the signal is delivered. */
    return file_poll_mask_end(a->a4, a->a4 && status == -EINTR ? -ERESTARTNOHAND : status);
}

long file_sys_epoll_pwait(const struct syscall_arguments *a)
{
    return event_epoll_masked(a, event_deadline(a->a3));
}

long file_sys_epoll_pwait2(const struct syscall_arguments *a)
{
    uint64_t deadline_ns;
    long status = file_poll_timespec(a->a3, &deadline_ns);
    return status < 0 ? status : event_epoll_masked(a, deadline_ns);
}

/* ---- eventfd ---- */

long file_sys_eventfd2(const struct syscall_arguments *a)
{
    uint32_t flags = (uint32_t)a->a1;
    if (flags & ~(EVENT_FLAGS | EVENT_SEMAPHORE))
        return -EINVAL;
    return event_counter_open((uint32_t)a->a0, flags & EVENT_SEMAPHORE, flags & ABI_O_NONBLOCK, flags & ABI_O_CLOEXEC);
}

long file_sys_eventfd(const struct syscall_arguments *a)
{
    return event_counter_open((uint32_t)a->a0, false, 0, false);
}

/* ---- timerfd ---- */

long file_sys_timerfd_create(const struct syscall_arguments *a)
{
    uint32_t flags = (uint32_t)a->a1;
    if ((a->a0 != CLOCK_REAL && a->a0 != CLOCK_MONOTONIC && a->a0 != CLOCK_BOOT) || (flags & ~EVENT_FLAGS))
        return -EINVAL;
    return event_timer_open(a->a0 == CLOCK_REAL, flags & ABI_O_NONBLOCK, flags & ABI_O_CLOEXEC);
}

static long event_setting_out(uint64_t address, const struct event_timer_setting *setting)
{
    long status = time_span_out(address, setting->interval_ns);
    return status < 0 ? status : time_span_out(address + sizeof(struct abi_timespec), setting->value_ns);
}

long file_sys_timerfd_settime(const struct syscall_arguments *a)
{
    struct event_timer_setting setting, before;
    if ((uint32_t)a->a1 & ~(TIMER_ABSOLUTE | TIMER_CANCEL_ON_SET))
        return -EINVAL;
    long status = time_span_in(a->a2, &setting.interval_ns);
    if (status == 0)
        status = time_span_in(a->a2 + sizeof(struct abi_timespec), &setting.value_ns);
    if (status < 0)
        return status;
    struct file *file = files_borrow((int)a->a0);
    if (!file)
        return -EBADF;
    status = event_timer_set(file, a->a1 & TIMER_ABSOLUTE, a->a1 & TIMER_CANCEL_ON_SET, &setting, &before);
    return status < 0 || !a->a3 ? status : event_setting_out(a->a3, &before);
}

long file_sys_timerfd_gettime(const struct syscall_arguments *a)
{
    struct event_timer_setting setting;
    struct file *file = files_borrow((int)a->a0);
    if (!file)
        return -EBADF;
    int status = event_timer_get(file, &setting);
    return status < 0 ? status : event_setting_out(a->a1, &setting);
}

/* ---- signalfd ---- */

long file_sys_signalfd4(const struct syscall_arguments *a)
{
    uint32_t flags = (uint32_t)a->a3;
    uint64_t mask;
    if (a->a2 != SET_BYTES || (flags & ~EVENT_FLAGS))
        return -EINVAL;
    if (user_copy_in(&mask, a->a1, sizeof(mask)))
        return -EFAULT;
    if ((int)a->a0 == -1)
        return event_signal_open(mask, flags & ABI_O_NONBLOCK, flags & ABI_O_CLOEXEC);
    struct file *file = files_borrow((int)a->a0);
    if (!file)
        return -EBADF;
    int status = event_signal_change(file, mask);
    return status < 0 ? status : (int)a->a0;
}

long file_sys_signalfd(const struct syscall_arguments *a)
{
    struct syscall_arguments all = {.a0 = a->a0, .a1 = a->a1, .a2 = a->a2};
    return file_sys_signalfd4(&all);
}

/* ---- inotify ---- */

long file_sys_inotify_init1(const struct syscall_arguments *a)
{
    uint32_t flags = (uint32_t)a->a0;
    return flags & ~EVENT_FLAGS ? -EINVAL : inotify_open(flags & ABI_O_NONBLOCK, flags & ABI_O_CLOEXEC);
}

long file_sys_inotify_init(const struct syscall_arguments *a)
{
    (void)a;
    return inotify_open(0, false);
}

/* The instance behind a descriptor; NULL and *status otherwise. */
static struct file *event_inotify(uint64_t descriptor, long *status)
{
    struct file *file = files_borrow((int)descriptor);

    *status = file ? -EINVAL : -EBADF;
    return file && inotify_is(file) ? file : NULL;
}

#define INOTIFY_MASK                                                                                                   \
    (NOTIFY_EVENTS | NOTIFY_ONCE | NOTIFY_DIRECTORY | INOTIFY_ONLY_DIRECTORY | INOTIFY_NO_FOLLOW |                     \
     NOTIFY_UNMOUNT | NOTIFY_OVERFLOW | NOTIFY_IGNORED | INOTIFY_EXCEPT_UNLINK | INOTIFY_MASK_CREATE |                 \
     INOTIFY_MASK_ADD)

long file_sys_inotify_add_watch(const struct syscall_arguments *a)
{
    uint32_t mask = (uint32_t)a->a2, both = INOTIFY_MASK_CREATE | INOTIFY_MASK_ADD;
    struct inode *inode;
    long status;

    if (!mask || (mask & ~INOTIFY_MASK))
        return -EINVAL;
    if (!files_borrow((int)a->a0))
        return -EBADF;
    if ((mask & both) == both || !event_inotify(a->a0, &status))
        return -EINVAL;
    status = user_path_find(ABI_AT_FDCWD, a->a1, mask & INOTIFY_NO_FOLLOW ? 0 : PATH_FOLLOW, false, &inode);
    if (status)
        return status;
    struct file *file = event_inotify(a->a0, &status); /* the walk may have slept */
    if (file && (mask & INOTIFY_ONLY_DIRECTORY) && !inode_is_directory(inode))
        status = -ENOTDIR;
    else if (file)
        status = inode_permission(inode, ABI_MAY_READ);
    if (file && status == 0)
        status = inotify_add(file, inode, mask);
    inode_release(inode);
    return status;
}

long file_sys_inotify_rm_watch(const struct syscall_arguments *a)
{
    long status;
    struct file *file = event_inotify(a->a0, &status);
    return file ? inotify_remove(file, (int)a->a1) : status;
}
