/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every row of the table of what is held against the control block and the VMCS words that are made of it, for a guest
 * on its own page tables: the bits stand here a second time, by the manuals' offsets and numbers. And the same for the
 * other modes where they differ.
 */
#include "core/hold_table.h"
#include "cpu/svm/svm_bitmaps.h"
#include "cpu/svm/svm_controls.h"
#include "cpu/vmx/vmcs.h"
#include "cpu/vmx/vmx_bitmaps.h"
#include "cpu/vmx/vmx_controls.h"
#include "suite.h"
#include <stdio.h>
#include <string.h>

#define BIT(n) (1ull << (n))

/* Offsets of APM vol. 2, Appendix B; words of the VMCS. */
enum { CR_WRITES = 0x002, EXCEPTIONS = 0x008, VECTOR_3 = 0x00c, VECTOR_4 = 0x010, VECTOR_5 = 0x014, V_INTR = 0x060 };
enum word { NONE, PIN, PRIMARY, SECONDARY, EXIT, ENTRY, BITMAP, CR0_MASK, CR4_MASK };

static const struct expected {
    unsigned svm; /* offset; 0 with no bits: nothing */
    uint64_t svm_bits;
    enum word vmx;
    uint64_t vmx_bits;
} expected[HOLDS] = {
    [HOLD_CR0] = {VECTOR_3, BIT(5), CR0_MASK, BIT(0) | BIT(31) | BIT(16) | BIT(5) | BIT(29) | BIT(30)},
    [HOLD_CR3] = {CR_WRITES, BIT(3), PRIMARY, BIT(15)},
    /* PAE, MCE, PCE, LA57, VMXE, SMXE, FSGSBASE, PCIDE, OSXSAVE, SMEP, SMAP, PKE, CET, PKS */
    [HOLD_CR4] = {CR_WRITES, BIT(4), CR4_MASK,
                  BIT(5) | BIT(6) | BIT(8) | BIT(12) | BIT(13) | BIT(14) | BIT(16) | BIT(17) | BIT(18) | BIT(20) |
                      BIT(21) | BIT(22) | BIT(23) | BIT(24)},
    [HOLD_MSRS] = {VECTOR_3, BIT(28), PRIMARY, BIT(28)},
    [HOLD_EFER] = {VECTOR_3, BIT(28), PRIMARY, BIT(28)},
    [HOLD_PAT] = {VECTOR_3, BIT(28), PRIMARY, BIT(28)},
    [HOLD_MTRR] = {VECTOR_3, BIT(28), PRIMARY, BIT(28)},
    [HOLD_TSC] = {VECTOR_3, BIT(28), PRIMARY, BIT(28)},
    [HOLD_X2APIC] = {VECTOR_3, BIT(28), PRIMARY, BIT(28)},
    [HOLD_DEBUGCTL] = {VECTOR_3, BIT(28), PRIMARY, BIT(28)},
    [HOLD_XSS] = {VECTOR_3, BIT(28), PRIMARY, BIT(28)},
    [HOLD_MICROCODE] = {VECTOR_3, BIT(28), PRIMARY, BIT(28)},
    [HOLD_PORTS] = {VECTOR_3, BIT(27), PRIMARY, BIT(25)},
    [HOLD_INTERRUPTS] = {VECTOR_3, BIT(0), PIN, BIT(0)},
    [HOLD_INTERRUPT_FLAG] = {V_INTR, BIT(24), NONE, 0},
    [HOLD_WATCHDOG] = {VECTOR_3, BIT(0), PIN, BIT(6)},
    [HOLD_NMI] = {VECTOR_3, BIT(1), PIN, BIT(3)},
    [HOLD_INIT] = {VECTOR_3, BIT(3), NONE, 0},
    [HOLD_SHUTDOWN] = {VECTOR_3, BIT(31), NONE, 0},
    [HOLD_TASK_SWITCH] = {VECTOR_3, BIT(29), NONE, 0},
    [HOLD_DEBUG_EXCEPTION] = {EXCEPTIONS, BIT(1), BITMAP, BIT(1)},
    [HOLD_ALIGNMENT_CHECK] = {EXCEPTIONS, BIT(17), BITMAP, BIT(17)},
    [HOLD_MACHINE_CHECK] = {EXCEPTIONS, BIT(18), BITMAP, BIT(18)},
    [HOLD_DEBUG_REGISTERS] = {0, 0, EXIT, BIT(2)},
    [HOLD_CPUID] = {VECTOR_3, BIT(18), NONE, 0},
    [HOLD_HLT] = {VECTOR_3, BIT(24), PRIMARY, BIT(7)},
    [HOLD_MONITOR] = {VECTOR_4, BIT(10), PRIMARY, BIT(29)},
    [HOLD_MWAIT] = {VECTOR_4, BIT(11) | BIT(12), PRIMARY, BIT(10)},
    [HOLD_RDPMC] = {VECTOR_3, BIT(15), PRIMARY, BIT(11)},
    [HOLD_RDPRU] = {VECTOR_4, BIT(14), NONE, 0},
    [HOLD_INVD] = {VECTOR_3, BIT(22), NONE, 0},
    [HOLD_WBINVD] = {VECTOR_4, BIT(9), SECONDARY, BIT(6)},
    [HOLD_XSETBV] = {VECTOR_4, BIT(13), NONE, 0},
    [HOLD_HYPERCALL] = {VECTOR_4, BIT(1), NONE, 0},
    [HOLD_VMRUN] = {VECTOR_4, BIT(0), NONE, 0},
    [HOLD_VMLOAD] = {VECTOR_4, BIT(2), NONE, 0},
    [HOLD_VMSAVE] = {VECTOR_4, BIT(3), NONE, 0},
    [HOLD_STGI] = {VECTOR_4, BIT(4), NONE, 0},
    [HOLD_CLGI] = {VECTOR_4, BIT(5), NONE, 0},
    [HOLD_SKINIT] = {VECTOR_4, BIT(6), NONE, 0},
    [HOLD_INVLPGA] = {VECTOR_3, BIT(26), NONE, 0},
    [HOLD_INVLPGB] = {VECTOR_5, BIT(0), NONE, 0},
    [HOLD_TLBSYNC] = {VECTOR_5, BIT(4), NONE, 0},
    [HOLD_TAG] = {0, 0, SECONDARY, BIT(5)},
};

/* corei7_skylake_x of Bochs 2.7, and what an older CPU without EPT has. */
static struct vmx_capabilities capabilities;
static struct vmx_controls negotiated;
static struct vmx_mode_controls words;
static struct vmcb_control block;
static const char *missing;

static void set_up(void)
{
    capabilities = (struct vmx_capabilities){
        .basic = 0xd810000000002b, .pin = 0x7f00000016, .primary = 0xf7f9fffe04006172, .secondary = 0x2177fff00000000,
        .exit = 0x7fffff00036dfb, .entry = 0xffff000011fb, .misc = 0x600401e0, .cr0_fixed0 = 0x80000021,
        .cr0_fixed1 = 0xffffffff, .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x3727ff, .ept_vpid = 0xf0106334141};
}

static void make(enum mode_mmu mmu)
{
    const struct svm_controls wanted = {
        .mmu = mmu, .msrpm = 0x1000, .iopm = 0x3000, .nested_root = 0x7000, .has_pause_filter = false};
    memset(&block, 0, sizeof(block));
    svm_controls_fill(&block, &wanted);
    ck_assert_int_eq(vmx_negotiate(&capabilities, &negotiated, &missing), 0);
    vmx_controls_fill(&words, &negotiated, mmu);
}

static uint64_t vmx_word(enum word word)
{
    const uint64_t all[] = {0,          words.pin,        words.primary,  words.secondary, words.exit,
                            words.entry, words.exceptions, words.cr0_mask, words.cr4_mask};
    return all[word];
}

static uint64_t svm_field(unsigned offset)
{
    uint64_t value = 0;
    memcpy(&value, (char *)&block + offset, offset < EXCEPTIONS ? 2 : offset < V_INTR ? 4 : 8);
    return value;
}

static bool is_by_cpu(const char *words_of_vendor) { return !words_of_vendor || words_of_vendor[0] == '('; }

START_TEST(test_every_row)
{
    make(MODE_MMU_DIRECT);
    for (unsigned i = 0; i < HOLDS; i++) {
        const struct hold_row *row = &hold_table[i];
        const struct expected *want = &expected[i];
        ck_assert_msg(row->what, "row %u", i);
        ck_assert_msg(row->svm || row->vmx, "%s", row->what);
        ck_assert_msg((svm_field(want->svm) & want->svm_bits) == want->svm_bits, "svm: %s", row->what);
        ck_assert_msg((vmx_word(want->vmx) & want->vmx_bits) == want->vmx_bits, "vmx: %s", row->what);
        /* What the table says is held by a bit has one here. An ASID and VPID are given at the first entry. */
        if (i != HOLD_TAG) {
            ck_assert_msg(want->svm_bits ? !is_by_cpu(row->svm) : is_by_cpu(row->svm), "svm: %s", row->what);
            ck_assert_msg(want->vmx_bits ? !is_by_cpu(row->vmx) : is_by_cpu(row->vmx), "vmx: %s", row->what);
        }
    }
    ck_assert(words.entry & BIT(2)); /* load debug controls */
    ck_assert_uint_eq(block.msrpm_base, 0x1000);
    ck_assert_uint_eq(block.iopm_base, 0x3000);
}
END_TEST

/* Every case that a row names is in the hostile guest's list. */
START_TEST(test_hostile_cases)
{
    static char list[1 << 17];
    char path[512];
    snprintf(path, sizeof(path), "%.*shostile/cases.list", (int)(strstr(__FILE__, "unit/") - __FILE__), __FILE__);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file, "%s", path);
    list[0] = '\n';
    size_t bytes = fread(list + 1, 1, sizeof(list) - 2, file);
    fclose(file);
    ck_assert_uint_lt(bytes, sizeof(list) - 2);
    for (unsigned i = 0; i < HOLDS; i++) {
        char line[80];
        snprintf(line, sizeof(line), "\n%s ", hold_table[i].hostile);
        ck_assert_msg(!hold_table[i].hostile || strstr(list, line), "%s: no case %s", hold_table[i].what, line + 1);
    }
}
END_TEST

/* Every MSR that a row names traps, reading and writing; so do all but those that are exchanged. */
START_TEST(test_msrs)
{
    static const uint32_t exchanged[] = {0x174,      0x175,      0x176,      0xc0000081, 0xc0000082, 0xc0000083,
                                         0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103};
    static uint8_t svm[SVM_MSRPM_BYTES], vmx[VMX_MSR_BITMAP_BYTES];
    svm_bitmaps_fill_msrs(svm);
    vmx_bitmaps_fill_msrs(vmx);
    for (unsigned i = 0; i < HOLDS; i++)
        for (int is_write = 0; is_write < 2 && hold_table[i].msr != HOLD_NO_MSR; is_write++) {
            ck_assert_msg(svm_bitmaps_msr_traps(svm, hold_table[i].msr, is_write), "%s", hold_table[i].what);
            ck_assert_msg(vmx_bitmaps_msr_traps(vmx, hold_table[i].msr, is_write), "%s", hold_table[i].what);
        }
    unsigned svm_free = 0, vmx_free = 0;
    for (uint64_t msr = 0; msr < 0xc0012000;
         msr = msr == 0x1fff ? 0xc0000000 : msr == 0xc0001fff ? 0xc0010000 : msr + 1)
        for (int is_write = 0; is_write < 2; is_write++) {
            svm_free += !svm_bitmaps_msr_traps(svm, (uint32_t)msr, is_write);
            vmx_free += !vmx_bitmaps_msr_traps(vmx, (uint32_t)msr, is_write);
        }
    ck_assert_uint_eq(svm_free, 2 * sizeof(exchanged) / sizeof(exchanged[0]));
    ck_assert_uint_eq(vmx_free, svm_free);
    for (unsigned i = 0; i < sizeof(exchanged) / sizeof(exchanged[0]); i++)
        ck_assert(!svm_bitmaps_msr_traps(svm, exchanged[i], true) && !vmx_bitmaps_msr_traps(vmx, exchanged[i], true));
}
END_TEST

/* What a guest kernel on its own tables has for nothing: page faults, base pointers' reads, flushes, CR4.PGE, TS. */
START_TEST(test_direct_is_free)
{
    make(MODE_MMU_DIRECT);
    ck_assert_uint_eq(block.nested_control & 1, 0);
    ck_assert_uint_eq(block.intercept_cr_reads, 0);
    ck_assert_uint_eq(block.intercept_cr_writes, BIT(3) | BIT(4));
    ck_assert_uint_eq(block.intercept_dr_reads | block.intercept_dr_writes, 0);
    ck_assert_uint_eq(block.intercept_exceptions, BIT(1) | BIT(17) | BIT(18));
    ck_assert_uint_eq(block.intercepts & (BIT(14) | BIT(25)), 0); /* RDTSC, INVLPG */
    ck_assert_uint_eq(words.exceptions, BIT(1) | BIT(17) | BIT(18));
    ck_assert_uint_eq(words.primary & (BIT(9) | BIT(12) | BIT(16) | BIT(23)), 0); /* INVLPG, RDTSC, CR3 reads, DRs */
    ck_assert_uint_eq(words.secondary & (BIT(1) | BIT(7) | BIT(12)), 0); /* EPT, unrestricted guest, INVPCID */
    ck_assert_uint_eq(words.cr0_mask & (BIT(1) | BIT(2) | BIT(3)), 0);   /* MP, EM, TS */
    ck_assert_uint_eq(words.cr4_mask & BIT(7), 0);
    ck_assert_uint_eq(negotiated.cr3_targets, 4);
}
END_TEST

START_TEST(test_other_modes)
{
    make(MODE_MMU_NESTED);
    ck_assert_uint_eq(block.nested_control, 1);
    ck_assert_uint_eq(block.nested_cr3, 0x7000);
    ck_assert_uint_eq(block.intercept_cr_writes, BIT(4));
    ck_assert_uint_eq(words.secondary & (BIT(1) | BIT(7)), BIT(1) | BIT(7));
    ck_assert_uint_eq(words.primary & BIT(15), 0);
    ck_assert_uint_eq(words.cr0_mask, BIT(5) | BIT(29) | BIT(30));
    make(MODE_MMU_SHADOW);
    ck_assert_uint_eq(block.nested_control, 0);
    ck_assert_uint_eq(block.intercept_cr_reads, BIT(3));
    ck_assert_uint_eq(block.intercept_cr_writes, BIT(0) | BIT(3) | BIT(4));
    ck_assert_uint_eq(block.intercept_exceptions, BIT(1) | BIT(14) | BIT(17) | BIT(18));
    ck_assert(block.intercepts & BIT(25));
    ck_assert_uint_eq(words.exceptions, BIT(1) | BIT(14) | BIT(17) | BIT(18));
    ck_assert_uint_eq(words.primary & (BIT(9) | BIT(15) | BIT(16)), BIT(9) | BIT(15) | BIT(16));
    ck_assert_uint_eq(words.secondary & (BIT(1) | BIT(7) | BIT(12)), 0);
    ck_assert_uint_eq(words.cr0_mask, UINT64_MAX);
    ck_assert_uint_eq(words.cr4_mask, UINT64_MAX);
}
END_TEST

/* No EPT, no unrestricted guest, no VPID, fewer targets: guests on their own tables run all the same, as on a CPU of
 * 2006. What they cannot do without is named. */
START_TEST(test_older_cpus)
{
    capabilities.secondary &= ~((BIT(1) | BIT(5) | BIT(7) | BIT(12)) << 32);
    capabilities.ept_vpid = 0;
    capabilities.misc = 0x001001e0;
    make(MODE_MMU_DIRECT);
    ck_assert_ptr_null(negotiated.direct_lacks);
    ck_assert(!negotiated.has_nested && !negotiated.has_vpid && !negotiated.has_invvpid_local);
    ck_assert_uint_eq(negotiated.cr3_targets, 0x10 < 4 ? 0x10 : 4);
    ck_assert_uint_eq(words.secondary & (BIT(1) | BIT(5) | BIT(7) | BIT(12)), 0);
    capabilities.misc = 0x000201e0;
    make(MODE_MMU_DIRECT);
    ck_assert_uint_eq(negotiated.cr3_targets, 2);

    capabilities.primary |= 0x0401e172; /* no TRUE controls */
    make(MODE_MMU_DIRECT);
    ck_assert_str_eq(negotiated.direct_lacks, "CR3 reads without exit");
    set_up();
    capabilities.primary |= BIT(9);
    make(MODE_MMU_DIRECT);
    ck_assert_str_eq(negotiated.direct_lacks, "INVLPG without exit");
    ck_assert(!negotiated.has_nested);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("holds");
    TCase *tests = tcase_create("controls");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_every_row);
    tcase_add_test(tests, test_hostile_cases);
    tcase_add_test(tests, test_msrs);
    tcase_add_test(tests, test_direct_is_free);
    tcase_add_test(tests, test_other_modes);
    tcase_add_test(tests, test_older_cpus);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
