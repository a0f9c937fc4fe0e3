/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal as a device: reading with VMIN and VTIME, writing, job control. What the bytes mean is the
 * line discipline's, the ioctls are in tty_ioctl.c.
 */
#include "fs/tty.h"

#include "fs/device.h"
#include "fs/tty_internal.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/user_copy.h"

#define TTY_DECISECOND_NS 100000000ull

static void tty_line_output(void *context, const char *bytes, size_t count)
{
    struct tty *tty = context;
    if (tty->port)
        tty->port->write(tty->port, bytes, count);
}

static void tty_output_end(struct tty *tty)
{
    if (tty->port && tty->port->end)
        tty->port->end(tty->port);
}

static void tty_line_signal(void *context, int signal)
{
    struct tty *tty = context;
    if (tty->foreground_group > 0)
        process_group_signal(tty->foreground_group, signal);
}

struct tty *tty_serial(void)
{
    static struct tty tty;

    if (!tty.line.output) {
        line_start(&tty.line);
        tty.line.context = &tty;
        tty.line.output = tty_line_output;
        tty.line.signal = tty_line_signal;
        tty.size = (struct abi_winsize){24, 80, 0, 0};
    }
    return &tty;
}

void tty_attach(struct tty *tty, struct tty_port *port)
{
    tty->port = port;
}

void tty_input(struct tty *tty, const uint8_t *bytes, size_t count)
{
    if (line_input(&tty->line, bytes, count) && tty->read_queue.first)
        wait_queue_wake(&tty->read_queue);
    tty_output_end(tty);
}

uint64_t tty_number(const struct tty *tty)
{
    return tty ? ABI_DEVICE(TTY_MAJOR, TTY_SERIAL_MINOR) : 0;
}
int tty_foreground_group(const struct tty *tty)
{
    return tty && tty->foreground_group ? tty->foreground_group : -1;
}

int tty_background(struct tty *tty, int signal)
{
    struct process *process = process_current();

    if (process->terminal != tty || !tty->foreground_group || process->group_id == tty->foreground_group)
        return 0;
    if (process_signal_ineffective(signal))
        return signal == ABI_SIGTTIN ? -EIO : 0;
    if (process_group_orphaned(process->group_id))
        return -EIO;
    process_group_signal(process->group_id, signal);
    return -ERESTARTSYS;
}

/* How long a read may wait for its first, and for each further, byte outside canonical mode. */
static uint64_t tty_deadline(const struct tty *tty, bool first, uint64_t start_ns)
{
    const uint8_t *characters = tty->line.termios.control_characters;
    uint64_t time = characters[ABI_VTIME] * TTY_DECISECOND_NS;

    if (!time || (first && characters[ABI_VMIN]))
        return WAIT_FOREVER;
    return (first ? start_ns : clock_monotonic_ns()) + time;
}

/* Waits until a read of `bytes` can finish: 0, or -errno. */
static int tty_wait(struct tty *tty, uint32_t flags, size_t bytes)
{
    uint64_t start_ns = clock_monotonic_ns();

    for (;;) {
        bool canonical = tty->line.termios.local & ABI_ICANON;
        uint32_t minimum = tty->line.termios.control_characters[ABI_VMIN];
        uint32_t available = canonical ? 0 : line_available(&tty->line);
        if (tty->hung_up)
            return 0;
        if (canonical ? line_readable(&tty->line) : available && available >= (minimum < bytes ? minimum : bytes))
            return 0;
        if (flags & ABI_O_NONBLOCK)
            return available ? 0 : -EAGAIN;
        if (!canonical && !minimum && !tty->line.termios.control_characters[ABI_VTIME])
            return 0;
        uint64_t deadline_ns = canonical ? WAIT_FOREVER : tty_deadline(tty, !available, start_ns);
        int status = wait_queue_sleep(&tty->read_queue, deadline_ns);
        if (status == -ETIMEDOUT && deadline_ns != WAIT_FOREVER)
            return 0;
        if (status == -ERESTARTSYS)
            return available ? 0 : status;
        status = tty_background(tty, ABI_SIGTTIN);
        if (status)
            return status;
    }
}

static long tty_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct tty *tty = file->context;
    uint8_t buffer[128];
    size_t done = 0;
    bool end = false;
    (void)position;

    int status = tty_background(tty, ABI_SIGTTIN);
    if (status == 0 && bytes)
        status = tty_wait(tty, file->flags, bytes);
    if (status)
        return status;
    while (done < bytes && !end) {
        size_t part = bytes - done < sizeof(buffer) ? bytes - done : sizeof(buffer);
        part = line_take(&tty->line, buffer, part, &end);
        if (user_copy_out(user_buffer + done, buffer, part))
            return -EFAULT;
        done += part;
    }
    return (long)done;
}

static long tty_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct tty *tty = file->context;
    char buffer[256];
    size_t done = 0;
    (void)position;

    int status = tty->line.termios.local & ABI_TOSTOP ? tty_background(tty, ABI_SIGTTOU) : 0;
    if (status == 0 && tty->hung_up)
        status = -EIO;
    while (status == 0 && done < bytes) {
        size_t part = bytes - done < sizeof(buffer) ? bytes - done : sizeof(buffer);
        status = user_copy_in(buffer, user_buffer + done, part);
        if (status)
            break;
        line_output(&tty->line, buffer, part);
        done += part;
    }
    tty_output_end(tty);
    return done ? (long)done : status;
}

static void tty_poll(struct file *file, struct file_poll *poll)
{
    struct tty *tty = file->context;

    poll->events = ABI_POLLOUT | (line_readable(&tty->line) ? ABI_POLLIN : 0);
    poll->events |= tty->hung_up ? ABI_POLLIN | ABI_POLLHUP : 0;
    poll->queue = &tty->read_queue;
}

/* A terminal becomes the controlling one of a session leader that has none. */
void tty_control(struct tty *tty)
{
    struct process *process = process_current();

    tty->session_id = process->session_id;
    tty->foreground_group = process->group_id;
    process->terminal = tty;
}

static int tty_open_serial(struct file *file)
{
    struct tty *tty = tty_serial();
    const struct process *process = process_current();

    file->context = tty;
    if (!(file->flags & ABI_O_NOCTTY) && process->pid == process->session_id && !process->terminal && !tty->session_id)
        tty_control(tty);
    return 0;
}

static int tty_open_console(struct file *file)
{
    file->context = tty_serial();
    return 0;
}

static int tty_open_current(struct file *file)
{
    file->context = process_current()->terminal;
    return file->context ? 0 : -ENXIO;
}

static bool tty_forget(struct process *process, void *context)
{
    const struct process *leader = context;
    if (process->session_id == leader->session_id)
        process->terminal = NULL;
    return false;
}

void tty_leader_exit(struct process *leader)
{
    struct tty *tty = leader->terminal;

    if (!tty || tty->session_id != leader->session_id || leader->pid != leader->session_id)
        return;
    int group = tty->foreground_group;
    tty->session_id = 0;
    tty->foreground_group = 0;
    process_visit(tty_forget, leader);
    if (group > 0) {
        process_group_signal(group, ABI_SIGHUP);
        process_group_signal(group, ABI_SIGCONT);
    }
}

#define TTY_FILE_OPERATIONS                                                                                            \
    {                                                                                                                  \
        .read = tty_read, .write = tty_write, .ioctl = tty_ioctl, .poll = tty_poll                                     \
    }

void tty_devices_register(void)
{
    static const struct device_operations serial = {tty_open_serial, TTY_FILE_OPERATIONS};
    static const struct device_operations console = {tty_open_console, TTY_FILE_OPERATIONS};
    static const struct device_operations current = {tty_open_current, TTY_FILE_OPERATIONS};

    device_register("ttyS0", ABI_DEVICE(TTY_MAJOR, TTY_SERIAL_MINOR), ABI_S_IFCHR | 0620, &serial);
    device_register("console", ABI_DEVICE(5, 1), ABI_S_IFCHR | 0600, &console);
    device_register("tty", ABI_DEVICE(5, 0), ABI_S_IFCHR | 0666, &current);
}
