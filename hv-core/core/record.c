/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing JSON by hand: names come from our own tables, text from outside goes through record_text.
 */
#include "core/record.h"
#include "core/hypercall.h"
#include "core/mode.h"
#include "core/trace.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_memory.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"
#include "machine/cpu.h"
#include "machine/cpu_features.h"
#include "machine/log.h"
#include "machine/pmu.h"
#include "machine/tsc.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/format.h>
#include <coopvirt/spinlock.h>
#include <stdarg.h>

#define RECORD_BYTES   8192
#define CONTROLS_BYTES 512

/* One line is built at a time. */
static struct spinlock record_lock = SPINLOCK_INITIALISER;
static char record_buffer[RECORD_BYTES];
static size_t record_used;

__attribute__((format(printf, 1, 2))) static void record_add(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = format_string_list(record_buffer + record_used, RECORD_BYTES - record_used, format, arguments);
    va_end(arguments);
    record_used += (size_t)length;
    if (record_used >= RECORD_BYTES)
        record_used = RECORD_BYTES - 1;
}

static void record_begin(void)
{
    spinlock_take(&record_lock);
    record_used = 0;
}

static void record_end(void)
{
    log_record(record_buffer);
    spinlock_release(&record_lock);
}

/* A string value without what JSON would need escapes for. */
static void record_text(const char *text)
{
    record_add("\"");
    for (; *text; text++)
        if (*text >= ' ' && *text != '"' && *text != '\\' && *text < 0x7f)
            record_add("%c", *text);
    record_add("\"");
}

void record_machine(const struct mode *mode, const char *cpu_backend, unsigned long memory_mib, unsigned vcpus,
                    unsigned vms, const struct switches *switches)
{
    const char *word;
    uint32_t value;
    record_begin();
    record_add("{\"type\":\"machine\",\"cpu\":");
    record_text(cpu_features()->brand);
    record_add(",\"family\":%u,\"model\":%u,\"tsc_khz\":%lu,\"cpus\":%u,\"mode\":", cpu_features()->family,
               cpu_features()->model, tsc_khz(), cpu_count());
    record_text(mode->name);
    record_add(",\"cpu_axis\":\"%s\",\"mmu_axis\":\"%s\",\"io_axis\":\"%s\"", cpu_backend, mode_mmu_name(mode->mmu),
               mode_io_name(mode->io));
    record_add(",\"switches\":{\"mem\":%lu,\"vcpus\":%u,\"vms\":%u", memory_mib, vcpus, vms);
    for (unsigned i = 0; (word = switches_row(switches, i, &value)); i++)
        record_add(",\"%s\":%u", word, value);
    record_add("}");
    if (pmu_state()) {
        record_add(",\"pmu\":");
        record_text(pmu_state());
    }
    record_add("}");
    record_end();
}

/* Counters stay with a CPU: what a VCPU did on several cannot be told, also when it is back on the first. */
static void record_pmu(const struct vcpu *vcpu)
{
    if (vcpu->begun.moves != vcpu->moves)
        return;
    for (unsigned i = 0; i < pmu_event_count(); i++) {
        struct pmu_counts counts;
        pmu_read(i, &counts);
        record_add("%s{\"event\":\"0x%lx\",\"guest\":%lu,\"hypervisor\":%lu}", i ? "," : ",\"pmu\":[", pmu_encoding(i),
                   counts.guest, counts.hypervisor);
    }
    if (pmu_event_count())
        record_add("]");
}

static void record_reasons(const struct account *account)
{
    const char *comma = "";
    for (unsigned i = 0; i < VM_EXIT_REASONS; i++) {
        struct account_summary r = account_summarize(&account->reasons[i]);
        if (!r.count)
            continue;
        record_add("%s\"%s\":{\"count\":%lu,\"total\":%lu,\"min\":%lu,\"p50\":%lu,\"p99\":%lu,\"max\":%lu}", comma,
                   vm_exit_name((enum vm_exit_reason)i), r.count, r.total, r.minimum, r.median, r.percentile99,
                   r.maximum);
        comma = ",";
    }
}

/* What the devices that count have done in the region. */
static void record_queues(const struct vm *vm)
{
    struct io_count count;
    for (unsigned i = 0; vm->io->count(vm, i, &count); i++)
        record_add("%s\"%s\":{\"requests\":%lu,\"kicks\":%lu,\"events\":%lu,\"upcalls\":%lu}",
                   i ? "," : ",\"queues\":{", count.name, count.requests, count.kicks, count.events, count.upcalls);
    if (vm->io->count(vm, 0, &count))
        record_add("}");
}

/* Events, and what the guest says it did without asking. */
static void record_channel(const struct vcpu *vcpu)
{
    const struct channel_counts *now = &vcpu->channel.counts, *then = &vcpu->begun.channel;
    const struct coop_vcpu *shared = vcpu->shared;
    record_add(",\"events\":{\"raised\":%lu,\"suppressed\":%lu,\"upcalls\":%lu}", now->raised - then->raised,
               now->suppressed - then->suppressed, now->upcalls - then->upcalls);
    record_add(",\"clock_reads\":%lu,\"polls\":%lu,\"polls_awaited\":%lu",
               shared->clock_reads - vcpu->begun.clock_reads, shared->polls - vcpu->begun.polls,
               shared->polls_awaited - vcpu->begun.polls_awaited);
}

/* How large the batches of page-table operations were. */
static void record_batches(const struct account *account)
{
    const char *comma = "";
    record_add(",\"batches\":{");
    for (unsigned i = 0; i < ACCOUNT_BATCH_SIZES; i++) {
        if (!account->batches[i])
            continue;
        if (i && i < ACCOUNT_BATCH_SIZES - 1)
            record_add("%s\"%u-%u\":%lu", comma, 1u << i, (2u << i) - 1, account->batches[i]);
        else
            record_add("%s\"%u\":%lu", comma, 1u << i, account->batches[i]);
        comma = ",";
    }
    record_add("}");
}

static void record_pages(const char *name, const uint64_t pages[3])
{
    record_add("\"%s\":{\"4k\":%lu,\"2m\":%lu,\"1g\":%lu}", name, pages[0], pages[1], pages[2]);
}

/* The second level: what of it changed in the region, how it is now, and what was used of it. */
static void record_nested(const struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    uint64_t touched[3];
    record_add(",\"nested\":{\"flushes\":%lu,\"splits\":%lu,\"joined\":%lu,\"tables\":%lu,",
               vcpu->flushes - vcpu->begun.flushes, vm->nested.splits - vcpu->begun.splits,
               vm->nested.joined - vcpu->begun.joined, vm->nested.table_frames);
    record_pages("pages", vm->nested.pages);
    if (vm->switches.touched) {
        record_add(",");
        vm_memory_touched(vm, touched, false);
        record_pages("touched", touched);
    }
    record_add("}");
}

void record_region(const struct vcpu *vcpu)
{
    const struct account *a = &vcpu->account;
    const char *comma = "";
    record_begin();
    record_add("{\"type\":\"region\",\"vm\":%u,\"vcpu\":%u,\"region\":%u", vcpu->vm->number, vcpu->number, a->region);
    record_add(",\"tsc\":%lu,\"guest\":%lu,\"hypervisor\":%lu,\"idle\":%lu,\"injections\":%lu,\"exits\":{",
               a->last - a->begun, account_guest(a), a->hypervisor, a->idle, a->injections);
    record_reasons(a);
    record_add("},\"hypercalls\":{");
    for (unsigned i = 0; i < COOP_HYPERCALL_COUNT; i++)
        if (a->hypercalls[i]) {
            record_add("%s\"%s\":%lu", comma, hypercall_name(i), a->hypercalls[i]);
            comma = ",";
        }
    record_add("}");
    record_queues(vcpu->vm);
    if (vcpu->vm->switches.cluster)
        record_add(",\"cluster\":{\"visits\":%lu,\"emulated\":%lu,\"saved\":%lu}", vcpu->cluster.visits,
                   vcpu->cluster.emulated, vcpu->cluster.saved);
    if (vcpu->vm->mmu->is_direct)
        record_batches(a);
    if (vcpu->vm->mmu->is_direct && vcpu->shared)
        record_add(",\"cr3_loads\":%lu", vcpu->shared->cr3_loads - vcpu->begun.cr3_loads);
    if (vcpu->shared && vcpu->vm->mode.io == MODE_IO_QUEUE)
        record_channel(vcpu);
    if (vcpu->vm->mode.mmu == MODE_MMU_NESTED)
        record_nested(vcpu);
    record_pmu(vcpu);
    record_add("}");
    record_end();
}

void record_trace(const struct vcpu *vcpu, unsigned long from, unsigned count, const struct trace_entry *entries)
{
    record_begin();
    record_add("{\"type\":\"trace\",\"vm\":%u,\"vcpu\":%u,\"region\":%u,\"from\":%lu,\"crossings\":[", vcpu->vm->number,
               vcpu->number, vcpu->account.region, from);
    for (unsigned i = 0; i < count; i++) {
        const struct trace_entry *e = &entries[i];
        record_add("%s[%lu,\"%s\",%lu,%lu,%lu,%lu,%lu]", i ? "," : "", e->tsc - vcpu->account.begun,
                   vm_exit_name((enum vm_exit_reason)e->reason), e->rip, e->detail, e->argument, e->cost, e->idle);
    }
    record_add("]}");
    record_end();
}

void record_controls(const struct vcpu *vcpu)
{
    char words[CONTROLS_BYTES];
    vcpu->vm->cpu->describe(vcpu, CPU_DESCRIPTION_CONTROLS, words, sizeof(words));
    record_begin();
    record_add("{\"type\":\"controls\",\"vm\":%u,\"cpu\":\"%s\",\"words\":{%s}}", vcpu->vm->number, vcpu->vm->cpu->name,
               words);
    record_end();
}

void record_stop(const struct vm *vm)
{
    record_begin();
    record_add("{\"type\":\"stop\",\"vm\":%u,\"reason\":\"%s\",\"status\":%u}", vm->number,
               vm_stop_name((enum vm_stop)vm->stop), vm->stop_status);
    record_end();
}

void record_error(const char *who, const char *reason)
{
    record_begin();
    record_add("{\"type\":\"error\",\"who\":\"%s\",\"reason\":", who);
    record_text(reason);
    record_add("}");
    record_end();
}
