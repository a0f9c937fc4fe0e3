/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls that are not about files: number and name of each, for the table (syscall/table.c).
 */
#ifndef SYSCALL_KERNEL_CALLS_H
#define SYSCALL_KERNEL_CALLS_H

#include "syscall/syscall.h"

#define KERNEL_CALLS(CALL)                                                                                             \
    /* memory_calls.c */                                                                                               \
    CALL(9, mmap)                                                                                                      \
    CALL(10, mprotect)                                                                                                 \
    CALL(11, munmap)                                                                                                   \
    CALL(12, brk)                                                                                                      \
    CALL(25, mremap)                                                                                                   \
    CALL(26, msync)                                                                                                    \
    CALL(27, mincore)                                                                                                  \
    CALL(28, madvise)                                                                                                  \
    CALL(149, mlock)                                                                                                   \
    CALL(150, munlock)                                                                                                 \
    CALL(151, mlockall)                                                                                                \
    CALL(152, munlockall)                                                                                              \
    CALL(325, mlock2)                                                                                                  \
    /* swap_calls.c */                                                                                                 \
    CALL(167, swapon)                                                                                                  \
    CALL(168, swapoff)                                                                                                 \
    /* signal_calls.c */                                                                                               \
    CALL(13, rt_sigaction)                                                                                             \
    CALL(14, rt_sigprocmask)                                                                                           \
    CALL(15, rt_sigreturn)                                                                                             \
    CALL(34, pause)                                                                                                    \
    CALL(62, kill)                                                                                                     \
    CALL(127, rt_sigpending)                                                                                           \
    CALL(128, rt_sigtimedwait)                                                                                         \
    CALL(129, rt_sigqueueinfo)                                                                                         \
    CALL(130, rt_sigsuspend)                                                                                           \
    CALL(131, sigaltstack)                                                                                             \
    CALL(200, tkill)                                                                                                   \
    CALL(234, tgkill)                                                                                                  \
    CALL(297, rt_tgsigqueueinfo)                                                                                       \
    CALL(424, pidfd_send_signal)                                                                                       \
    /* timer_calls.c */                                                                                                \
    CALL(222, timer_create)                                                                                            \
    CALL(223, timer_settime)                                                                                           \
    CALL(224, timer_gettime)                                                                                           \
    CALL(225, timer_getoverrun)                                                                                        \
    CALL(226, timer_delete)                                                                                            \
    /* process_calls.c */                                                                                              \
    CALL(24, sched_yield)                                                                                              \
    CALL(39, getpid)                                                                                                   \
    CALL(56, clone)                                                                                                    \
    CALL(435, clone3)                                                                                                  \
    CALL(57, fork)                                                                                                     \
    CALL(58, vfork)                                                                                                    \
    CALL(59, execve)                                                                                                   \
    CALL(60, exit)                                                                                                     \
    CALL(61, wait4)                                                                                                    \
    CALL(109, setpgid)                                                                                                 \
    CALL(110, getppid)                                                                                                 \
    CALL(111, getpgrp)                                                                                                 \
    CALL(112, setsid)                                                                                                  \
    CALL(121, getpgid)                                                                                                 \
    CALL(124, getsid)                                                                                                  \
    CALL(186, gettid)                                                                                                  \
    CALL(231, exit_group)                                                                                              \
    CALL(247, waitid)                                                                                                  \
    /* handle_calls.c */                                                                                               \
    CALL(434, pidfd_open)                                                                                              \
    CALL(438, pidfd_getfd)                                                                                             \
    /* prctl_calls.c */                                                                                                \
    CALL(157, prctl)                                                                                                   \
    /* library_calls.c */                                                                                              \
    CALL(135, personality)                                                                                             \
    CALL(334, rseq)                                                                                                    \
    CALL(272, unshare)                                                                                                 \
    CALL(158, arch_prctl)                                                                                              \
    CALL(202, futex)                                                                                                   \
    CALL(203, sched_setaffinity)                                                                                       \
    CALL(204, sched_getaffinity)                                                                                       \
    CALL(218, set_tid_address)                                                                                         \
    CALL(273, set_robust_list)                                                                                         \
    CALL(274, get_robust_list)                                                                                         \
    CALL(324, membarrier)                                                                                              \
    /* sched_calls.c */                                                                                                \
    CALL(140, getpriority)                                                                                             \
    CALL(141, setpriority)                                                                                             \
    CALL(251, ioprio_set)                                                                                              \
    CALL(252, ioprio_get)                                                                                              \
    CALL(142, sched_setparam)                                                                                          \
    CALL(143, sched_getparam)                                                                                          \
    CALL(144, sched_setscheduler)                                                                                      \
    CALL(145, sched_getscheduler)                                                                                      \
    CALL(146, sched_get_priority_max)                                                                                  \
    CALL(147, sched_get_priority_min)                                                                                  \
    CALL(314, sched_setattr)                                                                                           \
    CALL(315, sched_getattr)                                                                                           \
    CALL(148, sched_rr_get_interval)                                                                                   \
    /* identity_calls.c */                                                                                             \
    CALL(102, getuid)                                                                                                  \
    CALL(104, getgid)                                                                                                  \
    CALL(105, setuid)                                                                                                  \
    CALL(106, setgid)                                                                                                  \
    CALL(107, geteuid)                                                                                                 \
    CALL(108, getegid)                                                                                                 \
    CALL(113, setreuid)                                                                                                \
    CALL(114, setregid)                                                                                                \
    CALL(115, getgroups)                                                                                               \
    CALL(116, setgroups)                                                                                               \
    CALL(117, setresuid)                                                                                               \
    CALL(118, getresuid)                                                                                               \
    CALL(119, setresgid)                                                                                               \
    CALL(120, getresgid)                                                                                               \
    CALL(122, setfsuid)                                                                                                \
    CALL(123, setfsgid)                                                                                                \
    /* semaphore_calls.c */                                                                                            \
    CALL(64, semget)                                                                                                   \
    CALL(65, semop)                                                                                                    \
    CALL(66, semctl)                                                                                                   \
    CALL(220, semtimedop)                                                                                              \
    /* message_calls.c */                                                                                              \
    CALL(68, msgget)                                                                                                   \
    CALL(69, msgsnd)                                                                                                   \
    CALL(70, msgrcv)                                                                                                   \
    CALL(71, msgctl)                                                                                                   \
    /* segment_calls.c */                                                                                              \
    CALL(29, shmget)                                                                                                   \
    CALL(30, shmat)                                                                                                    \
    CALL(31, shmctl)                                                                                                   \
    CALL(67, shmdt)                                                                                                    \
    /* capability_calls.c */                                                                                           \
    CALL(125, capget)                                                                                                  \
    CALL(126, capset)                                                                                                  \
    /* time_calls.c */                                                                                                 \
    CALL(35, nanosleep)                                                                                                \
    CALL(36, getitimer)                                                                                                \
    CALL(37, alarm)                                                                                                    \
    CALL(38, setitimer)                                                                                                \
    CALL(96, gettimeofday)                                                                                             \
    CALL(98, getrusage)                                                                                                \
    CALL(100, times)                                                                                                   \
    CALL(159, adjtimex)                                                                                                \
    CALL(164, settimeofday)                                                                                            \
    CALL(201, time)                                                                                                    \
    CALL(227, clock_settime)                                                                                           \
    CALL(228, clock_gettime)                                                                                           \
    CALL(229, clock_getres)                                                                                            \
    CALL(230, clock_nanosleep)                                                                                         \
    CALL(305, clock_adjtime)                                                                                           \
    /* machine_calls.c */                                                                                              \
    CALL(63, uname)                                                                                                    \
    CALL(97, getrlimit)                                                                                                \
    CALL(99, sysinfo)                                                                                                  \
    CALL(103, syslog)                                                                                                  \
    CALL(160, setrlimit)                                                                                               \
    CALL(169, reboot)                                                                                                  \
    CALL(170, sethostname)                                                                                             \
    CALL(171, setdomainname)                                                                                           \
    CALL(302, prlimit64)                                                                                               \
    CALL(309, getcpu)                                                                                                  \
    CALL(318, getrandom)

#define KERNEL_CALL_DECLARE(number, name) syscall_handler kernel_sys_##name;
KERNEL_CALLS(KERNEL_CALL_DECLARE)
#undef KERNEL_CALL_DECLARE

#endif
