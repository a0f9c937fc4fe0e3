/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal as a file, the serial one or a pty's slave: reading with VMIN and VTIME, writing. What the bytes mean is
 * the line discipline's, sessions are in tty_session.c, the ioctls in tty_ioctl.c.
 */
#include "fs/tty.h"

#include "fs/device.h"
#include "fs/tty_internal.h"
#include "kernel/capability.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/user_copy.h"

#define TTY_DECISECOND_NS 100000000ull
#define TTY_BYTES_MOST    8u /* that the line discipline makes of one: a tab's blanks */

void tty_output_end(struct tty *tty)
{
    if (tty->port && tty->port->end)
        tty->port->end(tty->port);
}

static void tty_line_output(void *context, const char *bytes, size_t count)
{
    struct tty *tty = context;
    if (tty->port)
        tty->port->write(tty->port, bytes, count);
}

void tty_signal_foreground(const struct tty *tty, int signal)
{
    if (tty->foreground_group > 0)
        process_session_signal(tty->session_id, tty->foreground_group, signal);
}

static void tty_event(struct tty *tty, uint8_t event)
{
    if (tty->port && tty->port->event)
        tty->port->event(tty->port, event);
}

static void tty_line_signal(void *context, int signal)
{
    struct tty *tty = context;

    tty_signal_foreground(tty, signal);
    if (!(tty->line.termios.local & ABI_NOFLSH))
        tty_event(tty, TTY_EVENT_FLUSH_READ | TTY_EVENT_FLUSH_WRITE);
}

static void tty_line_flow(void *context)
{
    struct tty *tty = context;

    tty_event(tty, tty->line.stopped ? TTY_EVENT_STOP : TTY_EVENT_START);
    if (!tty->line.stopped)
        wait_queue_wake(&tty->write_queue);
}

void tty_start(struct tty *tty, uint64_t number)
{
    line_start(&tty->line);
    tty->line.context = tty;
    tty->line.output = tty_line_output;
    tty->line.signal = tty_line_signal;
    tty->line.flow = tty_line_flow;
    tty->number = number;
}

struct tty *tty_serial(void)
{
    static struct tty tty;

    if (!tty.line.output) {
        tty_start(&tty, ABI_DEVICE(TTY_MAJOR, TTY_SERIAL_MINOR));
        tty.size = (struct abi_winsize){24, 80, 0, 0};
        tty.line.asks_to_wait = true;
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
    return tty ? tty->number : 0;
}

int tty_foreground_group(const struct tty *tty)
{
    return tty && tty->foreground_group ? tty->foreground_group : -1;
}

void tty_flush_input(struct tty *tty)
{
    line_flush(&tty->line);
    if (tty->port && tty->port->taken)
        tty->port->taken(tty->port);
    tty_event(tty, TTY_EVENT_FLUSH_READ);
}

int tty_may_open(const struct tty *tty)
{
    return tty->exclusive[false] && !capability_held(CAPABILITY_SYS_ADMIN) ? -EBUSY : 0;
}

/* How long a read may wait for its first, and for each further, byte when it is not by lines. */
static uint64_t tty_deadline(const struct tty *tty, bool first, uint64_t start_ns)
{
    const uint8_t *characters = tty->line.termios.control_characters;
    uint64_t time = characters[ABI_VTIME] * TTY_DECISECOND_NS;

    if (!time || (tty->line.termios.local & ABI_ICANON) || (first && characters[ABI_VMIN]))
        return WAIT_FOREVER;
    return (first ? start_ns : clock_monotonic_ns()) + time;
}

/* Its terminal was taken from this file: other operations stand in it now (fs/pty.c). */
static bool tty_hung_up(const struct file *file)
{
    return file->operations->read != tty_read;
}

/* Waits until a read of `bytes` can finish: 0, or -errno. */
static int tty_wait(const struct file *file, size_t bytes)
{
    struct tty *tty = file->context;
    uint64_t start_ns = clock_monotonic_ns();

    for (;;) {
        const struct abi_termios *termios = &tty->line.termios;
        bool by_lines = line_by_lines(&tty->line), canonical = termios->local & ABI_ICANON;
        uint32_t minimum = canonical ? 1 : termios->control_characters[ABI_VMIN];
        uint32_t available = by_lines ? 0 : line_available(&tty->line);
        if (tty_hung_up(file))
            return -EIO;
        if (by_lines ? line_readable(&tty->line) : available && available >= (minimum < bytes ? minimum : bytes))
            return 0;
        if (file->flags & ABI_O_NONBLOCK)
            return available ? 0 : -EAGAIN;
        if (!minimum && !termios->control_characters[ABI_VTIME])
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

long tty_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct tty *tty = file->context;
    uint8_t buffer[128];
    size_t done = 0;
    bool end = false;
    (void)position;

    int status = tty_background(tty, ABI_SIGTTIN);
    if (status == 0 && bytes)
        status = tty_wait(file, bytes);
    if (status)
        return status;
    while (done < bytes && !end && !status) {
        size_t part = bytes - done < sizeof(buffer) ? bytes - done : sizeof(buffer);
        part = line_take(&tty->line, buffer, part, &end);
        status = user_copy_out(user_buffer + done, buffer, part) ? -EFAULT : 0;
        done += part;
    }
    if (tty->port && tty->port->taken)
        tty->port->taken(tty->port);
    tty_output_end(tty);
    return status ? status : (long)done;
}

/* The bytes that can be written now whatever they become (a tab becomes eight at most). */
static size_t tty_room(const struct tty *tty)
{
    if (tty->line.stopped)
        return 0;
    return tty->port && tty->port->room ? tty->port->room(tty->port) / TTY_BYTES_MOST : SIZE_MAX;
}

/* Waits until some can be: at most `bytes`, or -errno. */
static long tty_wait_room(const struct file *file, size_t bytes)
{
    struct tty *tty = file->context;

    while (!tty_hung_up(file)) {
        size_t room = tty_room(tty);
        if (room)
            return (long)(room < bytes ? room : bytes);
        if (file->flags & ABI_O_NONBLOCK)
            return -EAGAIN;
        tty_output_end(tty);
        int status = wait_queue_sleep(&tty->write_queue, WAIT_FOREVER);
        if (status)
            return status;
    }
    return -EIO;
}

/* Writes kernel memory, of which *done counts what is written: 0 or -errno. */
static int tty_write_part(const struct file *file, const char *bytes, size_t count, size_t *done)
{
    struct tty *tty = file->context;

    while (count) {
        long part = tty_wait_room(file, count);
        if (part < 0)
            return (int)part;
        line_output(&tty->line, bytes, (size_t)part);
        bytes += part;
        count -= (size_t)part;
        *done += (size_t)part;
    }
    return 0;
}

long tty_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct tty *tty = file->context;
    char buffer[256];
    size_t done = 0;
    (void)position;

    int status = tty->line.termios.local & ABI_TOSTOP ? tty_background(tty, ABI_SIGTTOU) : 0;
    while (status == 0 && done < bytes) {
        size_t part = bytes - done < sizeof(buffer) ? bytes - done : sizeof(buffer);
        status = user_copy_in(buffer, user_buffer + done, part);
        if (status == 0)
            status = tty_write_part(file, buffer, part, &done);
    }
    tty_output_end(tty);
    return done ? (long)done : status;
}

void tty_poll(struct file *file, struct file_poll *poll)
{
    struct tty *tty = file->context;

    poll->events = (tty_room(tty) ? ABI_POLLOUT : 0) | (line_readable(&tty->line) ? ABI_POLLIN : 0);
    poll->queue = &tty->read_queue;
    poll->queue2 = &tty->write_queue;
}

static int tty_open_serial(struct file *file)
{
    int status = tty_may_open(tty_serial());

    if (status)
        return status;
    file->context = tty_serial();
    tty_session_opened(tty_serial(), file->flags);
    return 0;
}

static int tty_open_console(struct file *file)
{
    file->context = tty_serial();
    return tty_may_open(tty_serial());
}

static int tty_open_current(struct file *file)
{
    struct tty *tty = process_current()->terminal;

    file->context = tty;
    if (!tty)
        return -ENXIO;
    int status = tty_may_open(tty);
    if (status)
        return status;
    return tty->port && tty->port->open ? tty->port->open(tty->port, file) : 0;
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
