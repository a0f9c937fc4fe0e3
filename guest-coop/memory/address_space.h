/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user address space: its areas, its page tables, and the changes that system calls and page
 * faults make to both.
 */
#ifndef MEMORY_ADDRESS_SPACE_H
#define MEMORY_ADDRESS_SPACE_H

#include "memory/area.h"
#include "memory/closed_page.h"
#include "memory/swap_map.h"
#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct address_space {
    coop_paddr root;                         /* constant */
    uint32_t references;                     /* processes that share it (vfork) */
    struct area_list areas;                  /* all below: changed by the processes that run in it */
    struct closed_page *closed;              /* in areas without any permission */
    struct swap_map *swapped;                /* pages that are swapped out; NULL: none */
    uint64_t break_start, break_end;         /* brk(2) */
    uint64_t arguments_start, arguments_end; /* argv strings on the stack, for ps */
    uint64_t mapped_pages, resident_pages, locked_pages;
    uint32_t lock_next; /* mlockall(2) for what is mapped from now on: AREA_LOCKED or 0 */
    bool lock_on_fault; /* that comes when it is touched */
    bool has_vdso;      /* implied above the stack, without areas: kernel/vdso.c */
    bool vdso_touched;  /* and it is mapped */
    bool secure;        /* AT_SECURE: its program was given rights that its caller had not */
    bool undumpable;    /* PR_GET_DUMPABLE is 0: its program had other rights than its user */
};

/* An empty space, or NULL. */
struct address_space *address_space_create(void);

/* A copy-on-write copy of the running process's space, or NULL. */
struct address_space *address_space_clone(struct address_space *space);

void address_space_reference(struct address_space *space);

/* Unmaps everything if there is one reference: the first part of its release, which does not sleep. */
void address_space_clear(struct address_space *space);

/* The last reference unmaps everything. The space must not be loaded on any CPU then. */
void address_space_release(struct address_space *space);

/* Maps [start, end), where nothing may be mapped: 0 or -ENOMEM. */
int address_space_add(struct address_space *space, const struct area *area);

/* mmap(2): the address or -errno. `fixed` replaces what is there. */
long address_space_map(struct address_space *space, uint64_t address, uint64_t bytes, uint32_t protection,
                       uint32_t flags, bool fixed, struct file *file, uint64_t page_index);
int address_space_unmap(struct address_space *space, uint64_t start, uint64_t bytes);
int address_space_protect(struct address_space *space, uint64_t start, uint64_t bytes, uint32_t protection);

/* madvise(MADV_DONTNEED): the pages go, the areas stay; -ENOMEM when that is done and not everything is mapped. */
int address_space_discard(struct address_space *space, uint64_t start, uint64_t bytes);

/* The advice of madvise(2) that acts on areas. */
#define ADVICE_DONTNEED   4u
#define ADVICE_FREE       8u
#define ADVICE_DONTFORK   10u
#define ADVICE_DOFORK     11u
#define ADVICE_WIPEONFORK 18u
#define ADVICE_KEEPONFORK 19u
#define ADVICE_COLD       20u
#define ADVICE_PAGEOUT    21u

/* madvise(2) for [start, end) of the running process's space: 0 or -errno; -ENOMEM also when it is done, and not
 * everything is mapped. Any other advice has no effect. May sleep. */
int address_space_advise(struct address_space *space, uint64_t start, uint64_t end, unsigned advice);

/* mremap(2): the address or -errno. The flags are those of the call. */
#define REMAP_MAY_MOVE 1u
#define REMAP_FIXED    2u /* to `wanted`, where what is there goes */
#define REMAP_KEEP     4u /* the old range stays, without its pages */
long address_space_remap(struct address_space *space, uint64_t old, uint64_t old_bytes, uint64_t new_bytes,
                         uint32_t flags, uint64_t wanted);

/*
 * Limits of the running process on its space, memory/space_limits.c. Asked only where limits_tables says that somebody
 * has any.
 */

/* May so many pages be added (RLIMIT_AS, RLIMIT_DATA)? */
bool address_space_may_grow(struct address_space *space, uint64_t pages, uint32_t protection, uint32_t flags);

/* The same with what is mapped in [start, end) gone. */
bool address_space_may_replace(struct address_space *space, uint64_t start, uint64_t end, uint32_t protection,
                               uint32_t flags);

/* May what is mapped in [start, end) become writable? */
bool address_space_may_write(struct address_space *space, uint64_t start, uint64_t end);

/* Is the space as it is within the limits? */
bool address_space_fits(struct address_space *space);

/* May so many more pages be locked (RLIMIT_MEMLOCK)? 0, -EPERM where none may ever be, or -ENOMEM. */
int address_space_may_lock(const struct address_space *space, uint64_t pages);

/* Pages in [start, end) that are locked. */
uint64_t address_space_locked(struct address_space *space, uint64_t start, uint64_t end);

/* mlock(2) and munlock(2) of a range where areas are everywhere: 0 or -errno. Brings nothing in. */
int address_space_lock(struct address_space *space, uint64_t start, uint64_t end, bool lock);
void address_space_lock_all(struct address_space *space, bool lock);

/* brk(2): the end of the heap, changed or not. */
uint64_t address_space_break(struct address_space *space, uint64_t wanted);

/* How a fault ended. */
enum fault_result {
    FAULT_RESOLVED,
    FAULT_UNMAPPED,      /* SEGV_MAPERR */
    FAULT_REFUSED,       /* SEGV_ACCERR */
    FAULT_BEYOND_FILE,   /* BUS_ADRERR */
    FAULT_OUT_OF_MEMORY, /* the process has to go */
};

/* A read of a file's page maps those of so many (a power of two, at most 16; at first 1) that are in memory. False: it
 * is no such number. */
bool address_space_fault_around(uint64_t pages);

/* Resolves a page fault of the running process: `error` is the CPU's error code. May sleep for a file's page. */
enum fault_result address_space_fault(struct address_space *space, uint64_t address, uint64_t error,
                                      uint64_t stack_pointer);

/* A page that is swapped out, to that slot, is there again when the process next runs: 0, -EAGAIN (it has come back or
 * gone meanwhile, or is going), -ENOMEM or -EIO. Sleeps. */
int address_space_bring_in(struct address_space *space, uint64_t address, uint32_t slot);

/* Bytes read from a space that need not be the running one, pages that it has; stops at the first other. The caller
 * holds the space: it may sleep. */
uint64_t address_space_peek(struct address_space *space, uint64_t address, void *to, uint64_t bytes);

/*
 * Writes to a freshly cloned space, which is not loaded: fork's child word. The page is copied first where it is
 * shared. Best effort, as fork(2)'s caller would see a fault only later.
 */
void address_space_poke(struct address_space *space, uint64_t address, const void *from, uint64_t bytes);

#endif
