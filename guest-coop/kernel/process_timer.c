/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers of processes: the timer interrupt expires them, the taking of their signal goes on with them.
 */
#include "kernel/process_timer.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "kernel/signal.h"
#include "memory/heap.h"

#define OVERRUN_MOST INT32_MAX
#define IGNORED_WAIT 10000000ul /* a periodic timer whose signal is ignored expires no more often */

struct process_timer {
    struct timeout timeout; /* first: the two are converted by a cast */
    struct process_timer *next;
    struct process *leader;
    struct signal_queued entry;
    struct time_base base, created; /* what it goes by now, and its own clock */
    struct wait_entry change;       /* in the queue of the clock's changes, when the clock matters */
    uint64_t at;                    /* of that clock: the next expiry, or the last while the signal waits */
    uint64_t interval_ns;
    int64_t missed; /* periods that passed since the signal was queued, less the one it was queued for */
    int overrun;     /* told with the last signal */
    int number, thread;
    unsigned signal;
    bool armed; /* has a deadline that has not passed, or is periodic */
};

int process_timer_create(const struct process_timer_notice *notice, const struct time_base *base)
{
    struct process *leader = process_current()->private->leader;
    struct process_timer *timer = heap_allocate(sizeof(*timer));
    if (!timer || !signal_queue_count(&timer->entry, leader)) {
        heap_free(timer);
        return -EAGAIN;
    }
    timer->leader = leader;
    timer->number = leader->private->timer_next++;
    timer->thread = notice->thread;
    timer->signal = notice->signal;
    timer->base = timer->created = *base;
    timer->entry.timer = timer;
    timer->entry.information =
        (struct signal_information){.code = SIGNAL_CODE_TIMER,
                                    .timer = timer->number,
                                    .value = notice->value_is_number ? (uint32_t)timer->number : notice->value};
    timer->next = leader->private->timers;
    leader->private->timers = timer;
    return timer->number;
}

struct process_timer *process_timer_find(int number)
{
    struct process_timer *timer = process_current()->private->leader->private->timers;
    while (timer && timer->number != number)
        timer = timer->next;
    return timer;
}

/* Moves the deadline of a periodic timer beyond `now`: the periods in between. */
static uint64_t process_timer_forward(struct process_timer *timer, uint64_t now)
{
    if (now < timer->at)
        return 0;
    uint64_t periods = (now - timer->at) / timer->interval_ns + 1;
    timer->at += periods * timer->interval_ns;
    return periods;
}

static void process_timer_expired(struct timeout *timeout);

static void process_timer_arm(struct process_timer *timer)
{
    uint64_t deadline_ns = time_base_deadline(&timer->base, timer->at);
    if (deadline_ns != WAIT_FOREVER)
        timeout_add(&timer->timeout, deadline_ns, process_timer_expired);
}

/* The clock of real time has been set. */
static void process_timer_changed(struct wait_entry *change)
{
    struct process_timer *timer = change->context;
    if (!timer->timeout.armed)
        return;
    timeout_remove(&timer->timeout);
    process_timer_arm(timer);
}

static void process_timer_expired(struct timeout *timeout)
{
    struct process_timer *timer = (struct process_timer *)timeout;
    int sent = 0;
    if (timer->base.kind != TIME_BASE_MONOTONIC && time_base_now(&timer->base) < timer->at) {
        process_timer_arm(timer);
        return;
    }
    timer->armed = timer->interval_ns != 0;
    timer->missed = -1;
    if (!timer->entry.queued)
        sent = signal_send_timer(timer->leader, timer->thread, timer->signal, &timer->entry);
    if (sent >= 0 || !timer->interval_ns)
        return;
    process_timer_forward(timer, time_base_now(&timer->base) + IGNORED_WAIT);
    process_timer_arm(timer);
}

void process_timer_describe(struct process_timer *timer)
{
    int64_t missed = 0;
    if (timer->interval_ns && timer->armed && !timer->timeout.armed)
        missed = timer->missed + (int64_t)process_timer_forward(timer, time_base_now(&timer->base));
    if (missed < 0)
        missed = 0; /* its clock has been set back */
    timer->overrun = missed > OVERRUN_MOST ? OVERRUN_MOST : (int)missed;
    timer->entry.information.overrun = (uint32_t)timer->overrun;
}

void process_timer_taken(struct process_timer *timer)
{
    if (!timer->interval_ns || !timer->armed || timer->timeout.armed)
        return;
    process_timer_forward(timer, time_base_now(&timer->base));
    process_timer_arm(timer);
}

/* A signal that is still on its way is of the old setting and goes with it. */
static void process_timer_recall(struct process_timer *timer)
{
    if (timer->entry.queued)
        signal_withdraw(timer->leader, &timer->entry);
}

int process_timer_set(struct process_timer *timer, const struct process_timer_setting *setting, bool absolute)
{
    uint64_t value = setting->left_ns;
    if (time_base_ended(&timer->created))
        return -ESRCH;
    timeout_remove(&timer->timeout);
    process_timer_recall(timer);
    /* A span is not of the clock of real time, which may be set meanwhile. */
    timer->base = timer->created;
    if (!absolute && timer->base.kind == TIME_BASE_REAL)
        timer->base.kind = TIME_BASE_MONOTONIC;
    if (timer->base.kind != TIME_BASE_REAL)
        wait_queue_unwatch(&timer->change);
    else if (!timer->change.queue)
        wait_queue_watch(clock_changes(), &timer->change, process_timer_changed, timer);
    timer->overrun = 0;
    timer->missed = 0;
    timer->at = absolute ? value : time_base_now(&timer->base) + value;
    timer->interval_ns = value ? setting->interval_ns : 0;
    timer->armed = value != 0;
    if (timer->armed && timer->signal)
        process_timer_arm(timer);
    return 0;
}

void process_timer_get(struct process_timer *timer, struct process_timer_setting *setting)
{
    uint64_t now = time_base_now(&timer->base);
    *setting = (struct process_timer_setting){.interval_ns = timer->interval_ns};
    if (!timer->armed || time_base_ended(&timer->base))
        return;
    if (timer->interval_ns && !timer->timeout.armed)
        timer->missed += (int64_t)process_timer_forward(timer, now);
    if (timer->at > now)
        setting->left_ns = timer->at - now;
    else if (timer->signal)
        setting->left_ns = 1; /* expires with the next look at the clock */
}

int process_timer_overrun(const struct process_timer *timer)
{
    return timer->overrun;
}

void process_timer_delete(struct process_timer *timer)
{
    struct process_timer **link = &timer->leader->private->timers;
    timeout_remove(&timer->timeout);
    wait_queue_unwatch(&timer->change);
    process_timer_recall(timer);
    while (*link != timer)
        link = &(*link)->next;
    *link = timer->next;
    signal_queue_uncount(&timer->entry);
    heap_free(timer);
}

void process_timer_delete_all(struct process *leader)
{
    while (leader->private->timers)
        process_timer_delete(leader->private->timers);
    leader->private->timer_next = 0;
}
