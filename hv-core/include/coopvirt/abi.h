/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract between hv-core and a guest: how the hypervisor is found, the
 * hypercall convention, and the marker port by which a guest names the region
 * that is being measured. Self-contained, used by both sides, versioned;
 * members and numbers are only ever appended. It lists what works, nothing
 * that is merely planned.
 */
#ifndef COOPVIRT_ABI_H
#define COOPVIRT_ABI_H

#include <stdint.h>

/* major << 16 | minor; a new major number breaks older guests. */
#define COOP_ABI_VERSION 0x00010000u

/* A physical address as the guest writes it in page tables, rings and hypercall
 * arguments: guest-physical where the hypervisor translates (nested, shadow), a
 * machine address where it does not (direct). A type of its own: the host never
 * dereferences it. */
typedef uint64_t coop_paddr;

/*
 * CPUID. The block starts at some leaf 0x40000000 + n * 0x100 (n = 0..255):
 * the guest looks for the signature, since an outer emulator may own the
 * first block.
 *   base + 0: EAX = last leaf of the block, EBX:ECX:EDX = signature
 *   base + 1: EAX = COOP_ABI_VERSION, EBX = feature bits (COOP_FEATURE_*)
 *   base + 2: EAX = TSC frequency (kHz), EBX = local APIC timer input clock (kHz);
 *             0 where the hypervisor does not know
 *   base + 3: EAX, EBX = low and high half of the coop_paddr of struct coop_start_info; 0
 *             where there is none (full virtualization)
 * A guest in ring 3 (deprivileged) reads the bare CPU's leaves: it knows its mode from the
 * direct entry below.
 */
#define COOP_CPUID_FIRST      0x40000000u
#define COOP_CPUID_STRIDE     0x100u
#define COOP_CPUID_BLOCKS     256u
#define COOP_CPUID_SIGNATURE0 0x706f6f43u /* "Coop" in EBX */
#define COOP_CPUID_SIGNATURE1 0x74726976u /* "virt" in ECX */
#define COOP_CPUID_SIGNATURE2 0x65726f43u /* "Core" in EDX */
#define COOP_CPUID_LAST       3u          /* offset of the last leaf */

#define COOP_FEATURE_MARKER       (1u << 0) /* COOP_PORT_MARKER is observed */
#define COOP_FEATURE_QUEUE        (1u << 1) /* devices are virtqueues, events come by upcall; no port devices */
#define COOP_FEATURE_DIRECT       (1u << 2) /* page tables are changed by COOP_HYPERCALL_MMU_BATCH */
#define COOP_FEATURE_DEPRIVILEGED (1u << 3) /* the kernel runs in ring 3 */
#define COOP_FEATURE_MEMORY       (1u << 4) /* COOP_HYPERCALL_MEMORY */
#define COOP_FEATURE_CLOCK        (1u << 5) /* coop_vcpu.clock is filled; else COOP_HYPERCALL_CLOCK tells the time */
#define COOP_FEATURE_UPCALL_END   (1u << 6) /* no upcall comes between one and its COOP_HYPERCALL_UPCALL_END */

/*
 * The direct entry: 64-bit, paging on. A kernel that has these ELF notes (owner "Coopvirt") is entered so where its
 * tables are direct or its kernel has no ring 0; a VM that owns its page tables is entered by Multiboot, and finds
 * struct coop_start_info by CPUID.
 *   COOP_NOTE_ENTRY:      64 bits, the virtual address of the entry
 *   COOP_NOTE_DIRECT_MAP: 64 bits, the virtual address D at which the memory with coop_paddr A is mapped at D + A;
 *                         the start of a top-level slot outside the hypervisor's
 * The tables map, by 4 KiB pages: the image's segments at their p_vaddr with their p_flags (segments below the upper
 * half of the address space are loaded, not mapped; the image is contiguous, by p_paddr), and all of the VM's memory at
 * D, writable and not executable, but read-only where it is a page table, and read-only and executable where it is the
 * hypercall page.
 *   IN RSI = virtual address of struct coop_start_info, RSP = end of COOP_ENTRY_STACK_BYTES of stack,
 * all other general registers 0, RFLAGS = 2 (no upcalls yet), CPL 0 (vt) or 3 (deprivileged), flat segments with the
 * selectors COOP_SELECTOR_KERNEL_CODE and _DATA (vt: in a table of the hypervisor's that the guest replaces), CR0 = PE
 * MP NE WP PG, CR4 = PAE, EFER = SCE LME LMA NXE.
 */
#define COOP_NOTE_OWNER        "Coopvirt"
#define COOP_NOTE_ENTRY        1u
#define COOP_NOTE_DIRECT_MAP   2u
#define COOP_ENTRY_STACK_BYTES 16384u

/* Top-level slots that are the hypervisor's in every direct or deprivileged address space: 256 to 271,
 * 0xffff800000000000 to 0xffff87ffffffffff. */
#define COOP_SLOT_FIRST 256u
#define COOP_SLOT_LAST  271u

#define COOP_SELECTOR_KERNEL_CODE 0x10u /* deprivileged: what frames show; the CPU's own have RPL 3 */
#define COOP_SELECTOR_KERNEL_DATA 0x18u
#define COOP_SELECTOR_USER_DATA   0x2bu
#define COOP_SELECTOR_USER_CODE   0x33u

#define COOP_EXTENTS 64u
#define COOP_MODULES 8u
#define COOP_DEVICES 16u

#define COOP_EXTENT_FREE 1u /* the guest's to use */
#define COOP_EXTENT_BOOT 2u /* image, modules, first page tables, this page and those it names: in use */

/* A piece of the VM's memory. Sorted by base, not overlapping. */
struct coop_extent {
    coop_paddr base;
    uint64_t bytes;
    uint32_t type; /* COOP_EXTENT_ */
    uint32_t reserved;
};

struct coop_module {
    coop_paddr base;
    uint64_t bytes;
    coop_paddr words; /* its string, ends with 0 */
};

#define COOP_DEVICE_CONSOLE                                                                                            \
    1u /* VIRTIO 1.2, 5.3: queue 0 receives, queue 1 transmits; index 0 is COM1's counterpart, 1 COM2's */
#define COOP_DEVICE_BLOCK 2u /* 5.2: queue 0; capacity in 512-byte sectors in `config` */
#define COOP_DEVICE_NET                                                                                                \
    3u /* 5.1: queue 0 receives, queue 1 transmits; the MAC address in the low 48 bits of `config` */
#define COOP_DEVICE_ENTROPY 4u /* 5.4: queue 0 */

struct coop_device {
    uint16_t type;  /* COOP_DEVICE_ */
    uint16_t index; /* among its type */
    uint16_t queues;
    uint16_t event;      /* the event that its completions raise */
    uint16_t queue_most; /* entries a queue may have: a power of two */
    uint16_t reserved[3];
    uint64_t features; /* VIRTIO feature bits that are in force; VIRTIO_F_VERSION_1 always */
    uint64_t config;
};

/* What a VM is told at its start: 4 KiB at most, in the guest's memory, the guest's from then on. */
struct coop_start_info {
    uint32_t size;     /* OUT: of this structure */
    uint32_t version;  /* COOP_ABI_VERSION */
    uint32_t features; /* COOP_FEATURE_ */
    uint32_t vcpus;    /* that the VM can have */
    coop_paddr root;   /* top-level table in use at the direct entry; else 0 */
    uint64_t direct_map;
    coop_paddr image;
    uint64_t image_bytes;
    coop_paddr hypercall_page; /* see below */
    coop_paddr vcpu;           /* struct coop_vcpu of VCPU 0; that of VCPU n follows n pages behind */
    coop_paddr command_line;   /* ends with 0 */
    uint64_t tsc_khz;
    uint64_t wall_seconds; /* since 1970 UTC, when the shared clock was 0 */
    uint32_t extent_count;
    uint32_t module_count;
    uint32_t device_count;
    uint32_t poll; /* TSC units for which an idle guest does well to look for events before it blocks; 0: none */
    struct coop_module modules[COOP_MODULES];
    struct coop_extent extents[COOP_EXTENTS];
    struct coop_device devices[COOP_DEVICES];
};
_Static_assert(sizeof(struct coop_start_info) <= 4096, "one page");

/* The clock that is read without a trap, in the layout of the field's pvclock: read until `version` is even and the
 * same before and behind. ns = system_time + ((tsc - tsc_timestamp) << tsc_shift) * tsc_to_system_mul >> 32. */
struct coop_clock {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;
    uint64_t system_time; /* ns */
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags;
    uint8_t pad[2];
};

/* Deprivileged: what a trap frame is on the bare machine. The hypervisor writes it before it enters the guest
 * kernel at an entry of struct coop_traps, with upcalls masked; the kernel copies it before it can fault again.
 * Return takes it. */
struct coop_frame {
    uint64_t vector; /* OUT */
    uint64_t error;  /* OUT; for #PF the user bit tells guest user from guest kernel */
    uint64_t rip;
    uint64_t cs;     /* its RPL is the guest's privilege: 0 kernel, 3 user */
    uint64_t rflags; /* IF is the inverse of upcalls_masked */
    uint64_t rsp;
    uint64_t ss;
    uint64_t fault_address; /* OUT: CR2 */
    uint64_t rax, rcx, r11; /* IN, for return: its instruction uses these three */
};

/* Shared between a VCPU and the hypervisor: one page each. The hypervisor reads every member once and believes none. */
struct coop_vcpu {
    uint64_t events; /* bit n: event n is pending. Set by the hypervisor, cleared by the guest, both atomically */
    uint64_t events_masked; /* written by the guest: these raise no upcall */
    uint8_t upcall_pending; /* set by the hypervisor with an event that is not masked; cleared by the guest, before it
                               looks at `events` */
    uint8_t
        upcalls_masked; /* deprivileged: the guest's interrupt flag, inverted. vt: not used, RFLAGS.IF is the CPU's */
    uint8_t reserved[6];
    uint64_t cr3_loads; /* written by the guest: base pointers it has loaded by itself (vt/direct) */
    struct coop_clock clock;
    struct coop_frame frame;
    /* Written by the guest, for the records: */
    uint64_t clock_reads;   /* times it has taken from `clock` */
    uint64_t polls;         /* times it has looked for events before it would have blocked, */
    uint64_t polls_awaited; /* and times of these that one came */
};

/*
 * Hypercalls: CALL the hypercall page (whose instruction is VMMCALL, VMCALL or SYSCALL), or give VMMCALL (AMD) or
 * VMCALL (Intel), without prefixes, directly where the kernel has ring 0, SYSCALL where it has not. From guest kernel
 * mode only.
 *   IN  RAX = number; RDI, RSI, RDX, R10, R8 = arguments (integers or coop_paddr)
 *   OUT RAX = result, or a negated error number (COOP_E*)
 * RCX and R11 are undefined afterwards when SYSCALL was the instruction, all others preserved. An unknown number, or
 * one that this mode has not, gives -COOP_ENOSYS; a call from another privilege level -COOP_EPERM (deprivileged: a
 * SYSCALL of user mode's is the guest's own). -COOP_EFAULT is memory that is not the VM's, -COOP_EINVAL any other
 * argument that cannot be; nothing is done then.
 * version and stop are there in every mode; mmu_batch and root with COOP_FEATURE_DIRECT or _DEPRIVILEGED; traps,
 * return, segment_base, fpu and debug_register with COOP_FEATURE_DEPRIVILEGED; memory with COOP_FEATURE_MEMORY; upcall
 * with COOP_FEATURE_QUEUE but not _DEPRIVILEGED; timer, block, yield, queue, kick, write and clock with
 * COOP_FEATURE_QUEUE.
 */
#define COOP_HYPERCALL_FIRST 0x100u

/* version: OUT RAX = COOP_ABI_VERSION. The null hypercall. */
#define COOP_HYPERCALL_VERSION 0x100u

/* mmu_batch: IN RDI = coop_paddr of struct coop_mmu_operation[], aligned to 16, RSI = how many (at most
 * COOP_MMU_BATCH_MOST). Carried out in their order, each checked by itself; the first that is refused ends it.
 *   OUT RAX = how many were carried out | error number of the refused one << 32. Long work may come back with fewer
 *   carried out and error COOP_EAGAIN: call again for the rest (with batch_limit=, as a rule). -COOP_EFAULT,
 *   -COOP_EINVAL: nothing done. */
#define COOP_HYPERCALL_MMU_BATCH 0x101u
/* root: IN RDI = top-level table for the kernel, RSI = that for user mode (deprivileged; else 0). Loads them and
 * flushes what is not global. OUT 0, -COOP_EINVAL: not a top-level table.
 * A deprivileged kernel without COOP_FEATURE_DIRECT writes its tables itself, one for kernel and user mode: it has this
 * call with RSI = 0, and of mmu_batch's operations ROOT (value = 0) and the flushes; no page is global there.
 * Where there is COOP_HYPERCALL_VCPU, mmu_batch has the flushes alone: when it returns, no VCPU of a mask uses an older
 * translation. COOP_EINVAL: any other operation, or a mask with a VCPU that is not there. */
#define COOP_HYPERCALL_ROOT 0x102u
/* traps (deprivileged): IN RDI = coop_paddr of struct coop_traps. OUT 0, -COOP_EFAULT, -COOP_EINVAL: its size, its
 * reserved member, or an entry that is not canonical. */
#define COOP_HYPERCALL_TRAPS 0x103u
/* return (deprivileged): goes on where coop_vcpu.frame says, in guest user or guest kernel mode. Does not come back;
 * a frame that cannot be returned to stops the VM. */
#define COOP_HYPERCALL_RETURN 0x104u
/* segment_base (deprivileged): IN RDI = COOP_BASE_, RSI = canonical linear address. OUT 0, -COOP_EINVAL. */
#define COOP_HYPERCALL_SEGMENT_BASE 0x105u
/* fpu (deprivileged): IN RDI = 1: the next FPU instruction raises #NM (CR0.TS), 0: it does not. OUT 0, -COOP_EINVAL. */
#define COOP_HYPERCALL_FPU 0x106u
/* debug_register (deprivileged): IN RDI = 0..3, 6 or 7, RSI = value. OUT 0, -COOP_EINVAL: no such register, an address
 * of the hypervisor's, a breakpoint on ports, general detection, or reserved bits. */
#define COOP_HYPERCALL_DEBUG_REGISTER 0x107u
/* upcall (vt): IN RDI = vector 32..255 by which upcalls come, through the guest's own IDT and interrupt flag, with no
 * end of interrupt but with COOP_FEATURE_UPCALL_END. 0: none, and then block does not wait. OUT 0, -COOP_EINVAL. */
#define COOP_HYPERCALL_UPCALL 0x108u
/* timer: IN RDI = TSC at which event COOP_EVENT_TIMER is raised, once; 0: never. In the past: at once. OUT 0. */
#define COOP_HYPERCALL_TIMER 0x109u
/* block: waits until an upcall is due, with upcalls unmasked (vt: RFLAGS.IF is set, deprivileged: upcalls_masked
 * cleared, by the hypervisor, as STI; HLT does). OUT 0. */
#define COOP_HYPERCALL_BLOCK 0x10au
/* yield: lets others run. OUT 0. */
#define COOP_HYPERCALL_YIELD 0x10bu
/* stop: IN RDI = COOP_STOP_, RSI = status 0..255. Ends the VM. OUT -COOP_EINVAL. */
#define COOP_HYPERCALL_STOP 0x10cu
/* queue: IN RDI = index in start-info's devices, RSI = queue, RDX = coop_paddr of struct coop_queue, or 0: takes the
 * queue away, when its requests are complete. OUT 0, -COOP_EINVAL, -COOP_EFAULT. */
#define COOP_HYPERCALL_QUEUE 0x10du
/* kick: IN RDI = device, RSI = queue: there are new buffers. OUT 0, also where the queue has not been started,
 * -COOP_EINVAL: no such device or queue. */
#define COOP_HYPERCALL_KICK 0x10eu
/* write: IN RDI = 0 console, 1 log; RSI = coop_paddr, RDX = bytes (at most 4096). For panics and the time
 * before there is a queue. OUT RAX = bytes written, which is less where memory ends, -COOP_EINVAL, -COOP_EFAULT. */
#define COOP_HYPERCALL_WRITE 0x10fu
/* memory (vt/nested): IN RDI = COOP_MEMORY_, RSI = coop_paddr of an array of coop_paddr of frames, RDX = how many (at
 * most 512). OUT RAX = how many were done; the first that is refused ends it: one that is not the VM's memory or is so
 * already, one that queues or VCPU pages lie in, or one for which there is no memory. -COOP_EINVAL, -COOP_EFAULT:
 * nothing done; -COOP_ENOMEM: no room for the records.
 * large: the array has addresses of 2 MiB, aligned to that (at most COOP_MEMORY_LARGE_MOST); done: that range is behind
 * one page of the second level from now on. What was released of it is there again, zeroed; the rest keeps its
 * contents. Refused also where it would have to be moved and a queue or a VCPU page lies in it, or the VM has several
 * VCPUs. */
#define COOP_HYPERCALL_MEMORY 0x110u

/* upcall_end (with COOP_FEATURE_UPCALL_END): the upcall has been handled; the next may come. OUT 0. Block does it too.
 */
#define COOP_HYPERCALL_UPCALL_END 0x111u
/* clock: OUT RAX = ns of the shared clock now, whether it is filled or not. */
#define COOP_HYPERCALL_CLOCK 0x112u

/* vcpu (vt/nested/queue): IN RDI = COOP_VCPU_, RSI = number of a VCPU, less than coop_start_info.vcpus.
 * start: RDX = coop_paddr of struct coop_vcpu_start. A VCPU that is down begins there, in the state of the direct entry
 * (but for what the structure says; descriptor tables of no bytes), with no vector for upcalls and no timer set. Its
 * struct coop_vcpu is kept, and so are the MSRs (but EFER, PAT and the bases of FS and GS) and the x87 and vector
 * registers of an earlier life. OUT 0, -COOP_EBUSY: it is up; -COOP_EFAULT: the structure is not in memory.
 * stop: RSI = the caller's own number. It is down, as by HLT with interrupts off. Does not come back; the VM ends when
 * none is up.
 * state: OUT 1: it is up, 0: it is down.
 * raise: RDX = event: raised for that VCPU. OUT 0.
 * -COOP_EINVAL: any other number, event or structure. */
#define COOP_HYPERCALL_VCPU 0x113u

#define COOP_HYPERCALL_COUNT 20u

#define COOP_EPERM  1
#define COOP_EAGAIN 11
#define COOP_ENOMEM 12
#define COOP_EFAULT 14
#define COOP_EBUSY  16
#define COOP_EINVAL 22
#define COOP_ENOSYS 38

/*
 * Direct page tables. A frame is of one type at a time: ordinary, writable (as long as an entry maps it so, or the
 * hypervisor writes there), or a page table of level 1 to 4. Tables are born empty, linked child before parent, and
 * changed only by these operations; the guest maps them read-only or not at all. An entry is 0, or: P; W, U, A, D, bits
 * 9 to 11, NX at will; in level 1 also G; frame of the VM; no PS, PWT, PCD, PAT. Entries above level 1 name a table of
 * the level below; any number of entries may link one table. An entry with U in level 4 lies in slots 0 to 255. Where
 * the kernel is deprivileged, what is stored has U, and no G.
 * Refused with COOP_EINVAL: no table there, an entry, level, count or VCPU that cannot be; COOP_EFAULT: no memory of
 * the VM; COOP_EBUSY: the frame is in use as something else.
 */
struct coop_mmu_operation {
    uint64_t target; /* an address with COOP_MMU_ in its low three bits */
    uint64_t value;
};
#define COOP_MMU_BATCH_MOST 2048u

#define COOP_MMU_SET   0u /* target = coop_paddr of the slot, value = the entry; A and D stay, of one for that frame */
#define COOP_MMU_CLEAR 1u /* target = coop_paddr of the first slot, value = how many in the same table become 0 */
#define COOP_MMU_TABLE_NEW                                                                                             \
    2u /* target = frame, value = level: an empty table. Refused (COOP_EBUSY) while it is mapped writable. */
#define COOP_MMU_TABLE_FREE                                                                                            \
    3u /* target = frame: must be linked nowhere; its entries are dropped; an ordinary frame, of zeros. value = 0 */
#define COOP_MMU_ROOT        4u /* as COOP_HYPERCALL_ROOT: target = the kernel's, value = the user's */
#define COOP_MMU_FLUSH_PAGE  5u /* target = linear address of a page; value = mask of VCPUs, 0: this one */
#define COOP_MMU_FLUSH_ALL   6u /* all but global pages; value = mask of VCPUs, 0: this one */
#define COOP_MMU_FLUSH_RANGE 7u /* target = linear address, value = how many pages; this VCPU */

#define COOP_VCPU_START 0u
#define COOP_VCPU_STOP  1u
#define COOP_VCPU_STATE 2u
#define COOP_VCPU_RAISE 3u

/* Where a VCPU begins. */
struct coop_vcpu_start {
    uint32_t size;     /* of this structure */
    uint32_t reserved; /* 0 */
    coop_paddr root;   /* CR3: a page of the VM's memory */
    uint64_t entry;    /* RIP, and */
    uint64_t stack;    /* RSP: canonical */
    uint64_t argument; /* RSI */
};

/* Deprivileged: where the guest kernel is entered, with the hypervisor's frame in coop_vcpu.frame, upcalls masked,
 * general registers as they were (SYSCALL: RCX and R11 are lost), GS base the kernel's if it comes from user mode. */
struct coop_traps {
    uint32_t size; /* of this structure */
    uint32_t reserved;
    uint64_t exception; /* every exception; coop_frame.vector says which */
    uint64_t system_call;
    uint64_t upcall;
};
#define COOP_BASE_FS        0u
#define COOP_BASE_GS_KERNEL 1u /* loaded at each entry of the guest kernel from user mode */
#define COOP_BASE_GS_USER   2u /* loaded at each return to user mode */

#define COOP_EVENTS      64u
#define COOP_EVENT_TIMER 0u

/* A split virtqueue: VIRTIO 1.2, section 2.7, with event indexes, without indirect descriptors. A chain has at most
 * COOP_QUEUE_CHAIN_MOST descriptors and COOP_QUEUE_BYTES_MOST bytes, each ring part is contiguous in coop_paddr, and a
 * buffer is the VM's memory (none that is a page table, where the device writes). A queue that breaks these rules stops
 * the VM. Requests are complete when their kick returns, but for what waits for something from outside. */
#define COOP_QUEUE_CHAIN_MOST 64u
#define COOP_QUEUE_BYTES_MOST (1u << 20)

struct coop_queue {
    uint32_t size;          /* of this structure */
    uint32_t entries;       /* a power of two, at most the device's queue_most */
    coop_paddr descriptors; /* aligned to 16 */
    coop_paddr available;   /* aligned to 2 */
    coop_paddr used;        /* aligned to 4 */
};

#define COOP_STOP_POWER_OFF 0u
#define COOP_STOP_EXIT      1u /* as by COOP_PORT_EXIT, with the status */
#define COOP_STOP_CRASH     2u

#define COOP_MEMORY_RELEASE  0u /* the VM gives these frames back: their contents are gone */
#define COOP_MEMORY_POPULATE 1u /* it wants them again: zeroed */
#define COOP_MEMORY_LARGE    2u /* it wants these 2 MiB to be one page of the second level */

#define COOP_MEMORY_LARGE_MOST 16u

/*
 * The marker port, 32-bit OUT. On the bare machine nothing listens there, so that
 * the same instruction costs the same everywhere but for its exit:
 *   value = region << 1 | COOP_MARKER_BEGIN or COOP_MARKER_END
 * Between the two, the hypervisor attributes every exit to the region and then
 * writes one "region" record (bench/RECORDS.md). The exits of the markers
 * themselves are not part of the region.
 */
#define COOP_PORT_MARKER  0x0cb0
#define COOP_MARKER_BEGIN 0u
#define COOP_MARKER_END   1u

/* Status that a machine reports when it ends: OUT of one byte to the exit port of QEMU's
 * isa-debug-exit, which gives the process exit status (value << 1 | 1). */
#define COOP_PORT_EXIT   0xf4
#define COOP_EXIT_OK     0x10 /* process status 33 */
#define COOP_EXIT_FAILED 0x11 /* process status 35 */

#endif
