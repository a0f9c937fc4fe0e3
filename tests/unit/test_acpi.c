/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI reader on tables built here, right and broken: wrong checksums, lengths that lie, entries of length 0,
 * addresses outside. Under ASan every read outside the memory ends the test.
 */
#include "machine/acpi.h"
#include "machine/acpi_table.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES 0x100000
#define RSDP_AT      0xf0010
#define RSDT_AT      0x20000
#define XSDT_AT      0x21000
#define MADT_AT      0x22003 /* tables need no alignment */
#define FADT_AT      0x23000
#define DSDT_AT      0x24000
#define HPET_AT      0x25000
#define SPCR_AT      0x26000

static uint8_t *memory; /* on the heap, so that its end is guarded */
static struct physical_window window;
static struct acpi_info info;

static uint8_t sum_of(const void *start, size_t bytes)
{
    const uint8_t *byte = start;
    uint8_t sum = 0;
    while (bytes--)
        sum = (uint8_t)(sum + *byte++);
    return sum;
}

/* Makes the checksum of the table at an address right again. */
static void seal(uint32_t address)
{
    struct acpi_header *header = (void *)(memory + address);
    header->checksum = 0;
    header->checksum = (uint8_t)-sum_of(header, header->length);
}

static void make_header(uint32_t address, uint32_t signature, uint32_t length)
{
    struct acpi_header *header = (void *)(memory + address);
    header->signature = signature;
    header->length = length;
}

static void seal_rsdp(void)
{
    struct acpi_rsdp *rsdp = (void *)(memory + RSDP_AT);
    rsdp->checksum = 0;
    rsdp->checksum = (uint8_t)-sum_of(rsdp, ACPI_RSDP_BYTES_REVISION0);
    rsdp->extended_checksum = 0;
    rsdp->extended_checksum = (uint8_t)-sum_of(rsdp, sizeof(*rsdp));
}

static void make_roots(void)
{
    static const uint32_t short_addresses[] = {0xdead0000, MADT_AT, FADT_AT, HPET_AT, SPCR_AT};
    static const uint64_t long_addresses[] = {UINT64_MAX - 8, FADT_AT, HPET_AT, SPCR_AT, MADT_AT};
    struct acpi_rsdp *rsdp = (void *)(memory + RSDP_AT);

    *rsdp = (struct acpi_rsdp){.revision = 2, .rsdt = RSDT_AT, .length = sizeof(*rsdp), .xsdt = XSDT_AT};
    memcpy(rsdp->signature, ACPI_RSDP_SIGNATURE, 8);
    seal_rsdp();
    make_header(RSDT_AT, ACPI_SIGNATURE_RSDT, sizeof(struct acpi_header) + sizeof(short_addresses));
    memcpy(memory + RSDT_AT + sizeof(struct acpi_header), short_addresses, sizeof(short_addresses));
    seal(RSDT_AT);
    make_header(XSDT_AT, ACPI_SIGNATURE_XSDT, sizeof(struct acpi_header) + sizeof(long_addresses));
    memcpy(memory + XSDT_AT + sizeof(struct acpi_header), long_addresses, sizeof(long_addresses));
    seal(XSDT_AT);
}

static uint32_t madt_end;

static void *madt_add(uint8_t type, uint8_t length)
{
    struct acpi_madt_entry *entry = (void *)(memory + madt_end);
    *entry = (struct acpi_madt_entry){type, length};
    madt_end += length;
    return entry;
}

static void make_madt(void)
{
    madt_end = MADT_AT + sizeof(struct acpi_madt);
    for (uint8_t i = 0; i < 3; i++) {
        struct acpi_madt_local_apic *cpu = madt_add(ACPI_MADT_LOCAL_APIC, sizeof(*cpu));
        cpu->apic_id = (uint8_t)(2 * i);
        cpu->flags = i == 1 ? 0 : ACPI_MADT_CPU_ENABLED; /* the second is absent */
    }
    struct acpi_madt_local_x2apic *cpu = madt_add(ACPI_MADT_LOCAL_X2APIC, sizeof(*cpu));
    cpu->apic_id = 300;
    cpu->flags = ACPI_MADT_CPU_ENABLED;
    struct acpi_madt_io_apic *io_apic = madt_add(ACPI_MADT_IO_APIC, sizeof(*io_apic));
    io_apic->address = 0xfec00000;
    struct acpi_madt_interrupt_override *override = madt_add(ACPI_MADT_INTERRUPT_OVERRIDE, sizeof(*override));
    override->source = 4;
    override->interrupt = 20;
    override->flags = ACPI_MADT_POLARITY_LOW | ACPI_MADT_TRIGGER_LEVEL;
    madt_add(200, 5); /* a kind of its own */
    make_header(MADT_AT, ACPI_SIGNATURE_MADT, madt_end - MADT_AT);
    seal(MADT_AT);
}

static void make_others(void)
{
    static const uint8_t s5[] = {0x10, 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x0a, 0x05, 0x01, 0x00, 0x00};
    struct acpi_fadt *fadt = (void *)(memory + FADT_AT);
    struct acpi_hpet *hpet = (void *)(memory + HPET_AT);
    struct acpi_spcr *spcr = (void *)(memory + SPCR_AT);

    memcpy(memory + DSDT_AT + sizeof(struct acpi_header), s5, sizeof(s5));
    make_header(DSDT_AT, ACPI_SIGNATURE_DSDT, sizeof(struct acpi_header) + sizeof(s5));
    seal(DSDT_AT);
    make_header(FADT_AT, ACPI_SIGNATURE_FADT, ACPI_FADT_BYTES_REVISION1);
    fadt->dsdt = DSDT_AT;
    fadt->pm1a_control = 0x604;
    fadt->pm_timer = 0x608;
    fadt->pm_timer_bytes = 4;
    fadt->flags = ACPI_FADT_TMR_VAL_EXT;
    fadt->x_dsdt = 0x1234; /* behind the table's end: not to be believed */
    seal(FADT_AT);
    make_header(HPET_AT, ACPI_SIGNATURE_HPET, sizeof(*hpet));
    hpet->address.address = 0xfed00000;
    seal(HPET_AT);
    make_header(SPCR_AT, ACPI_SIGNATURE_SPCR, sizeof(*spcr));
    spcr->address.space = ACPI_SPACE_IO;
    spcr->address.address = 0x2f8;
    seal(SPCR_AT);
}

static void set_up(void)
{
    memory = calloc(1, MEMORY_BYTES);
    window = (struct physical_window){memory, MEMORY_BYTES};
    make_roots();
    make_madt();
    make_others();
}

static void tear_down(void)
{
    free(memory);
}

static void check_everything(void)
{
    ck_assert(acpi_read(&window, RSDP_AT, &info));
    ck_assert_uint_eq(info.cpu_count, 3);
    ck_assert_uint_eq(info.apic_ids[0], 0);
    ck_assert_uint_eq(info.apic_ids[1], 4);
    ck_assert_uint_eq(info.apic_ids[2], 300);
    ck_assert_uint_eq(info.io_apic_count, 1);
    ck_assert_uint_eq(info.io_apics[0].address, 0xfec00000);
    ck_assert_uint_eq(info.isa[3].number, 3);
    ck_assert_uint_eq(info.isa[4].number, 20);
    ck_assert(info.isa[4].low && info.isa[4].level);
    ck_assert_uint_eq(info.hpet, 0xfed00000);
    ck_assert_uint_eq(info.pm_timer_port, 0x608);
    ck_assert(info.pm_timer_32bit);
    ck_assert_uint_eq(info.serial_port, 0x2f8);
    ck_assert(info.can_power_off);
    ck_assert_uint_eq(info.pm1a_control, 0x604);
    ck_assert_uint_eq(info.sleep_type_a, 5);
    ck_assert_uint_eq(info.sleep_type_b, 1);
}

START_TEST(everything_is_read)
{
    check_everything();
}
END_TEST

START_TEST(rsdp_is_found)
{
    ck_assert_uint_eq(acpi_table_find_rsdp(&window), RSDP_AT);
    memory[RSDP_AT + 9]++;
    ck_assert_uint_eq(acpi_table_find_rsdp(&window), 0);
    memory[RSDP_AT + 9]--;
    memcpy(memory + 0x9fc00, memory + RSDP_AT, sizeof(struct acpi_rsdp));
    memory[ACPI_EBDA_SEGMENT_POINTER] = 0xc0;
    memory[ACPI_EBDA_SEGMENT_POINTER + 1] = 0x9f;
    ck_assert_uint_eq(acpi_table_find_rsdp(&window), 0x9fc00);
    window.bytes = 0x9fc08; /* memory that ends inside */
    ck_assert_uint_eq(acpi_table_find_rsdp(&window), 0);
}
END_TEST

START_TEST(rsdt_where_the_xsdt_is_broken)
{
    memory[XSDT_AT + 40]++;
    check_everything();
    memory[RSDT_AT + 40]++;
    ck_assert(!acpi_read(&window, RSDP_AT, &info));
}
END_TEST

START_TEST(rsdp_of_revision_0)
{
    ((struct acpi_rsdp *)(memory + RSDP_AT))->revision = 0;
    ((struct acpi_rsdp *)(memory + RSDP_AT))->xsdt = UINT64_MAX;
    seal_rsdp();
    check_everything();
}
END_TEST

START_TEST(no_rsdp)
{
    ck_assert(!acpi_read(&window, 0, &info));
    ck_assert(!acpi_read(&window, MEMORY_BYTES - 4, &info));
    ck_assert_uint_eq(info.isa[4].number, 4);
}
END_TEST

START_TEST(wrong_checksums)
{
    memory[MADT_AT + 0x30]++;
    memory[FADT_AT + 0x40]++;
    memory[HPET_AT + 0x30]++;
    memory[SPCR_AT + 0x30]++;
    ck_assert(!acpi_read(&window, RSDP_AT, &info));
    ck_assert_uint_eq(info.cpu_count + info.hpet + info.pm_timer_port + info.serial_port, 0);
    ck_assert(!info.can_power_off);
}
END_TEST

/* Every length of every table, with a right checksum: less may be found, nothing outside is read. */
START_TEST(any_table_length)
{
    static const uint32_t tables[] = {RSDT_AT, XSDT_AT, MADT_AT, FADT_AT, DSDT_AT, HPET_AT, SPCR_AT};

    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct acpi_header *header = (void *)(memory + tables[i]);
        uint32_t right = header->length;
        for (uint32_t length = 0; length <= right; length++) {
            header->length = length;
            seal(tables[i]);
            acpi_read(&window, RSDP_AT, &info);
        }
        header->length = UINT32_MAX;
        acpi_read(&window, RSDP_AT, &info);
        header->length = right;
        seal(tables[i]);
    }
    check_everything();
}
END_TEST

START_TEST(any_madt_entry_length)
{
    for (uint32_t at = MADT_AT + sizeof(struct acpi_madt); at < madt_end; at++)
        for (unsigned length = 0; length < 256; length += 5) {
            uint8_t right = memory[at];
            memory[at] = (uint8_t)length;
            seal(MADT_AT);
            ck_assert(acpi_read(&window, RSDP_AT, &info));
            memory[at] = right;
        }
}
END_TEST

START_TEST(s5_at_the_very_end)
{
    struct acpi_header *dsdt = (void *)(memory + DSDT_AT);

    for (uint32_t length = dsdt->length; length > sizeof(*dsdt) + 9; length--) {
        dsdt->length = length;
        seal(DSDT_AT);
        acpi_read(&window, RSDP_AT, &info);
        ck_assert_int_eq(info.can_power_off, length >= sizeof(*dsdt) + 12);
    }
}
END_TEST

START_TEST(more_cpus_than_fit)
{
    madt_end = MADT_AT + sizeof(struct acpi_madt);
    for (uint32_t i = 0; i < CPU_LIMIT + 3; i++) {
        struct acpi_madt_local_x2apic *cpu = madt_add(ACPI_MADT_LOCAL_X2APIC, sizeof(*cpu));
        cpu->apic_id = i;
        cpu->flags = ACPI_MADT_CPU_ENABLED;
    }
    make_header(MADT_AT, ACPI_SIGNATURE_MADT, madt_end - MADT_AT);
    seal(MADT_AT);
    ck_assert(acpi_read(&window, RSDP_AT, &info));
    ck_assert_uint_eq(info.cpu_count, CPU_LIMIT);
    ck_assert_uint_eq(info.cpus_beyond_limit, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("acpi");
    TCase *cases = tcase_create("tables");
    const TTest *const tests[] = {
        everything_is_read, rsdp_is_found,    rsdt_where_the_xsdt_is_broken, rsdp_of_revision_0, no_rsdp,
        wrong_checksums,    any_table_length, any_madt_entry_length,         s5_at_the_very_end, more_cpus_than_fit,
    };

    tcase_add_checked_fixture(cases, set_up, tear_down);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
