/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals that wait one behind the other, each with what it says: the real-time ones, and those of timers. The sets of
 * pending signals (kernel/process_private.h) say which numbers have any; this says how many, and what.
 */
#ifndef KERNEL_SIGNAL_QUEUE_H
#define KERNEL_SIGNAL_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct process;
struct process_timer;
struct user_count;

/* What siginfo_t says beyond the number. */
struct signal_information {
    int32_t code;
    uint32_t error; /* of the trap, for the machine context */
    union {
        int32_t pid;
        int32_t timer; /* the timer's number */
    };
    union {
        uint32_t uid;
        uint32_t overrun; /* of the timer */
    };
    union {
        uint64_t value;   /* sigqueue's */
        uint64_t status;  /* a child's, an int */
        uint64_t address; /* a fault's */
    };
    uint32_t vector;
};

struct signal_queued {
    struct signal_queued *next;
    struct signal_information information;
    struct process_timer *timer; /* that the entry is part of; NULL: it is freed when it is taken */
    struct user_count *user;    /* whom it is counted for (RLIMIT_SIGPENDING), or NULL */
    unsigned signal;
    bool queued;
};

struct signal_queue {
    struct signal_queued *first, *last;
    uint64_t plain; /* numbers pending once without an entry: what they say is in the process's slots */
};

/* Counts one more entry for the receiver's user: false when that is over the receiver's limit or memory is short. */
bool signal_queue_count(struct signal_queued *entry, const struct process *receiver);
void signal_queue_uncount(struct signal_queued *entry);

/* A counted entry, or NULL. */
struct signal_queued *signal_queue_allocate(const struct process *receiver);

void signal_queue_append(struct signal_queue *queue, struct signal_queued *entry, unsigned signal);

/* Takes the first entry of that number: false when there is none. */
bool signal_queue_take(struct signal_queue *queue, unsigned signal, struct signal_information *information);
bool signal_queue_holds(const struct signal_queue *queue, unsigned signal);

/* Takes one entry out, wherever it stands: false when it is not in this queue. */
bool signal_queue_remove(struct signal_queue *queue, struct signal_queued *entry);

/* Drops, or moves to the end of another queue, all entries whose numbers are in the set. */
void signal_queue_discard(struct signal_queue *queue, uint64_t set);
void signal_queue_move(struct signal_queue *from, struct signal_queue *to, uint64_t set);

#endif
