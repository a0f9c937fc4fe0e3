/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls on sockets that make, name and join them, and their options. Each asks the socket's family; what is
 * sent and received is in socket_messages.c.
 */
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "memory/user_copy.h"
#include "syscall/file_calls.h"
#include "syscall/socket_names.h"
#include <coopvirt/string.h>

#define KIND_MASK    0xfu
#define KIND_FLAGS   (ABI_O_NONBLOCK | ABI_O_CLOEXEC)
#define KIND_LIMIT   11u
#define FAMILY_BYTES 2u
#define ADDRESS_MOST 128u /* struct sockaddr_storage */

/* struct sockaddr */
struct socket_address {
    uint16_t family;
    char text[SOCKET_NAME_BYTES + 1];
};

struct file *socket_borrow(uint64_t descriptor, long *status)
{
    struct file *file = files_borrow((int)descriptor);
    *status = !file ? -EBADF : file->operations->family ? 0 : -ENOTSOCK;
    return *status ? NULL : file;
}

long socket_name_in(const struct file *file, uint64_t address, uint64_t bytes, struct socket_name *name)
{
    struct socket_address from;
    const struct socket_family *family = file->operations->family;
    if (bytes < FAMILY_BYTES || bytes > ADDRESS_MOST)
        return -EINVAL;
    memset(&from, 0, sizeof(from));
    if (user_copy_in(&from, address, bytes < sizeof(from) ? bytes : sizeof(from)))
        return -EFAULT;
    memcpy(name->text, from.text, sizeof(name->text));
    name->family = from.family;
    name->length = (uint16_t)(bytes - FAMILY_BYTES);
    return family->name_check ? family->name_check(name) : 0;
}

long socket_name_out(uint64_t address, uint64_t length_address, const struct socket_name *name)
{
    struct socket_address to = {.family = name->family};
    int32_t room;
    uint32_t bytes = name->family ? FAMILY_BYTES + name->length : 0;
    if (user_copy_in(&room, length_address, sizeof(room)))
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    memcpy(to.text, name->text, name->length);
    if (user_copy_out(address, &to, (uint32_t)room < bytes ? (uint32_t)room : bytes))
        return -EFAULT;
    return user_copy_out(length_address, &bytes, sizeof(bytes));
}

/* ---- making and naming ---- */

static long socket_check_kind(const struct syscall_arguments *a, const struct socket_family **family)
{
    uint32_t kind = (uint32_t)a->a1;
    *family = socket_family_find((uint32_t)a->a0);
    if (kind & ~(KIND_MASK | KIND_FLAGS))
        return -EINVAL;
    if (*family && (kind & KIND_MASK) >= KIND_LIMIT)
        return -EINVAL;
    return *family ? 0 : -EAFNOSUPPORT;
}

long file_sys_socket(const struct syscall_arguments *a)
{
    const struct socket_family *family;
    struct file *file;
    long status = socket_check_kind(a, &family);
    if (status == 0)
        status = family->create((uint32_t)a->a1 & KIND_MASK, (uint32_t)a->a2, (uint32_t)a->a1 & ABI_O_NONBLOCK, &file);
    return status < 0 ? status : files_add(file, 0, a->a1 & ABI_O_CLOEXEC);
}

long file_sys_socketpair(const struct syscall_arguments *a)
{
    const struct socket_family *family;
    struct file *first, *second;
    int32_t descriptors[2];
    bool close_on_exec = a->a1 & ABI_O_CLOEXEC;
    long status = socket_check_kind(a, &family);
    if (status == 0)
        status = !family->pair ? -EOPNOTSUPP
                               : family->pair((uint32_t)a->a1 & KIND_MASK, (uint32_t)a->a2,
                                              (uint32_t)a->a1 & ABI_O_NONBLOCK, &first, &second);
    if (status < 0)
        return status;
    descriptors[0] = files_add(first, 0, close_on_exec);
    descriptors[1] = files_add(second, 0, close_on_exec);
    status = descriptors[0] < 0 ? descriptors[0] : descriptors[1] < 0 ? descriptors[1] : 0;
    if (status == 0)
        status = user_copy_out(a->a3, descriptors, sizeof(descriptors));
    for (unsigned i = 0; status && i < 2; i++)
        if (descriptors[i] >= 0)
            files_close(descriptors[i]);
    return status;
}

/* bind and connect: a call with a name. */
static long socket_with_name(struct file *file, const struct syscall_arguments *a,
                             int (*call)(struct file *, const struct socket_name *))
{
    struct socket_name name;
    long status = socket_name_in(file, a->a1, (uint32_t)a->a2, &name);
    return status < 0 ? status : call ? call(file, &name) : -EOPNOTSUPP;
}

long file_sys_bind(const struct syscall_arguments *a)
{
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    return file ? socket_with_name(file, a, file->operations->family->bind) : status;
}

long file_sys_connect(const struct syscall_arguments *a)
{
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    return file ? socket_with_name(file, a, file->operations->family->connect) : status;
}

long file_sys_listen(const struct syscall_arguments *a)
{
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (!file)
        return status;
    const struct socket_family *family = file->operations->family;
    return family->listen ? family->listen(file, (uint32_t)a->a1) : -EOPNOTSUPP;
}

long file_sys_accept4(const struct syscall_arguments *a)
{
    struct socket_name name;
    struct file *accepted;
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (!file)
        return status;
    const struct socket_family *family = file->operations->family;
    if ((uint32_t)a->a3 & ~KIND_FLAGS)
        return -EINVAL;
    status = family->accept ? family->accept(file, (uint32_t)a->a3 & ABI_O_NONBLOCK, &accepted) : -EOPNOTSUPP;
    if (status < 0)
        return status;
    if (a->a1) {
        status = family->peer_name(accepted, &name);
        if (status < 0)
            name = (struct socket_name){.family = family->number}; /* it has gone already */
        status = socket_name_out(a->a1, a->a2, &name);
    }
    if (status < 0) {
        file_release(accepted);
        return status;
    }
    return files_add(accepted, 0, a->a3 & ABI_O_CLOEXEC);
}

long file_sys_accept(const struct syscall_arguments *a)
{
    struct syscall_arguments all = {.a0 = a->a0, .a1 = a->a1, .a2 = a->a2};
    return file_sys_accept4(&all);
}

long file_sys_shutdown(const struct syscall_arguments *a)
{
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (!file)
        return status;
    if ((uint32_t)a->a1 > 2)
        return -EINVAL;
    const struct socket_family *family = file->operations->family;
    return family->shutdown ? family->shutdown(file, a->a1 != 1, a->a1 != 0) : -EOPNOTSUPP;
}

/* getsockname and getpeername: a call that tells a name. */
static long socket_tell_name(struct file *file, const struct syscall_arguments *a,
                             int (*call)(struct file *, struct socket_name *))
{
    struct socket_name name;
    long status = call ? call(file, &name) : -EOPNOTSUPP;
    return status < 0 ? status : socket_name_out(a->a1, a->a2, &name);
}

long file_sys_getsockname(const struct syscall_arguments *a)
{
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    return file ? socket_tell_name(file, a, file->operations->family->own_name) : status;
}

long file_sys_getpeername(const struct syscall_arguments *a)
{
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    return file ? socket_tell_name(file, a, file->operations->family->peer_name) : status;
}

/* ---- options ---- */

long file_sys_setsockopt(const struct syscall_arguments *a)
{
    uint64_t value[SOCKET_OPTION_BYTES / 8] = {0};
    uint32_t bytes = (uint32_t)a->a4;
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (!file)
        return status;
    const struct socket_family *family = file->operations->family;
    if ((int32_t)bytes < 0)
        return -EINVAL;
    if (bytes > sizeof(value))
        bytes = sizeof(value);
    if (user_copy_in(value, a->a3, bytes))
        return -EFAULT;
    return family->option_set ? family->option_set(file, (int)a->a1, (uint32_t)a->a2, value, bytes) : -EOPNOTSUPP;
}

long file_sys_getsockopt(const struct syscall_arguments *a)
{
    uint64_t value[SOCKET_OPTION_BYTES / 8] = {0};
    uint32_t bytes = 0;
    int32_t room;
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (!file)
        return status;
    const struct socket_family *family = file->operations->family;
    if (user_copy_in(&room, a->a4, sizeof(room)))
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    status = family->option_get ? family->option_get(file, (int)a->a1, (uint32_t)a->a2, value, &bytes) : -EOPNOTSUPP;
    if (status < 0)
        return status;
    if ((uint32_t)room < bytes)
        bytes = (uint32_t)room;
    if (user_copy_out(a->a3, value, bytes))
        return -EFAULT;
    return user_copy_out(a->a4, &bytes, sizeof(bytes));
}
