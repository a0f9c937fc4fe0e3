/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls on sockets: addresses, message headers and options of the Linux ABI. Only the local family is there.
 */
#include "fs/linux_abi.h"
#include "fs/socket.h"
#include "kernel/errno.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include "syscall/file_calls.h"
#include <coopvirt/string.h>

#define FAMILY_LOCAL   1u
#define KIND_MASK      0xfu
#define KIND_FLAGS     (ABI_O_NONBLOCK | ABI_O_CLOEXEC)
#define FAMILY_BYTES   2u
#define ADDRESS_MOST   (FAMILY_BYTES + SOCKET_NAME_BYTES)
#define PIECES_FEW     8u
#define LEVEL_SOCKET   1
#define CONTROL_RIGHTS 1

/* MSG_* */
#define MESSAGE_OUT_OF_BAND   0x1u
#define MESSAGE_PEEK          0x2u
#define MESSAGE_CONTROL_CUT   0x8u
#define MESSAGE_CUT           0x20u
#define MESSAGE_DONT_WAIT     0x40u
#define MESSAGE_WAIT_ALL      0x100u
#define MESSAGE_NO_SIGNAL     0x4000u
#define MESSAGE_CLOSE_ON_EXEC 0x40000000u

/* SO_* */
#define OPTION_REUSE_ADDRESS 2u
#define OPTION_TYPE          3u
#define OPTION_ERROR         4u
#define OPTION_KEEP_ALIVE    9u
#define OPTION_CREDENTIALS   17u
#define OPTION_LISTENING     30u
#define OPTION_PROTOCOL      38u
#define OPTION_DOMAIN        39u

/* struct sockaddr_un */
struct socket_address {
    uint16_t family;
    char text[SOCKET_NAME_BYTES + 1];
};

/* struct msghdr */
struct socket_header {
    uint64_t name;
    uint32_t name_bytes, pad;
    uint64_t pieces, piece_count;
    uint64_t control, control_bytes;
    uint32_t flags, pad2;
};
_Static_assert(sizeof(struct socket_header) == 56, "struct msghdr");

/* struct cmsghdr */
struct socket_control {
    uint64_t bytes;
    int32_t level, type;
};

static struct file *socket_borrow(uint64_t descriptor, long *status)
{
    struct file *file = files_borrow((int)descriptor);
    *status = !file ? -EBADF : socket_is(file) ? 0 : -ENOTSOCK;
    return *status ? NULL : file;
}

static long socket_name_in(uint64_t address, uint64_t bytes, struct socket_name *name)
{
    struct socket_address from;
    if (bytes < FAMILY_BYTES || bytes > ADDRESS_MOST)
        return -EINVAL;
    memset(&from, 0, sizeof(from));
    if (user_copy_in(&from, address, bytes))
        return -EFAULT;
    if (from.family != FAMILY_LOCAL)
        return -EINVAL;
    memcpy(name->text, from.text, sizeof(name->text));
    name->length = (uint32_t)(bytes - FAMILY_BYTES);
    if (name->length && name->text[0])
        name->length = (uint32_t)strlen(name->text);
    return 0;
}

/* The address and, at length_address, its length, which was how much room there is. */
static long socket_name_out(uint64_t address, uint64_t length_address, const struct socket_name *name)
{
    struct socket_address to = {.family = FAMILY_LOCAL};
    int32_t room;
    uint32_t bytes = FAMILY_BYTES + name->length + (name->length && name->text[0] ? 1 : 0);
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

static long socket_check_kind(uint64_t family, uint64_t kind, uint64_t protocol)
{
    uint32_t type = (uint32_t)kind & KIND_MASK;
    if (family != FAMILY_LOCAL)
        return -EAFNOSUPPORT;
    if ((uint32_t)kind & ~(KIND_MASK | KIND_FLAGS))
        return -EINVAL;
    if (protocol > 1)
        return -EPROTONOSUPPORT;
    return type == SOCKET_STREAM || type == SOCKET_DATAGRAM || type == SOCKET_SEQUENCE ? 0 : -ESOCKTNOSUPPORT;
}

long file_sys_socket(const struct syscall_arguments *a)
{
    struct file *file;
    long status = socket_check_kind(a->a0, a->a1, a->a2);
    if (status == 0)
        status = socket_create((uint32_t)a->a1 & KIND_MASK, (uint32_t)a->a1 & ABI_O_NONBLOCK, &file);
    return status < 0 ? status : files_add(file, 0, a->a1 & ABI_O_CLOEXEC);
}

long file_sys_socketpair(const struct syscall_arguments *a)
{
    struct file *first, *second;
    int32_t descriptors[2];
    bool close_on_exec = a->a1 & ABI_O_CLOEXEC;
    long status = socket_check_kind(a->a0, a->a1, a->a2);
    if (status == 0)
        status = socket_pair((uint32_t)a->a1 & KIND_MASK, (uint32_t)a->a1 & ABI_O_NONBLOCK, &first, &second);
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
static long socket_with_name(const struct syscall_arguments *a, int (*call)(struct file *, const struct socket_name *))
{
    struct socket_name name;
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (file)
        status = socket_name_in(a->a1, (uint32_t)a->a2, &name);
    return status < 0 ? status : call(file, &name);
}

long file_sys_bind(const struct syscall_arguments *a)
{
    return socket_with_name(a, socket_bind);
}

long file_sys_connect(const struct syscall_arguments *a)
{
    return socket_with_name(a, socket_connect);
}

long file_sys_listen(const struct syscall_arguments *a)
{
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    return file ? socket_listen(file, (uint32_t)a->a1) : status;
}

long file_sys_accept4(const struct syscall_arguments *a)
{
    struct socket_name name;
    struct file *accepted;
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (file && ((uint32_t)a->a3 & ~KIND_FLAGS))
        status = -EINVAL;
    if (status == 0)
        status = socket_accept(file, (uint32_t)a->a3 & ABI_O_NONBLOCK, &accepted);
    if (status < 0)
        return status;
    if (a->a1) {
        status = socket_peer_name(accepted, &name);
        if (status < 0)
            name.length = 0; /* it has gone already */
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
    if (file && (uint32_t)a->a1 > 2)
        return -EINVAL;
    return file ? socket_shutdown(file, a->a1 != 1, a->a1 != 0) : status;
}

/* getsockname and getpeername: a call that tells a name. */
static long socket_tell_name(const struct syscall_arguments *a, int (*call)(struct file *, struct socket_name *))
{
    struct socket_name name;
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (file)
        status = call(file, &name);
    return status < 0 ? status : socket_name_out(a->a1, a->a2, &name);
}

long file_sys_getsockname(const struct syscall_arguments *a)
{
    return socket_tell_name(a, socket_own_name);
}

long file_sys_getpeername(const struct syscall_arguments *a)
{
    return socket_tell_name(a, socket_peer_name);
}

/* ---- options ---- */

/* These two mean nothing to local sockets, on Linux either. */
long file_sys_setsockopt(const struct syscall_arguments *a)
{
    long status;
    if (!socket_borrow(a->a0, &status))
        return status;
    bool known = (int)a->a1 == LEVEL_SOCKET && (a->a2 == OPTION_REUSE_ADDRESS || a->a2 == OPTION_KEEP_ALIVE);
    return !known ? -ENOPROTOOPT : (uint32_t)a->a4 < sizeof(int32_t) ? -EINVAL : 0;
}

long file_sys_getsockopt(const struct syscall_arguments *a)
{
    struct socket_credentials credentials;
    int32_t value = 0, room;
    const void *from = &value;
    uint32_t bytes = sizeof(value);
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (!file)
        return status;
    if ((int)a->a1 != LEVEL_SOCKET)
        return -EOPNOTSUPP;
    switch (a->a2) {
    case OPTION_TYPE:
        value = (int32_t)socket_kind(file);
        break;
    case OPTION_DOMAIN:
        value = FAMILY_LOCAL;
        break;
    case OPTION_LISTENING:
        value = socket_listening(file);
        break;
    case OPTION_ERROR:
    case OPTION_PROTOCOL:
        break;
    case OPTION_CREDENTIALS:
        socket_peer_credentials(file, &credentials);
        from = &credentials;
        bytes = sizeof(credentials);
        break;
    default:
        return -ENOPROTOOPT;
    }
    if (user_copy_in(&room, a->a4, sizeof(room)))
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    if ((uint32_t)room < bytes)
        bytes = (uint32_t)room;
    if (user_copy_out(a->a3, from, bytes))
        return -EFAULT;
    return user_copy_out(a->a4, &bytes, sizeof(bytes));
}

/* ---- transfers ---- */

static uint32_t socket_flags(uint32_t flags)
{
    return (flags & MESSAGE_DONT_WAIT ? SOCKET_DONT_WAIT : 0) | (flags & MESSAGE_PEEK ? SOCKET_PEEK : 0) |
           (flags & MESSAGE_NO_SIGNAL ? SOCKET_NO_SIGNAL : 0) | (flags & MESSAGE_WAIT_ALL ? SOCKET_WAIT_ALL : 0);
}

long file_sys_sendto(const struct syscall_arguments *a)
{
    struct socket_name name;
    struct abi_iovec piece = {a->a1, a->a2 < ABI_TRANSFER_LIMIT ? a->a2 : ABI_TRANSFER_LIMIT};
    struct socket_message message = {.pieces = &piece, .piece_count = 1, .flags = socket_flags((uint32_t)a->a3)};
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (file && ((uint32_t)a->a3 & MESSAGE_OUT_OF_BAND))
        status = -EOPNOTSUPP;
    if (status == 0 && a->a4) {
        status = socket_name_in(a->a4, (uint32_t)a->a5, &name);
        message.to = &name;
    }
    return status < 0 ? status : socket_send(file, &message);
}

static void socket_drop_files(struct socket_message *message)
{
    for (uint32_t i = 0; i < message->file_count; i++)
        file_release(message->files[i]);
    message->file_count = 0;
}

long file_sys_recvfrom(const struct syscall_arguments *a)
{
    struct abi_iovec piece = {a->a1, a->a2 < ABI_TRANSFER_LIMIT ? a->a2 : ABI_TRANSFER_LIMIT};
    struct socket_message message = {.pieces = &piece, .piece_count = 1, .flags = socket_flags((uint32_t)a->a3)};
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (file && ((uint32_t)a->a3 & MESSAGE_OUT_OF_BAND))
        status = -EOPNOTSUPP;
    if (status < 0)
        return status;
    long got = socket_receive(file, &message);
    socket_drop_files(&message);
    if (got >= 0 && a->a4)
        status = socket_name_out(a->a4, a->a5, &message.from);
    return status < 0 ? status : got;
}

/* The pieces of a message: 0 or -errno; `few` or memory that the caller frees. */
static long socket_pieces_in(const struct socket_header *header, struct abi_iovec *few, struct socket_message *message)
{
    uint64_t total = 0;
    if (header->piece_count > ABI_IOV_LIMIT)
        return -EMSGSIZE;
    message->pieces = few;
    message->piece_count = (uint32_t)header->piece_count;
    size_t bytes = header->piece_count * sizeof(*few);
    if (header->piece_count > PIECES_FEW)
        message->pieces = heap_allocate(bytes);
    if (!message->pieces)
        return -ENOMEM;
    long status = user_copy_in(message->pieces, header->pieces, bytes) ? -EFAULT : 0;
    for (uint32_t i = 0; status == 0 && i < message->piece_count; i++) {
        total += message->pieces[i].bytes;
        if (message->pieces[i].bytes > ABI_TRANSFER_LIMIT || total > ABI_TRANSFER_LIMIT)
            status = -EINVAL;
    }
    if (status < 0 && message->pieces != few)
        heap_free(message->pieces);
    return status;
}

/* The files that the control data name, one reference each. */
static long socket_control_in(const struct socket_header *header, struct socket_message *message)
{
    struct socket_control control;
    if (header->control_bytes < sizeof(control))
        return 0;
    if (user_copy_in(&control, header->control, sizeof(control)))
        return -EFAULT;
    uint64_t count = (control.bytes - sizeof(control)) / sizeof(int32_t);
    if (control.level != LEVEL_SOCKET || control.type != CONTROL_RIGHTS || control.bytes < sizeof(control) ||
        control.bytes > header->control_bytes || count > SOCKET_FILES_MOST)
        return -EINVAL;
    for (uint32_t i = 0; i < count; i++) {
        int32_t descriptor;
        if (user_copy_in(&descriptor, header->control + sizeof(control) + i * sizeof(descriptor), sizeof(descriptor)))
            return -EFAULT;
        struct file *file = files_get(descriptor);
        if (!file)
            return -EBADF;
        message->files[message->file_count++] = file;
    }
    return 0;
}

long file_sys_sendmsg(const struct syscall_arguments *a)
{
    struct socket_header header;
    struct socket_name name;
    struct abi_iovec few[PIECES_FEW];
    struct socket_message message = {.flags = socket_flags((uint32_t)a->a2)};
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (!file)
        return status;
    if (user_copy_in(&header, a->a1, sizeof(header)))
        return -EFAULT;
    if (header.name && header.name_bytes) {
        status = socket_name_in(header.name, header.name_bytes, &name);
        message.to = &name;
    }
    if (status == 0)
        status = socket_pieces_in(&header, few, &message);
    if (status < 0)
        return status;
    status = socket_control_in(&header, &message);
    if (status == 0)
        status = socket_send(file, &message);
    socket_drop_files(&message);
    if (message.pieces != few)
        heap_free(message.pieces);
    return status;
}

/* Gives the files descriptors and tells them in the control data; what has no room is closed. */
static long socket_control_out(struct socket_header *header, struct socket_message *message, bool close_on_exec)
{
    uint64_t room = header->control_bytes, count = 0;
    uint64_t place = header->control;
    header->control_bytes = 0;
    if (!message->file_count)
        return 0;
    if (room >= sizeof(struct socket_control))
        count = (room - sizeof(struct socket_control)) / sizeof(int32_t);
    if (count < message->file_count)
        header->flags |= MESSAGE_CONTROL_CUT;
    if (count > message->file_count)
        count = message->file_count;
    if (!count)
        return 0;
    struct socket_control control = {sizeof(control) + count * sizeof(int32_t), LEVEL_SOCKET, CONTROL_RIGHTS};
    long status = user_copy_out(place, &control, sizeof(control));
    for (uint64_t i = 0; status == 0 && i < count; i++) {
        file_reference(message->files[i]);
        int32_t descriptor = files_add(message->files[i], 0, close_on_exec);
        status = descriptor < 0
                     ? descriptor
                     : user_copy_out(place + sizeof(control) + i * sizeof(int32_t), &descriptor, sizeof(descriptor));
    }
    uint64_t padded = (control.bytes + 7) & ~7ul;
    header->control_bytes = padded < room ? padded : room;
    return status;
}

static long socket_header_out(uint64_t address, struct socket_header *header, const struct socket_message *message)
{
    if (message->truncated)
        header->flags |= MESSAGE_CUT;
    if (header->name) {
        uint64_t length_address = address + offsetof(struct socket_header, name_bytes);
        long status = socket_name_out(header->name, length_address, &message->from);
        if (status < 0)
            return status;
    }
    if (user_copy_out(address + offsetof(struct socket_header, control_bytes), &header->control_bytes, 8))
        return -EFAULT;
    return user_copy_out(address + offsetof(struct socket_header, flags), &header->flags, sizeof(header->flags));
}

long file_sys_recvmsg(const struct syscall_arguments *a)
{
    struct socket_header header;
    struct abi_iovec few[PIECES_FEW];
    struct socket_message message = {.flags = socket_flags((uint32_t)a->a2)};
    long status;
    struct file *file = socket_borrow(a->a0, &status);
    if (!file)
        return status;
    if (user_copy_in(&header, a->a1, sizeof(header)))
        return -EFAULT;
    status = socket_pieces_in(&header, few, &message);
    if (status < 0)
        return status;
    header.flags = 0;
    long got = socket_receive(file, &message);
    if (got >= 0)
        status = socket_control_out(&header, &message, (uint32_t)a->a2 & MESSAGE_CLOSE_ON_EXEC);
    if (got >= 0 && status == 0)
        status = socket_header_out(a->a1, &header, &message);
    socket_drop_files(&message);
    if (message.pieces != few)
        heap_free(message.pieces);
    return status < 0 ? status : got;
}
