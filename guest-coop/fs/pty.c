/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The master of a pty: what it writes is typed at the slave's terminal, what it reads is what that one shows. The
 * terminal sees the master as its port (fs/tty.h), with a buffer of its own. /dev/ptmx makes pairs.
 */
#include "fs/pty.h"

#include "fs/device.h"
#include "fs/pty_internal.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "kernel/scheduler.h"
#include "memory/heap.h"
#include "memory/user_copy.h"

#define PTY_TIOCPKT     0x5420u
#define PTY_TCFLSH      0x540bu
#define PTY_FIONREAD    0x541bu
#define PTY_TIOCGPTN    0x80045430u
#define PTY_TIOCSPTLCK  0x40045431u
#define PTY_TIOCSIG     0x40045436u
#define PTY_TIOCGPKT    0x80045438u
#define PTY_TIOCGPTLCK  0x80045439u
#define PTY_TIOCGPTPEER 0x5441u

struct pty *pty_table[PTY_LIMIT];

unsigned pty_count(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PTY_LIMIT; i++)
        count += pty_table[i] != NULL;
    return count;
}

/* ---- the slave's port ---- */

static uint32_t pty_output_bytes(const struct pty *pty)
{
    return pty->written - pty->taken;
}

static size_t pty_port_room(const struct tty_port *port)
{
    return PTY_OUTPUT_SIZE - pty_output_bytes(pty_of_port(port));
}

/* Echo has no room to wait for: what does not fit is lost. */
static void pty_port_write(struct tty_port *port, const char *bytes, size_t count)
{
    struct pty *pty = pty_of_port(port);
    size_t room = pty_port_room(port);

    for (size_t i = 0; i < count && i < room; i++)
        pty->output[pty->written++ % PTY_OUTPUT_SIZE] = bytes[i];
}

static void pty_port_wake(struct tty_port *port)
{
    struct pty *pty = pty_of_port(port);
    if (pty->master_queue.first)
        wait_queue_wake(&pty->master_queue);
}

/* Of two events that undo each other only the later one is told. */
static void pty_port_event(struct tty_port *port, uint8_t event)
{
    static const uint8_t opposites[] = {TTY_EVENT_STOP | TTY_EVENT_START, PTY_EVENT_NO_STOP | PTY_EVENT_DO_STOP};
    struct pty *pty = pty_of_port(port);

    if (!pty->packet)
        return;
    for (unsigned i = 0; i < sizeof(opposites); i++)
        if (event & opposites[i])
            pty->events &= (uint8_t)~opposites[i];
    pty->events |= event;
    wait_queue_wake(&pty->master_queue);
}

/* Does ^S stop output and ^Q let it go on? */
static bool pty_usual_flow(const struct abi_termios *termios)
{
    return (termios->input & ABI_IXON) && termios->control_characters[ABI_VSTOP] == 19 &&
           termios->control_characters[ABI_VSTART] == 17;
}

/* A pty has eight bits and no parity, whatever is asked for. */
static void pty_port_settings(struct tty_port *port, struct abi_termios *termios)
{
    const struct abi_termios *before = &pty_of_port(port)->tty.line.termios;
    bool flow = pty_usual_flow(termios);

    termios->control = (termios->control & ~(ABI_CSIZE | ABI_PARENB)) | ABI_CS8 | ABI_CREAD;
    if (flow != pty_usual_flow(before))
        pty_port_event(port, flow ? PTY_EVENT_DO_STOP : PTY_EVENT_NO_STOP);
    if ((termios->local | before->local) & ABI_EXTPROC)
        pty_port_event(port, PTY_EVENT_IOCTL);
}

static void pty_drop_output(struct pty *pty)
{
    pty->taken = pty->written;
    wait_queue_wake(&pty->tty.write_queue);
}

static void pty_port_flush(struct tty_port *port)
{
    pty_drop_output(pty_of_port(port));
    pty_port_event(port, TTY_EVENT_FLUSH_WRITE);
}

static int pty_port_open(struct tty_port *port, struct file *file)
{
    return pty_slave_open(pty_of_port(port), file);
}

/* ---- the master's file ---- */

/* Waits for something to read: 0 or -errno. */
static int pty_wait_output(struct pty *pty, const struct file *file)
{
    while (!pty_output_bytes(pty) && !pty->events) {
        if (pty->left)
            return -EIO;
        if (file->flags & ABI_O_NONBLOCK)
            return -EAGAIN;
        int status = wait_queue_sleep(&pty->master_queue, WAIT_FOREVER);
        if (status)
            return status;
    }
    return 0;
}

static long pty_take(struct pty *pty, uint64_t user_buffer, size_t bytes)
{
    char buffer[256];
    size_t done = 0;
    int status = 0;

    while (done < bytes && pty_output_bytes(pty) && !status) {
        size_t part = 0, most = bytes - done < sizeof(buffer) ? bytes - done : sizeof(buffer);
        while (part < most && pty_output_bytes(pty))
            buffer[part++] = pty->output[pty->taken++ % PTY_OUTPUT_SIZE];
        status = user_copy_out(user_buffer + done, buffer, part) ? -EFAULT : 0;
        done += part;
    }
    wait_queue_wake(&pty->tty.write_queue);
    return status ? status : (long)done;
}

static long pty_master_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct pty *pty = file->context;
    (void)position;

    if (!bytes)
        return 0;
    int status = pty_wait_output(pty, file);
    if (status)
        return status;
    if (!pty->packet)
        return pty_take(pty, user_buffer, bytes);
    uint8_t events = pty->events;
    pty->events = 0;
    if (user_copy_out(user_buffer, &events, sizeof(events)))
        return -EFAULT;
    long taken = events ? 0 : pty_take(pty, user_buffer + 1, bytes - 1);
    return taken < 0 ? taken : taken + 1;
}

/* The bytes that can be typed at the terminal now. */
static size_t pty_room(const struct pty *pty)
{
    return pty->held ? 0 : line_room(&pty->tty.line);
}

/* Waits until the terminal can be typed at: as many of `bytes` as it takes, or -errno. */
static long pty_wait_room(struct pty *pty, const struct file *file, size_t bytes)
{
    for (;;) {
        size_t room = pty_room(pty);
        if (room)
            return (long)(room < bytes ? room : bytes);
        if (pty->left) /* nobody will read it */
            return -EIO;
        if (file->flags & ABI_O_NONBLOCK)
            return -EAGAIN;
        int status = wait_queue_sleep(&pty->master_queue, WAIT_FOREVER);
        if (status)
            return status;
    }
}

/* Others run between the parts of a long write: a byte typed can echo a whole line. */
static long pty_master_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct pty *pty = file->context;
    uint8_t buffer[256];
    size_t done = 0;
    (void)position;

    while (done < bytes) {
        size_t part = bytes - done < sizeof(buffer) ? bytes - done : sizeof(buffer);
        long room = user_copy_in(buffer, user_buffer + done, part) ? -EFAULT : pty_wait_room(pty, file, part);
        if (room < 0)
            return done ? (long)done : room;
        tty_input(&pty->tty, buffer, (size_t)room);
        done += (size_t)room;
        if (done < bytes && process_signal_pending())
            break;
        if (done < bytes)
            scheduler_switch();
    }
    return (long)done;
}

static void pty_master_poll(struct file *file, struct file_poll *poll)
{
    struct pty *pty = file->context;

    poll->events = pty_room(pty) ? ABI_POLLOUT : 0;
    poll->events |= pty_output_bytes(pty) ? ABI_POLLIN : 0;
    poll->events |= pty->events ? ABI_POLLIN | ABI_POLLPRI : 0;
    poll->events |= pty->left ? ABI_POLLHUP : 0;
    poll->queue = &pty->master_queue;
}

static void pty_master_release(struct file *file)
{
    struct pty *pty = file->context;

    pty->master_open = false;
    devpts_forget(pty);
    tty_session_hang_up(&pty->tty);
    pty_slave_hang_up(pty);
    inode_release(&pty->inode);
}

/* ---- its ioctls ---- */

static long pty_get(uint64_t argument, int32_t value)
{
    return user_copy_out(argument, &value, sizeof(value));
}

static long pty_set_lock(struct pty *pty, uint64_t argument)
{
    int32_t locked;

    if (user_copy_in(&locked, argument, sizeof(locked)))
        return -EFAULT;
    pty->locked = locked;
    return 0;
}

static long pty_set_packet(struct pty *pty, uint64_t argument)
{
    int32_t packet;

    if (user_copy_in(&packet, argument, sizeof(packet)))
        return -EFAULT;
    if (!packet || !pty->packet)
        pty->events = 0;
    pty->packet = packet;
    return 0;
}

/* TIOCSIG: to the group in the foreground, whatever the terminal's settings. Only what keys send. */
static long pty_signal(struct pty *pty, uint64_t signal)
{
    if (signal != ABI_SIGINT && signal != ABI_SIGQUIT && signal != ABI_SIGTSTP)
        return -EINVAL;
    tty_signal_foreground(&pty->tty, (int)signal);
    return 0;
}

/* TCFLSH: what this end has not read, and what the other has not. */
static long pty_flush(struct pty *pty, uint64_t what)
{
    if (what > 2)
        return -EINVAL;
    if (what != 1)
        pty_drop_output(pty);
    if (what != 0) {
        line_flush(&pty->tty.line);
        wait_queue_wake(&pty->master_queue);
    }
    return 0;
}

/* tcflow(3) on this end: what it writes waits; the other end is asked to stop or go on by ^S and ^Q. */
static long pty_flow(struct pty *pty, uint64_t action)
{
    static const uint8_t keys[] = {19, 17};

    if (action > 3)
        return -EINVAL;
    if (action > 1) {
        tty_input(&pty->tty, &keys[action - 2], 1);
        return 0;
    }
    pty->held = action == 0;
    wait_queue_wake(&pty->master_queue);
    return 0;
}

static long pty_master_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    struct pty *pty = file->context;

    switch (request) {
    case PTY_TIOCGPTN:
        return pty_get(argument, (int32_t)pty->index);
    case PTY_TIOCSPTLCK:
        return pty_set_lock(pty, argument);
    case PTY_TIOCGPTLCK:
        return pty_get(argument, pty->locked);
    case PTY_TIOCGPTPEER:
        return pty_slave_open_peer(pty, (uint32_t)argument);
    case PTY_TIOCPKT:
        return pty_set_packet(pty, argument);
    case PTY_TIOCGPKT:
        return pty_get(argument, pty->packet);
    case PTY_TIOCSIG:
        return pty_signal(pty, argument);
    case TTY_TCXONC:
        return pty_flow(pty, argument);
    case PTY_TCFLSH:
        return pty_flush(pty, argument);
    case PTY_FIONREAD:
        return pty_get(argument, (int32_t)pty_output_bytes(pty));
    default:
        return tty_ioctl_end(&pty->tty, request, argument, true);
    }
}

/* ---- pairs ---- */

void pty_destroy(struct inode *inode)
{
    struct pty *pty = pty_of_inode(inode);

    pty_table[pty->index] = NULL;
    heap_free(pty);
}

/* What Linux gives a fresh pty: a line's settings at 38400 baud without the modem's. */
static void pty_start_terminal(struct pty *pty)
{
    tty_start(&pty->tty, ABI_DEVICE(PTY_MAJOR, pty->index));
    pty->tty.line.termios.input = ABI_ICRNL | ABI_IXON;
    pty->tty.line.termios.control = ABI_B38400 | ABI_CS8 | ABI_CREAD;
    pty->port = (struct tty_port){.write = pty_port_write,
                                  .end = pty_port_wake,
                                  .room = pty_port_room,
                                  .taken = pty_port_wake,
                                  .flush = pty_port_flush,
                                  .open = pty_port_open,
                                  .event = pty_port_event,
                                  .settings = pty_port_settings};
    tty_attach(&pty->tty, &pty->port);
}

static int pty_open_master(struct file *file)
{
    unsigned index = 0;

    while (index < PTY_LIMIT && pty_table[index])
        index++;
    if (index == PTY_LIMIT)
        return -ENOSPC;
    struct pty *pty = heap_allocate(sizeof(*pty));
    if (!pty)
        return -ENOMEM;
    pty->index = index;
    pty->locked = true;
    pty->master_open = true;
    devpts_name(pty);
    pty_start_terminal(pty);
    pty_table[index] = pty;
    file->context = pty;
    return 0;
}

void pty_devices_register(void)
{
    static const struct device_operations master = {pty_open_master,
                                                    {.read = pty_master_read,
                                                     .write = pty_master_write,
                                                     .ioctl = pty_master_ioctl,
                                                     .poll = pty_master_poll,
                                                     .release = pty_master_release}};
    device_register("ptmx", ABI_DEVICE(5, 2), ABI_S_IFCHR | 0666, &master);
}
