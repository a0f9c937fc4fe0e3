/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls that send and receive on sockets: message headers, their pieces and their control data of the Linux
 * ABI. The socket's family moves the bytes.
 */
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include "syscall/file_calls.h"
#include "syscall/socket_names.h"

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

static long socket_send(struct file *file, struct socket_message *message)
{
    const struct socket_family *family = file->operations->family;
    return family->send ? family->send(file, message) : -EOPNOTSUPP;
}

static long socket_receive(struct file *file, struct socket_message *message)
{
    const struct socket_family *family = file->operations->family;
    return family->receive ? family->receive(file, message) : -EOPNOTSUPP;
}

static uint32_t socket_flags(uint32_t flags)
{
    return (flags & MESSAGE_DONT_WAIT ? SOCKET_DONT_WAIT : 0) | (flags & MESSAGE_PEEK ? SOCKET_PEEK : 0) |
           (flags & MESSAGE_NO_SIGNAL ? SOCKET_NO_SIGNAL : 0) | (flags & MESSAGE_WAIT_ALL ? SOCKET_WAIT_ALL : 0) |
           (flags & MESSAGE_CUT ? SOCKET_TELL_ALL : 0);
}

long file_sys_sendto(const struct syscall_arguments *a)
{
    struct socket_name name;
    struct abi_iovec piece = {a->a1, a->a2 < ABI_TRANSFER_LIMIT ? a->a2 : ABI_TRANSFER_LIMIT};
    struct socket_message message;
    long status;
    socket_message_begin(&message, &piece, 1, socket_flags((uint32_t)a->a3));
    struct file *file = socket_borrow(a->a0, &status);
    if (file && ((uint32_t)a->a3 & MESSAGE_OUT_OF_BAND))
        status = -EOPNOTSUPP;
    if (status == 0 && a->a4) {
        status = socket_name_in(file, a->a4, (uint32_t)a->a5, &name);
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
    struct socket_message message;
    long status;
    socket_message_begin(&message, &piece, 1, socket_flags((uint32_t)a->a3));
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
        status = socket_name_in(file, header.name, header.name_bytes, &name);
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
