/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own part of a process: scheduling, registers, family, signals, accounting.
 */
#ifndef KERNEL_PROCESS_PRIVATE_H
#define KERNEL_PROCESS_PRIVATE_H

#include "kernel/process.h"
#include "kernel/signal_queue.h"
#include "kernel/timeout.h"
#include "kernel/wait.h"
#include <coopvirt/abi.h>

#define SIGNAL_COUNT 64
#define SIGNAL_SLOTS 31 /* standard signals: pending once */

/* Why the way back to user mode has to stop by. */
#define ATTENTION_SIGNAL     1u
#define ATTENTION_RESCHEDULE 2u
#define ATTENTION_FILES      4u /* borrowed files are to be given back (fs/files.c) */
#define ATTENTION_RSEQ       8u /* others have run meanwhile (kernel/rseq.h) */
#define ATTENTION_MEMORY     16u /* the kernel used frames of its reserve (memory/swap.h) */

/* struct sigaction as rt_sigaction(2) passes it on x86-64. */
struct signal_action {
    uint64_t handler;
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
};

struct signal_stack {
    uint64_t start;
    uint64_t bytes;
    uint32_t flags;
};

/* personality(2): */
#define PERSONALITY_KIND       0xffu
#define PERSONALITY_32         0x08u
#define PERSONALITY_NOT_RANDOM 0x0040000u /* ADDR_NO_RANDOMIZE */

/* rseq(2): what the thread has registered; address 0: nothing. */
struct rseq_registration {
    uint64_t address;
    uint32_t signature;
};

/* sched_setscheduler(2): policies */
#define SCHEDULER_OTHER 0u
#define SCHEDULER_FIFO  1u
#define SCHEDULER_ROUND 2u
#define SCHEDULER_BATCH 3u
#define SCHEDULER_IDLE  5u

struct trap_frame;
struct limits;
struct process_handle;
struct process_timer;
struct semaphore_undo;
struct cpu_timers;

struct process_private {
    /* scheduler, under its lock */
    struct process *run_next;
    bool queued;
    uint8_t turns; /* a nice process: to let others have before its next; nice below 0: ticks more that it may run */
    bool uninterruptible; /* in its sleep no signal wakes it: short waits for devices */
    bool only_killable;   /* in its sleep no signal but SIGKILL wakes it */
    uint32_t attention;     /* ATTENTION_* */
    uint64_t stack_pointer; /* where scheduler_switch_stack left it */

    /* constant after creation */
    uint64_t stack;           /* lowest address of the kernel stack */
    struct trap_frame *frame; /* of user mode, at its top, below the FPU area */
    void *fpu;                /* 64-byte aligned */

    /* this process only, when it runs */
    uint64_t fs_base, gs_base;
    uint64_t clear_tid;        /* set_tid_address */
    uint64_t robust_list;      /* set_robust_list */
    struct rseq_registration rseq;
    uint64_t restart_deadline; /* of an interrupted sleep, 0 = none */
    coop_paddr copy_frame;     /* what file operations use in place of user memory (syscall/file_copy.c), or 0 */
    struct program_rules {     /* what a child has from its parent */
        uint32_t personality;  /* PERSONALITY_*: syscall/library_calls.c */
        uint16_t io_priority;   /* ioprio_set(2): class and level */
        bool no_new_privileges; /* prctl(2): exec gives none */
        uint8_t secure;         /* CAPABILITY_SECURE_*: what being user 0 does not mean */
        uint8_t policy;         /* SCHEDULER_* */
        uint8_t priority;       /* of real-time classes 1 to 99, of others 0: kernel/scheduler.h */
        bool reset_on_fork;     /* children begin in the usual class */
    } rules;
    bool crowded;              /* has become a user who has too many processes: execve refuses */
    bool executed;             /* has called execve since its fork: setpgid by the parent is too late */

    /* threads, under process_list_lock (kernel/thread.h) */
    uint32_t places;                  /* threads of one number share directories and umask: unshare(2) */
    struct process *leader;           /* of this process; itself in the leader */
    struct process *threads;          /* the leader's: all others */
    struct process *thread_next;      /* the others' list */
    unsigned thread_count;            /* the leader's: threads that have not ended */
    bool ending;                      /* another thread has told this one to end */
    bool group_ending;                /* the leader's: exit_status holds how */
    struct wait_queue thread_events;  /* the leader's: a thread has ended */

    /* family, under process_list_lock; of leaders only */
    struct process *parent, *children, *sibling_next, *sibling_previous;
    struct process *list_next, *list_previous, *hash_next;
    struct wait_queue child_events; /* this process waits for its children here */
    struct wait_queue vfork_done;   /* its parent waits here for exec or exit */
    struct process_handle *handle;  /* that descriptors of this process hold too, or NULL */
    bool vfork_child;               /* exec or exit has to wake the parent */
    bool subreaper;                 /* its descendants' orphans become its children */
    uint8_t parent_death_signal;    /* sent to this process when its parent ends; 0: none */
    int exit_status;                /* as wait4 gives it */
    uint32_t exit_signal;           /* that the parent gets when it ends: mostly SIGCHLD, 0 none */
    int group_stop;                 /* stopped by this signal */
    int stop_signal;                /* stopped and not yet reported */
    bool continued;                 /* continued and not yet reported */
    bool unwanted;                  /* ended, and the parent ignores its children: no status is kept */

    /* signals: own, and pending under process_list_lock */
    uint64_t signal_pending, signal_blocked;
    uint64_t signal_given; /* of these, such as were sent to the process; exact where it has several threads */
    uint64_t signal_saved_blocked; /* of sigsuspend, restored by the handler's return */
    bool signal_restore_blocked;
    struct signal_stack signal_stack;
    struct signal_action *actions;       /* the leader's */
    uint64_t signal_shared;              /* the leader's: sent to the process while all threads block it */
    struct signal_queue signal_queue, signal_shared_queue; /* the entries of those two sets */
    struct wait_queue signal_arrival;    /* the leader's: for those who read signals as a file */
    struct process_timer *timers;           /* the leader's */
    struct cpu_timers *cpu_timers;          /* the leader's: kernel/cpu_timer.h, or NULL */
    struct semaphore_undo *semaphore_undo; /* the leader's: syscall/semaphore_calls.c */
    int timer_next;
    struct limits *limits; /* the leader's, or NULL: the common ones (kernel/limits.h) */
    struct timeout time_limit; /* the leader's: kernel/limits.c */
    uint64_t time_warned;      /* seconds on the CPU when SIGXCPU was sent last */
    struct timeout alarm;      /* the leader's */
    uint64_t alarm_interval_ns;

    /* accounting */
    uint64_t run_tsc, run_since;       /* on a CPU; since the last switch to it */
    uint64_t ticks_user, ticks_system; /* samples that split it */
    uint64_t start_ns;
    uint64_t children_user_ns, children_system_ns;
    uint64_t faults_minor, faults_major, switches;

    /* signals again: what is not zeroed at birth */
    struct signal_action own_actions[SIGNAL_COUNT];
    struct signal_information information[SIGNAL_SLOTS]; /* of the pending standard signals */
};

/* One allocation holds both. */
struct process_record {
    struct process process;
    struct process_private private;
};
#define PROCESS_RECORD_CLEARED offsetof(struct process_record, private.own_actions)
_Static_assert(sizeof(struct process_record) <= 4096, "one frame of the heap");

#endif
