/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls on files: number and name of each. The table of calls takes its rows from here:
 *     #define ROW(number, name) [number] = {file_sys_##name, #name},
 *     FILE_CALLS(ROW)
 */
#ifndef SYSCALL_FILE_CALLS_H
#define SYSCALL_FILE_CALLS_H

#include "syscall/syscall.h"

#define FILE_CALLS(CALL)                                                                                               \
    /* file_data.c */                                                                                                  \
    CALL(0, read)                                                                                                      \
    CALL(1, write)                                                                                                     \
    CALL(8, lseek)                                                                                                     \
    CALL(16, ioctl)                                                                                                    \
    CALL(17, pread64)                                                                                                  \
    CALL(18, pwrite64)                                                                                                 \
    CALL(19, readv)                                                                                                    \
    CALL(20, writev)                                                                                                   \
    CALL(74, fsync)                                                                                                    \
    CALL(75, fdatasync)                                                                                                \
    CALL(76, truncate)                                                                                                 \
    CALL(77, ftruncate)                                                                                                \
    CALL(217, getdents64)                                                                                              \
    CALL(221, fadvise64)                                                                                               \
    CALL(295, preadv)                                                                                                  \
    CALL(296, pwritev)                                                                                                 \
    CALL(187, readahead)                                                                                               \
    CALL(277, sync_file_range)                                                                                         \
    CALL(285, fallocate)                                                                                               \
    CALL(327, preadv2)                                                                                                 \
    CALL(328, pwritev2)                                                                                                \
    /* file_descriptor.c */                                                                                            \
    CALL(2, open)                                                                                                      \
    CALL(3, close)                                                                                                     \
    CALL(22, pipe)                                                                                                     \
    CALL(32, dup)                                                                                                      \
    CALL(33, dup2)                                                                                                     \
    CALL(72, fcntl)                                                                                                    \
    CALL(85, creat)                                                                                                    \
    CALL(257, openat)                                                                                                  \
    CALL(292, dup3)                                                                                                    \
    CALL(293, pipe2)                                                                                                   \
    CALL(436, close_range)                                                                                             \
    /* file_status.c */                                                                                                \
    CALL(4, stat)                                                                                                      \
    CALL(5, fstat)                                                                                                     \
    CALL(6, lstat)                                                                                                     \
    CALL(21, access)                                                                                                   \
    CALL(89, readlink)                                                                                                 \
    CALL(262, newfstatat)                                                                                              \
    CALL(267, readlinkat)                                                                                              \
    CALL(269, faccessat)                                                                                               \
    CALL(332, statx)                                                                                                   \
    CALL(439, faccessat2)                                                                                              \
    /* file_poll.c, file_select.c */                                                                                   \
    CALL(7, poll)                                                                                                      \
    CALL(23, select)                                                                                                   \
    CALL(270, pselect6)                                                                                                \
    CALL(271, ppoll)                                                                                                   \
    /* event_calls.c */                                                                                                \
    CALL(213, epoll_create)                                                                                            \
    CALL(232, epoll_wait)                                                                                              \
    CALL(233, epoll_ctl)                                                                                               \
    CALL(253, inotify_init)                                                                                            \
    CALL(254, inotify_add_watch)                                                                                       \
    CALL(255, inotify_rm_watch)                                                                                        \
    CALL(281, epoll_pwait)                                                                                             \
    CALL(282, signalfd)                                                                                                \
    CALL(283, timerfd_create)                                                                                          \
    CALL(284, eventfd)                                                                                                 \
    CALL(286, timerfd_settime)                                                                                         \
    CALL(287, timerfd_gettime)                                                                                         \
    CALL(289, signalfd4)                                                                                               \
    CALL(290, eventfd2)                                                                                                \
    CALL(291, epoll_create1)                                                                                           \
    CALL(294, inotify_init1)                                                                                           \
    CALL(441, epoll_pwait2)                                                                                            \
    /* file_copy.c */                                                                                                  \
    CALL(40, sendfile)                                                                                                 \
    CALL(275, splice)                                                                                                  \
    CALL(276, tee)                                                                                                     \
    CALL(319, memfd_create)                                                                                            \
    CALL(326, copy_file_range)                                                                                         \
    /* file_locks.c */                                                                                                 \
    CALL(73, flock)                                                                                                    \
    /* file_mount.c */                                                                                                 \
    CALL(137, statfs)                                                                                                  \
    CALL(138, fstatfs)                                                                                                 \
    CALL(155, pivot_root)                                                                                              \
    CALL(162, sync)                                                                                                    \
    CALL(165, mount)                                                                                                   \
    CALL(166, umount2)                                                                                                 \
    CALL(306, syncfs)                                                                                                  \
    /* socket_calls.c, socket_messages.c */                                                                            \
    CALL(41, socket)                                                                                                   \
    CALL(42, connect)                                                                                                  \
    CALL(43, accept)                                                                                                   \
    CALL(44, sendto)                                                                                                   \
    CALL(45, recvfrom)                                                                                                 \
    CALL(46, sendmsg)                                                                                                  \
    CALL(47, recvmsg)                                                                                                  \
    CALL(48, shutdown)                                                                                                 \
    CALL(49, bind)                                                                                                     \
    CALL(50, listen)                                                                                                   \
    CALL(51, getsockname)                                                                                              \
    CALL(52, getpeername)                                                                                              \
    CALL(53, socketpair)                                                                                               \
    CALL(54, setsockopt)                                                                                               \
    CALL(55, getsockopt)                                                                                               \
    CALL(288, accept4)                                                                                                 \
    /* file_tree.c */                                                                                                  \
    CALL(82, rename)                                                                                                   \
    CALL(83, mkdir)                                                                                                    \
    CALL(84, rmdir)                                                                                                    \
    CALL(86, link)                                                                                                     \
    CALL(87, unlink)                                                                                                   \
    CALL(88, symlink)                                                                                                  \
    CALL(133, mknod)                                                                                                   \
    CALL(258, mkdirat)                                                                                                 \
    CALL(259, mknodat)                                                                                                 \
    CALL(263, unlinkat)                                                                                                \
    CALL(264, renameat)                                                                                                \
    CALL(265, linkat)                                                                                                  \
    CALL(266, symlinkat)                                                                                               \
    CALL(316, renameat2)                                                                                               \
    /* file_attributes.c */                                                                                            \
    CALL(79, getcwd)                                                                                                   \
    CALL(80, chdir)                                                                                                    \
    CALL(81, fchdir)                                                                                                   \
    CALL(161, chroot)                                                                                                  \
    CALL(90, chmod)                                                                                                    \
    CALL(91, fchmod)                                                                                                   \
    CALL(92, chown)                                                                                                    \
    CALL(93, fchown)                                                                                                   \
    CALL(94, lchown)                                                                                                   \
    CALL(95, umask)                                                                                                    \
    CALL(132, utime)                                                                                                   \
    CALL(235, utimes)                                                                                                  \
    CALL(260, fchownat)                                                                                                \
    CALL(261, futimesat)                                                                                               \
    CALL(268, fchmodat)                                                                                                \
    CALL(280, utimensat)

#define FILE_CALL_DECLARE(number, name) syscall_handler file_sys_##name;
FILE_CALLS(FILE_CALL_DECLARE)
#undef FILE_CALL_DECLARE

#endif
