/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What exits ask of shadow paging, around shadow tables that only say what they would flush: of a VM of several VCPUs,
 * what one of them has taken away is flushed on all before another comes in; of one alone, on that one.
 */
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_memory.h"
#include "cpu/cpu_backend.h"
#include "machine/log.h"
#include "mmu/shadow_backend.h"
#include "mmu/shadow_fault.h"
#include "suite.h"
#include <coopvirt/x86.h>
#include <string.h>

static struct vm vm;
static struct vcpu vcpus[2];
static struct shadow_world world;
static enum shadow_flush reason;
static unsigned everywhere, calls;
static bool smap_counts;
static uint8_t fake_level; /* CPL and RFLAGS of the guest */
static uint64_t fake_flags;
static _Alignas(4096) uint8_t area[4096];
static struct shadow_page root;

uint8_t *frame_direct_map;

/* ---- the service: all it does is to ask for a flush ---- */

static void work(void)
{
    calls++;
    world.flush(world.context, reason);
}

int shadow_create(struct shadow *shadow, const struct shadow_world *given, const struct guest_memory *memory,
                  uint32_t page_limit, void *memory_of_it)
{
    (void)shadow, (void)memory, (void)page_limit, (void)memory_of_it;
    world = *given;
    return 0;
}

size_t shadow_bytes(const struct guest_memory *memory, uint32_t pages)
{
    (void)memory, (void)pages;
    return sizeof(area);
}

void shadow_destroy(struct shadow *shadow)
{
    (void)shadow;
}

int shadow_load(struct shadow *shadow, struct shadow_cpu *cpu, const struct walker_state *state)
{
    (void)shadow, (void)cpu, (void)state;
    work();
    return 0;
}

int shadow_load_root(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t cr3)
{
    (void)shadow, (void)cpu, (void)cr3;
    work();
    return 0;
}

void shadow_see_smap(struct shadow_cpu *cpu, bool counts)
{
    (void)cpu;
    smap_counts = counts;
}

void shadow_invalidate(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear)
{
    (void)shadow, (void)cpu, (void)linear;
    work();
}

void shadow_written(struct shadow *shadow, coop_paddr address, uint64_t bytes)
{
    (void)shadow, (void)address, (void)bytes;
    work();
}

bool shadow_is_watched(const struct shadow *shadow, coop_paddr address)
{
    (void)shadow, (void)address;
    return false;
}

bool shadow_release(struct shadow *shadow, coop_paddr address)
{
    (void)shadow, (void)address;
    work();
    return true;
}

const uint8_t *shadow_peek(const struct shadow *shadow, const struct shadow_cpu *cpu, uint64_t linear)
{
    (void)shadow, (void)cpu, (void)linear;
    return 0;
}

struct shadow_fault shadow_fault_handle(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear,
                                        struct walker_access access)
{
    (void)shadow, (void)cpu, (void)linear, (void)access;
    work();
    return (struct shadow_fault){.outcome = SHADOW_MAPPED};
}

/* ---- around it ---- */

void vm_flush_guests(struct vm *flushed)
{
    ck_assert_ptr_eq(flushed, &vm);
    ck_assert_uint_ne(vm.shadow_lock.next, vm.shadow_lock.serving); /* nobody has come in meanwhile */
    everywhere++;
}

void vm_stop(struct vm *stopped, enum vm_stop why, uint8_t status)
{
    (void)stopped, (void)why, (void)status;
    ck_abort_msg("stopped");
}

void walker_state_set(struct walker_state *state, const struct registers *registers)
{
    (void)state, (void)registers;
}

void *guest_memory_pointer(const struct guest_memory *memory, coop_paddr address, uint64_t bytes, bool is_write)
{
    (void)memory, (void)address, (void)bytes, (void)is_write;
    return area;
}

coop_paddr vm_memory_extra(struct vm *owner, uint64_t bytes)
{
    (void)owner, (void)bytes;
    return 0;
}

coop_paddr frame_allocate_zeroed(frame_owner owner)
{
    (void)owner;
    return FRAME_NONE;
}

void frame_free(coop_paddr first, size_t count, frame_owner owner)
{
    (void)first, (void)count, (void)owner;
}

void log_print(enum log_level level, const char *format, ...)
{
    (void)level, (void)format;
}

static void fake_read(const struct vcpu *vcpu, struct registers *registers)
{
    (void)vcpu;
    memset(registers, 0, sizeof(*registers));
    registers->cr0 = 1;
    registers->cpl = fake_level;
    registers->rflags = fake_flags;
}

static void fake_write(struct vcpu *vcpu, const struct registers *registers)
{
    (void)vcpu, (void)registers;
}

static void fake_hold(struct vcpu *vcpu, bool has_new_root)
{
    (void)vcpu, (void)has_new_root;
}

static void set_up_vcpus(unsigned count)
{
    static struct cpu_direct direct;
    static struct cpu_backend cpu;
    cpu = (struct cpu_backend){
        .read_registers = fake_read, .write_registers = fake_write, .hold = fake_hold, .direct = &direct};
    memset(&vm, 0, sizeof(vm));
    memset(vcpus, 0, sizeof(vcpus));
    everywhere = calls = 0;
    frame_direct_map = area;
    vm.cpu = &cpu;
    vm.vcpu_count = count;
    for (unsigned i = 0; i < count; i++) {
        vm.vcpus[i] = &vcpus[i];
        vcpus[i].vm = &vm;
        vcpus[i].shadow.root = &root;
    }
    ck_assert_int_eq(shadow_backend.vm_create(&vm), 0);
}

/* Each thing that an exit asks for, on a VCPU. */
static void ask(struct vcpu *vcpu, int what)
{
    switch (what) {
    case 0:
        shadow_backend.registers_changed(vcpu);
        break;
    case 1:
        shadow_backend.written(vcpu, 0, 8);
        break;
    case 2:
        shadow_backend_fault(vcpu, 0, (struct walker_access){0});
        break;
    case 3:
        ck_assert(shadow_backend_load_root(vcpu, 0));
        break;
    case 4:
        ck_assert(shadow_backend_store(vcpu, 0, 1));
        break;
    case 5:
        shadow_backend_invalidate(vcpu, 0);
        break;
    default:
        ck_assert(shadow_backend_release(vcpu, 0));
        break;
    }
}
#define ASKED 7

START_TEST(among_others)
{
    for (reason = 0; reason < SHADOW_FLUSH_REASONS; reason++) {
        set_up_vcpus(2);
        ask(&vcpus[1], _i);
        ck_assert_uint_eq(calls, 1);
        ck_assert(vcpus[1].is_flush_wanted && !vcpus[0].is_flush_wanted);
        ck_assert_uint_eq(everywhere, reason != SHADOW_FLUSH_ROOT);
        ck_assert_uint_eq(vm.shadow_lock.next, vm.shadow_lock.serving);
    }
}
END_TEST

START_TEST(alone)
{
    reason = SHADOW_FLUSH_DROP;
    set_up_vcpus(1);
    ask(&vcpus[0], _i);
    ck_assert_uint_eq(calls, 1);
    ck_assert(vcpus[0].is_flush_wanted);
    ck_assert_uint_eq(everywhere, 0);
    ck_assert_uint_eq(vm.shadow_lock.next, 0);
}
END_TEST

/* EFLAGS.AC lifts SMAP from what the kernel does by itself, and from nothing else. */
START_TEST(smap)
{
    static const struct {
        uint8_t level;
        uint64_t flags;
        uint32_t error_code;
        bool counts;
    } rows[] = {
        {0, 0, 0, true},
        {0, X86_FLAGS_AC, 0, false},             /* not there yet: whatever it was comes again */
        {0, X86_FLAGS_AC, X86_PF_PRESENT, true}, /* there, and denied: a descriptor table or TSS among users' pages */
        {0, X86_FLAGS_AC, X86_PF_PRESENT | X86_PF_WRITE, false}, /* not dirty yet */
        {0, X86_FLAGS_AC, X86_PF_PRESENT | X86_PF_INSTRUCTION, false},
        {3, X86_FLAGS_AC, 0, true}, /* in the name of the kernel, while users run */
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up_vcpus(1);
        vcpus[0].shadow.has_smap = true;
        vcpus[0].exit.reason = VM_EXIT_PAGE_FAULT;
        vcpus[0].exit.page_fault.error_code = rows[i].error_code;
        fake_level = rows[i].level;
        fake_flags = rows[i].flags;
        shadow_backend_fault(&vcpus[0], 0, walker_access_of(rows[i].error_code));
        ck_assert_msg(smap_counts == rows[i].counts, "row %u", i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shadow_backend");
    TCase *tests = tcase_create("vcpus");
    tcase_add_loop_test(tests, among_others, 0, ASKED);
    tcase_add_loop_test(tests, alone, 0, ASKED);
    tcase_add_test(tests, smap);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
