/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI and MP tables as they lie in memory: read from the firmware by machine/, written for guests by
 * io/emulated. Layouts and numbers only, from the ACPI specification 6.4 and the MultiProcessor Specification 1.4.
 * Tables stand at any byte address, hence all are packed.
 */
#ifndef COOPVIRT_ACPI_H
#define COOPVIRT_ACPI_H

#include <stdint.h>

#define ACPI_PACKED __attribute__((packed))

/* A four-letter signature as the number that stands in the table. */
#define ACPI_SIGNATURE(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* "Root System Description Pointer". On a PC with BIOS it stands on a 16-byte boundary in the first KiB of the EBDA or
 * in 0xe0000-0xfffff. */
#define ACPI_RSDP_SIGNATURE       "RSD PTR "
#define ACPI_RSDP_SIGNATURE_BYTES 8
#define ACPI_RSDP_BYTES_REVISION0 20 /* what `checksum` covers, and all there is in revision 0 */
#define ACPI_RSDP_SCAN_FIRST      0xe0000u
#define ACPI_RSDP_SCAN_LAST       0xfffffu
#define ACPI_EBDA_SEGMENT_POINTER 0x40eu /* BIOS data area: 16-bit segment of the EBDA */

struct acpi_rsdp {
    char signature[8];         /* 0x00 */
    uint8_t checksum;          /* 0x08 bytes 0-19 sum to 0 */
    char oem_id[6];            /* 0x09 */
    uint8_t revision;          /* 0x0f 0 = ends here after rsdt; 2 = all */
    uint32_t rsdt;             /* 0x10 */
    uint32_t length;           /* 0x14 */
    uint64_t xsdt;             /* 0x18 */
    uint8_t extended_checksum; /* 0x20 the whole sums to 0 */
    uint8_t reserved[3];       /* 0x21 */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_rsdp) == 36, "RSDP");

/* "System Description Table Header". */
struct acpi_header {
    uint32_t signature;        /* 0x00 ACPI_SIGNATURE_* */
    uint32_t length;           /* 0x04 of the table, this header included */
    uint8_t revision;          /* 0x08 */
    uint8_t checksum;          /* 0x09 the whole table sums to 0 */
    char oem_id[6];            /* 0x0a */
    char oem_table_id[8];      /* 0x10 */
    uint32_t oem_revision;     /* 0x18 */
    uint32_t creator_id;       /* 0x1c */
    uint32_t creator_revision; /* 0x20 */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_header) == 36, "ACPI table header");

#define ACPI_SIGNATURE_RSDT ACPI_SIGNATURE('R', 'S', 'D', 'T') /* header, then uint32_t addresses */
#define ACPI_SIGNATURE_XSDT ACPI_SIGNATURE('X', 'S', 'D', 'T') /* header, then uint64_t addresses (unaligned) */
#define ACPI_SIGNATURE_MADT ACPI_SIGNATURE('A', 'P', 'I', 'C')
#define ACPI_SIGNATURE_FADT ACPI_SIGNATURE('F', 'A', 'C', 'P')
#define ACPI_SIGNATURE_FACS ACPI_SIGNATURE('F', 'A', 'C', 'S')
#define ACPI_SIGNATURE_DSDT ACPI_SIGNATURE('D', 'S', 'D', 'T')
#define ACPI_SIGNATURE_SSDT ACPI_SIGNATURE('S', 'S', 'D', 'T')
#define ACPI_SIGNATURE_HPET ACPI_SIGNATURE('H', 'P', 'E', 'T')
#define ACPI_SIGNATURE_SPCR ACPI_SIGNATURE('S', 'P', 'C', 'R')

/* "Generic Address Structure". */
#define ACPI_SPACE_MEMORY 0
#define ACPI_SPACE_IO     1

struct acpi_address {
    uint8_t space;       /* 0x00 ACPI_SPACE_* */
    uint8_t bit_width;   /* 0x01 */
    uint8_t bit_offset;  /* 0x02 */
    uint8_t access_size; /* 0x03 0 = undefined, 1 = byte, 2 = word, 3 = dword, 4 = qword */
    uint64_t address;    /* 0x04 */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_address) == 12, "Generic Address Structure");

/* "Multiple APIC Description Table". */
#define ACPI_MADT_PCAT_COMPAT (1u << 0) /* flags: there are two 8259s as well */

struct acpi_madt {
    struct acpi_header header;
    uint32_t local_apic; /* 0x24 physical address */
    uint32_t flags;      /* 0x28 ACPI_MADT_PCAT_COMPAT */
    /* 0x2c entries, each beginning with struct acpi_madt_entry */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_madt) == 0x2c, "MADT");

#define ACPI_MADT_LOCAL_APIC         0
#define ACPI_MADT_IO_APIC            1
#define ACPI_MADT_INTERRUPT_OVERRIDE 2
#define ACPI_MADT_NMI_SOURCE         3
#define ACPI_MADT_LOCAL_APIC_NMI     4
#define ACPI_MADT_LOCAL_APIC_ADDRESS 5
#define ACPI_MADT_LOCAL_X2APIC       9
#define ACPI_MADT_LOCAL_X2APIC_NMI   10

struct acpi_madt_entry {
    uint8_t type;   /* 0x00 ACPI_MADT_* */
    uint8_t length; /* 0x01 of the entry, these two bytes included */
} ACPI_PACKED;

#define ACPI_MADT_CPU_ENABLED        (1u << 0)
#define ACPI_MADT_CPU_ONLINE_CAPABLE (1u << 1)

struct acpi_madt_local_apic {
    struct acpi_madt_entry entry;
    uint8_t processor_uid; /* 0x02 */
    uint8_t apic_id;       /* 0x03 */
    uint32_t flags;        /* 0x04 ACPI_MADT_CPU_* */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_madt_local_apic) == 8, "MADT local APIC");

struct acpi_madt_io_apic {
    struct acpi_madt_entry entry;
    uint8_t io_apic_id;      /* 0x02 */
    uint8_t reserved;        /* 0x03 */
    uint32_t address;        /* 0x04 */
    uint32_t interrupt_base; /* 0x08 global system interrupt of its input 0 */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_madt_io_apic) == 12, "MADT I/O APIC");

/* Polarity in bits 0-1, trigger mode in bits 2-3: the same encoding as the MP table's. */
#define ACPI_MADT_POLARITY_BUS  (0u << 0)
#define ACPI_MADT_POLARITY_HIGH (1u << 0)
#define ACPI_MADT_POLARITY_LOW  (3u << 0)
#define ACPI_MADT_POLARITY_MASK (3u << 0)
#define ACPI_MADT_TRIGGER_BUS   (0u << 2)
#define ACPI_MADT_TRIGGER_EDGE  (1u << 2)
#define ACPI_MADT_TRIGGER_LEVEL (3u << 2)
#define ACPI_MADT_TRIGGER_MASK  (3u << 2)

struct acpi_madt_interrupt_override {
    struct acpi_madt_entry entry;
    uint8_t bus;        /* 0x02 0 = ISA */
    uint8_t source;     /* 0x03 ISA IRQ */
    uint32_t interrupt; /* 0x04 global system interrupt */
    uint16_t flags;     /* 0x08 polarity, trigger */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_madt_interrupt_override) == 10, "MADT interrupt source override");

#define ACPI_MADT_ALL_CPUS 0xff

struct acpi_madt_local_apic_nmi {
    struct acpi_madt_entry entry;
    uint8_t processor_uid; /* 0x02 ACPI_MADT_ALL_CPUS */
    uint16_t flags;        /* 0x03 polarity, trigger */
    uint8_t lint;          /* 0x05 0 or 1 */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_madt_local_apic_nmi) == 6, "MADT local APIC NMI");

struct acpi_madt_local_apic_address {
    struct acpi_madt_entry entry;
    uint16_t reserved; /* 0x02 */
    uint64_t address;  /* 0x04 */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_madt_local_apic_address) == 12, "MADT local APIC address override");

struct acpi_madt_local_x2apic {
    struct acpi_madt_entry entry;
    uint16_t reserved;      /* 0x02 */
    uint32_t apic_id;       /* 0x04 */
    uint32_t flags;         /* 0x08 ACPI_MADT_CPU_* */
    uint32_t processor_uid; /* 0x0c */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_madt_local_x2apic) == 16, "MADT local x2APIC");

/* "Fixed ACPI Description Table". */
#define ACPI_FADT_BYTES_REVISION1 116 /* up to and including `flags` */

/* Flags */
#define ACPI_FADT_WBINVD          (1u << 0)
#define ACPI_FADT_PROC_C1         (1u << 2)
#define ACPI_FADT_PWR_BUTTON      (1u << 4) /* 1 = a control method, not fixed hardware */
#define ACPI_FADT_SLP_BUTTON      (1u << 5)
#define ACPI_FADT_FIX_RTC         (1u << 6) /* no RTC event in the PM1 registers */
#define ACPI_FADT_TMR_VAL_EXT     (1u << 8) /* the PM timer has 32 bits, not 24 */
#define ACPI_FADT_RESET_REG_SUP   (1u << 10)
#define ACPI_FADT_HW_REDUCED_ACPI (1u << 20)

/* iapc_boot_arch */
#define ACPI_FADT_BOOT_LEGACY_DEVICES (1u << 0)
#define ACPI_FADT_BOOT_8042           (1u << 1)
#define ACPI_FADT_BOOT_NO_VGA         (1u << 2)
#define ACPI_FADT_BOOT_NO_MSI         (1u << 3)
#define ACPI_FADT_BOOT_NO_ASPM        (1u << 4)
#define ACPI_FADT_BOOT_NO_CMOS_RTC    (1u << 5)

/* "PM1 Control Registers" */
#define ACPI_PM1_SCI_ENABLE       (1u << 0)
#define ACPI_PM1_SLEEP_TYPE_SHIFT 10 /* three bits: SLP_TYPx */
#define ACPI_PM1_SLEEP_ENABLE     (1u << 13)

/* "Power Management Timer" */
#define ACPI_PM_TIMER_HZ 3579545u

struct acpi_fadt {
    struct acpi_header header;
    uint32_t facs;                      /* 0x24 */
    uint32_t dsdt;                      /* 0x28 */
    uint8_t reserved0;                  /* 0x2c */
    uint8_t preferred_profile;          /* 0x2d */
    uint16_t sci_interrupt;             /* 0x2e */
    uint32_t smi_command;               /* 0x30 */
    uint8_t acpi_enable;                /* 0x34 */
    uint8_t acpi_disable;               /* 0x35 */
    uint8_t s4bios_request;             /* 0x36 */
    uint8_t pstate_control;             /* 0x37 */
    uint32_t pm1a_event;                /* 0x38 */
    uint32_t pm1b_event;                /* 0x3c */
    uint32_t pm1a_control;              /* 0x40 */
    uint32_t pm1b_control;              /* 0x44 */
    uint32_t pm2_control;               /* 0x48 */
    uint32_t pm_timer;                  /* 0x4c */
    uint32_t gpe0;                      /* 0x50 */
    uint32_t gpe1;                      /* 0x54 */
    uint8_t pm1_event_bytes;            /* 0x58 */
    uint8_t pm1_control_bytes;          /* 0x59 */
    uint8_t pm2_control_bytes;          /* 0x5a */
    uint8_t pm_timer_bytes;             /* 0x5b */
    uint8_t gpe0_bytes;                 /* 0x5c */
    uint8_t gpe1_bytes;                 /* 0x5d */
    uint8_t gpe1_base;                  /* 0x5e */
    uint8_t cstate_control;             /* 0x5f */
    uint16_t c2_latency;                /* 0x60 */
    uint16_t c3_latency;                /* 0x62 */
    uint16_t flush_size;                /* 0x64 */
    uint16_t flush_stride;              /* 0x66 */
    uint8_t duty_offset;                /* 0x68 */
    uint8_t duty_width;                 /* 0x69 */
    uint8_t rtc_day_alarm;              /* 0x6a */
    uint8_t rtc_month_alarm;            /* 0x6b */
    uint8_t rtc_century;                /* 0x6c CMOS index, 0 = none */
    uint16_t iapc_boot_arch;            /* 0x6d */
    uint8_t reserved1;                  /* 0x6f */
    uint32_t flags;                     /* 0x70 */
    struct acpi_address reset_register; /* 0x74 */
    uint8_t reset_value;                /* 0x80 */
    uint16_t arm_boot_arch;             /* 0x81 */
    uint8_t minor_revision;             /* 0x83 */
    uint64_t x_facs;                    /* 0x84 */
    uint64_t x_dsdt;                    /* 0x8c */
    struct acpi_address x_pm1a_event;   /* 0x94 */
    struct acpi_address x_pm1b_event;   /* 0xa0 */
    struct acpi_address x_pm1a_control; /* 0xac */
    struct acpi_address x_pm1b_control; /* 0xb8 */
    struct acpi_address x_pm2_control;  /* 0xc4 */
    struct acpi_address x_pm_timer;     /* 0xd0 */
    struct acpi_address x_gpe0;         /* 0xdc */
    struct acpi_address x_gpe1;         /* 0xe8 */
    struct acpi_address sleep_control;  /* 0xf4 */
    struct acpi_address sleep_status;   /* 0x100 */
    uint64_t hypervisor_identity;       /* 0x10c */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_fadt) == 276, "FADT");
_Static_assert(__builtin_offsetof(struct acpi_fadt, flags) == 0x70, "FADT flags");
_Static_assert(__builtin_offsetof(struct acpi_fadt, x_pm_timer) == 0xd0, "FADT X_PM_TMR_BLK");

/* "Firmware ACPI Control Structure"; 64-byte aligned, without a checksum. */
struct acpi_facs {
    uint32_t signature;          /* 0x00 ACPI_SIGNATURE_FACS */
    uint32_t length;             /* 0x04 */
    uint32_t hardware_signature; /* 0x08 */
    uint32_t waking_vector;      /* 0x0c */
    uint32_t global_lock;        /* 0x10 */
    uint32_t flags;              /* 0x14 */
    uint64_t x_waking_vector;    /* 0x18 */
    uint8_t version;             /* 0x20 */
    uint8_t reserved[31];        /* 0x21 */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_facs) == 64, "FACS");

/* IA-PC HPET specification 1.0a, "The ACPI 2.0 HPET Description Table", and the registers' offsets. */
struct acpi_hpet {
    struct acpi_header header;
    uint32_t block_id;           /* 0x24 */
    struct acpi_address address; /* 0x28 */
    uint8_t number;              /* 0x34 */
    uint16_t minimum_tick;       /* 0x35 */
    uint8_t attributes;          /* 0x37 */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_hpet) == 56, "HPET table");

#define HPET_CAPABILITIES  0x000 /* bits 32-63: femtoseconds per tick; bit 13: the counter has 64 bits */
#define HPET_CONFIGURATION 0x010 /* bit 0: the counter runs */
#define HPET_COUNTER       0x0f0

#define HPET_CONFIGURATION_ON (1u << 0)
#define HPET_PERIOD_LIMIT     100000000u /* femtoseconds: slower than 10 MHz is not allowed */

/* "Serial Port Console Redirection Table", revision 2. */
#define ACPI_SPCR_16550_COMPATIBLE 0
#define ACPI_SPCR_16450_COMPATIBLE 1
#define ACPI_SPCR_16550_GAS        0x12

struct acpi_spcr {
    struct acpi_header header;
    uint8_t interface_type;      /* 0x24 ACPI_SPCR_* */
    uint8_t reserved0[3];        /* 0x25 */
    struct acpi_address address; /* 0x28 */
    uint8_t interrupt_type;      /* 0x34 */
    uint8_t irq;                 /* 0x35 */
    uint32_t interrupt;          /* 0x36 */
    uint8_t baud_rate;           /* 0x3a 0 = as it is, 3 = 9600, 7 = 115200 */
    uint8_t parity;              /* 0x3b */
    uint8_t stop_bits;           /* 0x3c */
    uint8_t flow_control;        /* 0x3d */
    uint8_t terminal_type;       /* 0x3e */
    uint8_t reserved1;           /* 0x3f */
    uint16_t pci_device_id;      /* 0x40 */
    uint16_t pci_vendor_id;      /* 0x42 */
    uint8_t pci_bus;             /* 0x44 */
    uint8_t pci_device;          /* 0x45 */
    uint8_t pci_function;        /* 0x46 */
    uint32_t pci_flags;          /* 0x47 */
    uint8_t pci_segment;         /* 0x4b */
    uint32_t reserved2;          /* 0x4c */
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_spcr) == 80, "SPCR");

/* "MP Floating Pointer Structure": in the first KiB of the EBDA, the last KiB of base memory or 0xf0000-0xfffff. */
#define MP_POINTER_SIGNATURE ACPI_SIGNATURE('_', 'M', 'P', '_')
#define MP_CONFIG_SIGNATURE  ACPI_SIGNATURE('P', 'C', 'M', 'P')

struct mp_pointer {
    uint32_t signature;     /* 0x00 */
    uint32_t config;        /* 0x04 physical address of the configuration table */
    uint8_t paragraphs;     /* 0x08 length in 16-byte units: 1 */
    uint8_t revision;       /* 0x09 4 = 1.4 */
    uint8_t checksum;       /* 0x0a */
    uint8_t default_config; /* 0x0b 0 = there is a configuration table */
    uint8_t features;       /* 0x0c bit 7: IMCR present, PIC mode */
    uint8_t reserved[3];    /* 0x0d */
} ACPI_PACKED;
_Static_assert(sizeof(struct mp_pointer) == 16, "MP floating pointer");

/* "MP Configuration Table Header". */
struct mp_config {
    uint32_t signature;        /* 0x00 */
    uint16_t length;           /* 0x04 of the base table, this header included */
    uint8_t revision;          /* 0x06 */
    uint8_t checksum;          /* 0x07 */
    char oem_id[8];            /* 0x08 */
    char product_id[12];       /* 0x10 */
    uint32_t oem_table;        /* 0x1c */
    uint16_t oem_table_bytes;  /* 0x20 */
    uint16_t entry_count;      /* 0x22 */
    uint32_t local_apic;       /* 0x24 */
    uint16_t extended_length;  /* 0x28 */
    uint8_t extended_checksum; /* 0x2a */
    uint8_t reserved;          /* 0x2b */
} ACPI_PACKED;
_Static_assert(sizeof(struct mp_config) == 44, "MP configuration table header");

#define MP_ENTRY_PROCESSOR       0 /* 20 bytes; the others 8 */
#define MP_ENTRY_BUS             1
#define MP_ENTRY_IO_APIC         2
#define MP_ENTRY_IO_INTERRUPT    3
#define MP_ENTRY_LOCAL_INTERRUPT 4

#define MP_PROCESSOR_ENABLED (1u << 0)
#define MP_PROCESSOR_BOOT    (1u << 1)

struct mp_processor {
    uint8_t type;           /* 0x00 MP_ENTRY_PROCESSOR */
    uint8_t apic_id;        /* 0x01 */
    uint8_t apic_version;   /* 0x02 */
    uint8_t flags;          /* 0x03 MP_PROCESSOR_* */
    uint32_t cpu_signature; /* 0x04 CPUID 1 EAX */
    uint32_t features;      /* 0x08 CPUID 1 EDX */
    uint32_t reserved[2];   /* 0x0c */
} ACPI_PACKED;
_Static_assert(sizeof(struct mp_processor) == 20, "MP processor entry");

struct mp_bus {
    uint8_t type;   /* 0x00 MP_ENTRY_BUS */
    uint8_t bus_id; /* 0x01 */
    char name[6];   /* 0x02 "ISA   ", "PCI   " */
} ACPI_PACKED;
_Static_assert(sizeof(struct mp_bus) == 8, "MP bus entry");

#define MP_IO_APIC_ENABLED (1u << 0)

struct mp_io_apic {
    uint8_t type;       /* 0x00 MP_ENTRY_IO_APIC */
    uint8_t io_apic_id; /* 0x01 */
    uint8_t version;    /* 0x02 */
    uint8_t flags;      /* 0x03 MP_IO_APIC_ENABLED */
    uint32_t address;   /* 0x04 */
} ACPI_PACKED;
_Static_assert(sizeof(struct mp_io_apic) == 8, "MP I/O APIC entry");

#define MP_INTERRUPT_INT    0
#define MP_INTERRUPT_NMI    1
#define MP_INTERRUPT_SMI    2
#define MP_INTERRUPT_EXTINT 3

#define MP_ALL_APICS 0xff

/* Both interrupt assignments: I/O (to an I/O APIC input) and local (to a LINT pin). */
struct mp_interrupt {
    uint8_t type;             /* 0x00 MP_ENTRY_IO_INTERRUPT or MP_ENTRY_LOCAL_INTERRUPT */
    uint8_t interrupt_type;   /* 0x01 MP_INTERRUPT_* */
    uint16_t flags;           /* 0x02 polarity, trigger: as in the MADT */
    uint8_t source_bus;       /* 0x04 */
    uint8_t source_irq;       /* 0x05 */
    uint8_t destination_apic; /* 0x06 */
    uint8_t destination_pin;  /* 0x07 */
} ACPI_PACKED;
_Static_assert(sizeof(struct mp_interrupt) == 8, "MP interrupt entry");

#endif
