/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pty's state, shared by pty.c (the master, and what the slave's terminal asks of its port), pty_slave.c (opens and
 * hang-ups) and devpts.c (names).
 */
#ifndef FS_PTY_INTERNAL_H
#define FS_PTY_INTERNAL_H

#include "fs/inode.h"
#include "fs/pty.h"
#include "fs/tty.h"
#include "fs/tty_internal.h"

#define PTY_MAJOR       136   /* of slaves, by their numbers */
#define PTY_OUTPUT_SIZE 4096u /* a power of two */

/* An open file of the slave's: a hang-up has to find them. */
struct pty_opening {
    struct pty_opening *next;
    struct file *file;
};

struct pty {
    struct inode inode; /* first: the slave's name. Its references keep the pty: the master's and each opening's. */
    struct tty tty;     /* the slave */
    struct tty_port port;
    unsigned index;
    bool locked;      /* no slave can be opened (TIOCSPTLCK) */
    bool master_open; /* else no slave can be opened any more */
    bool held;        /* the master may not write (TCOOFF) */
    bool left;        /* it had slaves and they are closed: the master reads an error */

    bool packet;    /* TIOCPKT: each read of the master's begins with a byte of events */
    uint8_t events; /* TTY_EVENT_*, PTY_EVENT_*, not yet read */

    struct pty_opening *openings;
    struct wait_queue master_queue;

    /* what the slave wrote and the master has not read, at free-running counters */
    uint32_t written, taken;
    char output[PTY_OUTPUT_SIZE];
};

/* More events, of which TIOCPKT tells: does the usual flow control stop and start output, and other settings. */
#define PTY_EVENT_NO_STOP 16u
#define PTY_EVENT_DO_STOP 32u
#define PTY_EVENT_IOCTL   64u

extern struct pty *pty_table[PTY_LIMIT];

static inline struct pty *pty_of_inode(struct inode *inode)
{
    return (struct pty *)inode;
}

static inline struct pty *pty_of_port(const struct tty_port *port)
{
    return (struct pty *)((uintptr_t)port - offsetof(struct pty, port));
}

/* The last reference to the slave's inode is gone. */
void pty_destroy(struct inode *inode);

/* Sets the inode's part that names it; takes a reference of the directory. */
void devpts_name(struct pty *pty);
void devpts_forget(struct pty *pty); /* the name is gone */

/* Opens the slave by whatever name: 0, -EIO (locked, or without a master), -ENOMEM. */
int pty_slave_open(struct pty *pty, struct file *file);

/* The slave's files lose it: reads find the end, everything else is an error. */
void pty_slave_hang_up(struct pty *pty);

/* TIOCGPTPEER: the descriptor, or -errno. */
long pty_slave_open_peer(struct pty *pty, uint32_t flags);

#endif
