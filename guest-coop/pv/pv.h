/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paravirtual layer: every privileged operation of the kernel, in three parts, one for each axis of
 * virtualization (who runs privileged code, who owns the page tables, how devices are reached). The image
 * holds all parts; pv_start picks one of each at boot. A call costs one load and one indirect call (about six
 * instructions with the return) over the bare instruction, the same in every mode.
 * Entry and exit of the kernel (kernel/trap.asm) are not here: a mode brings its own and kernel/cpu.c installs it.
 */
#ifndef PV_PV_H
#define PV_PV_H

#include <coopvirt/abi.h>
#include <coopvirt/x86_instructions.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;

/* What a descriptor-table register holds: APM vol. 2, "Global Descriptor-Table Register". */
struct pv_descriptor_table {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

struct pv_cpu_operations {
    const char *name;
    struct x86_cpuid (*cpuid)(uint32_t leaf, uint32_t subleaf);
    uint64_t (*msr_read)(uint32_t msr);
    void (*msr_write)(uint32_t msr, uint64_t value);
    uint64_t (*control_read)(unsigned number);              /* CR0, CR2, CR3, CR4 */
    void (*control_write)(unsigned number, uint64_t value); /* CR0, CR4, CR8 */
    void (*xcr0_write)(uint64_t value);
    void (*load_global_table)(const struct pv_descriptor_table *table, uint16_t code, uint16_t data);
    void (*load_interrupt_table)(const struct pv_descriptor_table *table);
    void (*load_task)(uint16_t selector);
    void (*kernel_stack_set)(struct cpu *cpu, uint64_t top); /* where the next entry from user mode begins */
    void (*fs_base_write)(uint64_t base);
    void (*fpu_trap)(bool is_on); /* CR0.TS */
    uint64_t (*fault_address)(void);
    void (*idle)(void); /* interrupts on, wait for one, interrupts off */
    void (*stop)(void); /* for ever */
};

struct pv_mmu_operations {
    const char *name;
    void (*pte_set)(uint64_t *slot, uint64_t entry);   /* in a section: at its end at the latest */
    void (*pte_clear)(uint64_t *slot, unsigned count); /* the same for entries of one table that become 0 */
    void (*root_load)(coop_paddr root);
    coop_paddr (*root_current)(void);
    void (*flush_page)(uint64_t address);
    void (*flush_user)(void); /* everything but global pages */
    void (*flush_all)(void);
    coop_paddr (*table_born)(unsigned level); /* a blank table, not linked; 1 = last level, 4 = root. 0: no memory */
    /* Takes back a table that is linked nowhere. True: its frame is the caller's to release, when nothing reaches it.
     */
    bool (*table_died)(coop_paddr table, unsigned level);
    void (*batch_flush)(void); /* carries out what was put off */
};

/* The two ways out for text: the programs' terminal, and the kernel's log and records. */
enum pv_text { PV_TEXT_CONSOLE, PV_TEXT_LOG };

/* What the machine has besides CPU and memory, as the kernel asks for it; and ports, for drivers that need them. */
struct pv_io_operations {
    const char *name;
    void (*start)(void); /* first of all: text can be written from now on */
    void (*text_write)(enum pv_text text, const char *bytes, size_t count);
    void (*text_flush)(void); /* what was written is on its way */
    void (*text_drain)(void); /* waits until it has arrived */
    void (*interrupts_start)(void);
    void (*clock_start)(void);                                      /* sets the kernel's clock of real time */
    uint64_t (*timer_start)(uint64_t tick_tsc, uint64_t timer_khz); /* the tick that is possible, in TSC units */
    void (*timer_set)(uint64_t tsc, bool periodic);                 /* ticks, or does once, after so long */
    void (*devices_start)(void);                                    /* terminal input, disks and what else there is */
    void (*power_off)(bool ok);                                     /* comes back where the machine stays on */
    uint8_t (*port_read8)(uint16_t port);
    void (*port_write8)(uint16_t port, uint8_t value);
    void (*port_write16)(uint16_t port, uint16_t value);
    void (*port_read16_many)(uint16_t port, void *to, size_t count); /* `count` values of the same port (REP INSW) */
    void (*port_write16_many)(uint16_t port, const void *from, size_t count);
};

struct pv_operations {
    struct pv_cpu_operations cpu;
    struct pv_mmu_operations mmu;
    struct pv_io_operations io;
};

extern struct pv_operations pv;

/* The parts for the bare machine, which a fully virtualized one resembles. */
extern const struct pv_cpu_operations pv_native_cpu;
extern const struct pv_mmu_operations pv_native_mmu;
extern const struct pv_io_operations pv_native_io;

/* The io part for virtqueues and events. */
extern const struct pv_io_operations pv_queue_io;

/*
 * A section: page-table changes in it may be put off, so that they go to the hypervisor together. Sections nest and do
 * not sleep. What was set is not to be read back before the end, nor the user addresses it maps to be used.
 */
struct pv_batch {
    unsigned depth;   /* of sections */
    unsigned waiting; /* operations put off */
    unsigned flushes; /* times they were carried out */
};
extern struct pv_batch pv_batch; /* this CPU only */

static inline void pv_batch_begin(void)
{
    pv_batch.depth++;
}
static inline void pv_batch_end(void)
{
    if (--pv_batch.depth == 0 && pv_batch.waiting)
        pv.mmu.batch_flush();
}

/* From here on what was set may be read back. */
static inline void pv_batch_settle(void)
{
    if (pv_batch.waiting)
        pv.mmu.batch_flush();
}

/* What pv_start found out. */
struct pv_machine {
    const char *mode;        /* "native" or "coopvirt" */
    uint32_t hypervisor;     /* first leaf of the hypervisor's CPUID block, or 0 */
    uint32_t abi_version;    /* of the hypervisor */
    uint32_t features;       /* COOP_FEATURE_ */
    uint64_t tsc_khz;        /* as the hypervisor says it, or 0 */
    uint64_t apic_timer_khz; /* likewise */
    coop_paddr image;        /* where the kernel's image lies */

    const struct coop_start_info *start_info; /* or NULL: no paravirtual side */
    struct coop_vcpu *vcpu;                   /* this CPU's page, or NULL */
};
extern struct pv_machine pv_machine;

/* Finds out where the kernel runs and fills `pv`; `image` is where it lies, `start_info` what a direct entry was given,
 * or NULL: then CPUID may know. Before it nothing privileged may be done. */
void pv_start(coop_paddr image, const struct coop_start_info *start_info);

/* Of an object in the kernel's image, which is in one piece. */
coop_paddr pv_image_address(const void *object);

#endif
