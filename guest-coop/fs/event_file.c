/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as files. Each is a few words and a wait queue; reading takes what has happened.
 */
#include "fs/event_file.h"

#include "fs/anonymous.h"
#include "fs/linux_abi.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/signal.h"
#include "kernel/time_base.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

/* ---- eventfd ---- */

#define COUNTER_MOST (UINT64_MAX - 1)

struct event_counter {
    uint64_t value;
    bool semaphore;
    struct wait_queue queue;
};

static long event_counter_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct event_counter *counter = file->context;
    (void)position;
    if (bytes < sizeof(uint64_t))
        return -EINVAL;
    while (counter->value == 0) {
        int status = file->flags & ABI_O_NONBLOCK ? -EAGAIN : wait_queue_sleep(&counter->queue, WAIT_FOREVER);
        if (status)
            return status;
    }
    uint64_t taken = counter->semaphore ? 1 : counter->value;
    counter->value -= taken;
    wait_queue_wake(&counter->queue);
    return user_copy_out(user_buffer, &taken, sizeof(taken)) ? -EFAULT : (long)sizeof(taken);
}

static long event_counter_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct event_counter *counter = file->context;
    uint64_t value;
    (void)position;
    if (bytes < sizeof(value))
        return -EINVAL;
    if (user_copy_in(&value, user_buffer, sizeof(value)))
        return -EFAULT;
    if (value > COUNTER_MOST)
        return -EINVAL;
    while (COUNTER_MOST - counter->value < value) {
        int status = file->flags & ABI_O_NONBLOCK ? -EAGAIN : wait_queue_sleep(&counter->queue, WAIT_FOREVER);
        if (status)
            return status;
    }
    counter->value += value;
    wait_queue_wake(&counter->queue);
    return (long)sizeof(value);
}

static void event_counter_poll(struct file *file, struct file_poll *poll)
{
    struct event_counter *counter = file->context;
    poll->events = (counter->value ? ABI_POLLIN : 0) | (counter->value < COUNTER_MOST ? ABI_POLLOUT : 0);
    poll->queue = &counter->queue;
}

static void event_counter_release(struct file *file)
{
    heap_free(file->context);
}

static const struct file_operations event_counter_operations = {.read = event_counter_read,
                                                                .write = event_counter_write,
                                                                .poll = event_counter_poll,
                                                                .release = event_counter_release};

int event_counter_open(uint64_t value, bool semaphore, uint32_t flags, bool close_on_exec)
{
    struct event_counter *counter = heap_allocate(sizeof(*counter));
    if (!counter)
        return -ENOMEM;
    counter->value = value;
    counter->semaphore = semaphore;
    return anonymous_open(&event_counter_operations, counter, flags | ABI_O_RDWR, close_on_exec);
}

/* ---- timerfd ---- */

struct event_timer {
    struct timeout timeout; /* first */
    struct time_base base;
    uint64_t at; /* of that clock: when it expires next */
    uint64_t interval_ns, expirations;
    bool realtime;
    bool cancelled_by_set, cancelled;
    struct wait_entry change; /* in the queue of the clock's changes, where the clock matters */
    struct wait_queue queue;
};

static void event_timer_expired(struct timeout *timeout);

static void event_timer_arm(struct event_timer *timer)
{
    timeout_add(&timer->timeout, time_base_deadline(&timer->base, timer->at), event_timer_expired);
}

static void event_timer_expired(struct timeout *timeout)
{
    struct event_timer *timer = (struct event_timer *)timeout;
    uint64_t now = time_base_now(&timer->base);
    uint64_t count = 1;
    if (now < timer->at) { /* the clock was set back */
        event_timer_arm(timer);
        return;
    }
    if (timer->interval_ns) {
        count += (now - timer->at) / timer->interval_ns;
        timer->at += count * timer->interval_ns;
        event_timer_arm(timer);
    }
    timer->expirations += count;
    wait_queue_wake(&timer->queue);
}

/* The clock of real time has been set. */
static void event_timer_changed(struct wait_entry *change)
{
    struct event_timer *timer = change->context;
    if (timer->timeout.armed) {
        timeout_remove(&timer->timeout);
        event_timer_arm(timer);
    }
    if (!timer->cancelled_by_set)
        return;
    timer->cancelled = true;
    timer->expirations++;
    wait_queue_wake(&timer->queue);
}

static bool event_timer_take_cancelled(struct event_timer *timer)
{
    bool cancelled = timer->cancelled;
    timer->cancelled = false;
    return cancelled;
}

static long event_timer_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct event_timer *timer = file->context;
    (void)position;
    if (bytes < sizeof(uint64_t))
        return -EINVAL;
    while (timer->expirations == 0) {
        int status = file->flags & ABI_O_NONBLOCK ? -EAGAIN : wait_queue_sleep(&timer->queue, WAIT_FOREVER);
        if (status)
            return status;
    }
    uint64_t taken = timer->expirations;
    timer->expirations = 0;
    if (event_timer_take_cancelled(timer))
        return -ECANCELED;
    return user_copy_out(user_buffer, &taken, sizeof(taken)) ? -EFAULT : (long)sizeof(taken);
}

static void event_timer_poll(struct file *file, struct file_poll *poll)
{
    struct event_timer *timer = file->context;
    poll->events = timer->expirations ? ABI_POLLIN : 0;
    poll->queue = &timer->queue;
}

static void event_timer_release(struct file *file)
{
    struct event_timer *timer = file->context;
    timeout_remove(&timer->timeout);
    wait_queue_unwatch(&timer->change);
    heap_free(timer);
}

static const struct file_operations event_timer_operations = {
    .read = event_timer_read, .poll = event_timer_poll, .release = event_timer_release};

int event_timer_open(bool realtime, uint32_t flags, bool close_on_exec)
{
    struct event_timer *timer = heap_allocate(sizeof(*timer));
    if (!timer)
        return -ENOMEM;
    timer->realtime = realtime;
    return anonymous_open(&event_timer_operations, timer, flags | ABI_O_RDWR, close_on_exec);
}

int event_timer_get(struct file *file, struct event_timer_setting *setting)
{
    const struct event_timer *timer = file->context;
    if (file->operations != &event_timer_operations)
        return -EINVAL;
    setting->interval_ns = timer->interval_ns;
    setting->value_ns = 0;
    if (timer->timeout.armed) {
        uint64_t now = time_base_now(&timer->base);
        setting->value_ns = timer->at > now ? timer->at - now : 1;
    }
    return 0;
}

int event_timer_set(struct file *file, bool absolute, bool cancelled_by_set, const struct event_timer_setting *setting,
                    struct event_timer_setting *before)
{
    struct event_timer *timer = file->context;
    int status = event_timer_get(file, before);
    if (status < 0)
        return status;
    bool follows = absolute && timer->realtime;
    timeout_remove(&timer->timeout);
    timer->base.kind = follows ? TIME_BASE_REAL : TIME_BASE_MONOTONIC;
    timer->cancelled_by_set = follows && cancelled_by_set;
    timer->cancelled = timer->cancelled && timer->cancelled_by_set;
    if (!follows)
        wait_queue_unwatch(&timer->change);
    else if (!timer->change.queue)
        wait_queue_watch(clock_changes(), &timer->change, event_timer_changed, timer);
    timer->expirations = 0;
    timer->interval_ns = setting->interval_ns;
    if (!setting->value_ns)
        return 0;
    timer->at = absolute ? setting->value_ns : clock_monotonic_ns() + setting->value_ns;
    event_timer_arm(timer);
    return event_timer_take_cancelled(timer) ? -ECANCELED : 0;
}

/* ---- signalfd ---- */

/* struct signalfd_siginfo */
struct event_signal_record {
    uint32_t signal;
    int32_t error, code;
    uint32_t pid, uid;
    int32_t descriptor;
    uint32_t timer, band, overrun, trap;
    int32_t status, integer;
    uint64_t pointer, user_time, system_time, address;
    uint8_t rest[48];
};
_Static_assert(sizeof(struct event_signal_record) == 128, "struct signalfd_siginfo");

struct event_signal {
    uint64_t mask;
};

static long event_signal_take(const struct event_signal *wanted, uint64_t user_buffer)
{
    struct signal_information information;
    unsigned signal = signal_dequeue(wanted->mask, &information);
    if (!signal)
        return 0;
    struct event_signal_record record;
    memset(&record, 0, sizeof(record));
    record.signal = signal;
    record.code = information.code;
    if (information.code != SIGNAL_CODE_TIMER) {
        record.pid = (uint32_t)information.pid;
        record.uid = information.uid;
    }
    record.status = (int32_t)information.status;
    if (information.code == SIGNAL_CODE_TIMER) {
        record.timer = (uint32_t)information.timer;
        record.overrun = information.overrun;
    }
    if (information.code == SIGNAL_CODE_TIMER || information.code == SIGNAL_CODE_QUEUE) {
        record.integer = (int32_t)information.value;
        record.pointer = information.value;
        record.status = 0;
    }
    return user_copy_out(user_buffer, &record, sizeof(record)) ? -EFAULT : (long)sizeof(record);
}

static long event_signal_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    const struct event_signal *wanted = file->context;
    size_t done = 0;
    (void)position;
    if (bytes < sizeof(struct event_signal_record))
        return -EINVAL;
    while (bytes - done >= sizeof(struct event_signal_record)) {
        long taken = event_signal_take(wanted, user_buffer + done);
        if (taken < 0)
            return done ? (long)done : taken;
        done += (size_t)taken;
        if (taken == 0 && done)
            break;
        if (taken)
            continue;
        int status = -EAGAIN;
        if (!(file->flags & ABI_O_NONBLOCK))
            status = wait_queue_sleep(&process_current()->private->leader->private->signal_arrival, WAIT_FOREVER);
        if (status)
            return status;
    }
    return (long)done;
}

static void event_signal_poll(struct file *file, struct file_poll *poll)
{
    const struct event_signal *wanted = file->context;
    struct process_private *private = process_current()->private;
    struct process_private *leader = private->leader->private;
    poll->events = (private->signal_pending | leader->signal_shared) & wanted->mask ? ABI_POLLIN : 0;
    poll->queue = &leader->signal_arrival;
}

static void event_signal_release(struct file *file)
{
    heap_free(file->context);
}

static const struct file_operations event_signal_operations = {
    .read = event_signal_read, .poll = event_signal_poll, .release = event_signal_release};

int event_signal_open(uint64_t mask, uint32_t flags, bool close_on_exec)
{
    struct event_signal *wanted = heap_allocate(sizeof(*wanted));
    if (!wanted)
        return -ENOMEM;
    wanted->mask = mask & ~SIGNAL_SET_UNBLOCKABLE;
    return anonymous_open(&event_signal_operations, wanted, flags | ABI_O_RDWR, close_on_exec);
}

int event_signal_change(struct file *file, uint64_t mask)
{
    if (file->operations != &event_signal_operations)
        return -EINVAL;
    ((struct event_signal *)file->context)->mask = mask & ~SIGNAL_SET_UNBLOCKABLE;
    return 0;
}
