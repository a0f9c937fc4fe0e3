/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hostile guest: a kernel of its own, entered directly, that tries one way out after the other (cases.list) and
 * says of each whether it was held. What all its files share.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <coopvirt/abi.h>
#include <coopvirt/x86.h>
#include <stdbool.h>
#include <stdint.h>

/* Where a case makes sense. */
#define ON_VT           (1u << 0) /* the kernel in ring 0, on any vendor */
#define ON_DEPRIVILEGED (1u << 1)
#define ON_BOTH         (ON_VT | ON_DEPRIVILEGED)
#define ON_AMD          (1u << 2) /* vt, on AMD-V */
#define ON_INTEL        (1u << 3) /* vt, on VT-x */
#define NEEDS_DIRECT    (1u << 4) /* there only where page tables are direct */
#define ON_DIRECT       (ON_BOTH | NEEDS_DIRECT)
#define ON_DIRECT_RING3 (ON_DEPRIVILEGED | NEEDS_DIRECT)

enum expected {
    EXPECT_ACCEPTED, /* no attack: shows that what is refused next to it is refused for its own sake */
    EXPECT_REFUSED,  /* a negated error; `value`: this one, or 0: any */
    EXPECT_RAISES,   /* an exception; `value`: its vector, or -1: any */
    EXPECT_HARMLESS, /* goes on, and its function finds nothing wrong: 0 */
    EXPECT_HELD,     /* refused, an exception, or harmless */
    EXPECT_STOPS     /* the VM is stopped: the case has a VM of its own */
};

struct hostile_case {
    const char *name;
    unsigned on;
    enum expected expected;
    long value;
    long (*act)(uint64_t argument);
    uint64_t argument;
};

extern const struct hostile_case hostile_cases[];
extern const unsigned hostile_case_count;

/* What a case returns when something got out that should not have. */
#define HOLE 0x4001

/* A line to the VM's log, behind the name of the guest. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The end of the VM. */
_Noreturn void stop(unsigned reason, unsigned status);

/* The other VM: computes over its own memory, and notices when anything changed there. */
long witness_run(unsigned rounds);

#endif
