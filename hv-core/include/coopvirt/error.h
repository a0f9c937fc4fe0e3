/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The error numbers that hypervisor functions return, negated. Linux' numbers, so that a result of -1
 * never stands for anything; host tests take the host's own header.
 */
#ifndef COOPVIRT_ERROR_H
#define COOPVIRT_ERROR_H

#if __STDC_HOSTED__
#include <errno.h>
#else
#define EPERM      1
#define ENOENT     2
#define EIO        5
#define E2BIG      7
#define ENOEXEC    8
#define EAGAIN    11
#define ENOMEM     12
#define EFAULT     14
#define EBUSY      16
#define EEXIST     17
#define ENODEV     19
#define EINVAL     22
#define ENOSPC     28
#define ENOSYS     38
#define EOPNOTSUPP 95
#endif

#endif
