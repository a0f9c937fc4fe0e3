/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF structures as the loaders of both kernels need them. System V ABI, "Object Files", and
 * its AMD64 supplement. Both classes: QEMU's -kernel takes only ELF32.
 */
#ifndef COOPVIRT_ELF_H
#define COOPVIRT_ELF_H

#include <stdint.h>

#define ELF_MAGIC      0x464c457fu /* "\x7f" "ELF", little-endian */
#define ELF_CLASS_32   1
#define ELF_CLASS_64   2
#define ELF_TYPE_EXEC  2
#define ELF_TYPE_DYN   3
#define ELF_MACHINE_386    3
#define ELF_MACHINE_X86_64 62

#define ELF_SEGMENT_LOAD   1
#define ELF_SEGMENT_INTERP 3
#define ELF_SEGMENT_NOTE   4
#define ELF_SEGMENT_PHDR   6
#define ELF_SEGMENT_TLS    7

#define ELF_FLAG_X 1u
#define ELF_FLAG_W 2u
#define ELF_FLAG_R 4u

struct elf64_header {
    uint32_t magic;   /* 0x00 */
    uint8_t class;    /* 0x04 */
    uint8_t data;     /* 0x05 1 = little-endian */
    uint8_t version;  /* 0x06 */
    uint8_t osabi;    /* 0x07 */
    uint8_t pad[8];   /* 0x08 */
    uint16_t type;    /* 0x10 */
    uint16_t machine; /* 0x12 */
    uint32_t version2; /* 0x14 */
    uint64_t entry;   /* 0x18 */
    uint64_t phoff;   /* 0x20 */
    uint64_t shoff;   /* 0x28 */
    uint32_t flags;   /* 0x30 */
    uint16_t ehsize;  /* 0x34 */
    uint16_t phentsize; /* 0x36 */
    uint16_t phnum;   /* 0x38 */
    uint16_t shentsize; /* 0x3a */
    uint16_t shnum;   /* 0x3c */
    uint16_t shstrndx; /* 0x3e */
};
_Static_assert(sizeof(struct elf64_header) == 64, "ELF64 header");

struct elf64_segment {
    uint32_t type;   /* 0x00 */
    uint32_t flags;  /* 0x04 */
    uint64_t offset; /* 0x08 */
    uint64_t vaddr;  /* 0x10 */
    uint64_t paddr;  /* 0x18 */
    uint64_t filesz; /* 0x20 */
    uint64_t memsz;  /* 0x28 */
    uint64_t align;  /* 0x30 */
};
_Static_assert(sizeof(struct elf64_segment) == 56, "ELF64 program header");

struct elf32_header {
    uint32_t magic;   /* 0x00 */
    uint8_t class;    /* 0x04 */
    uint8_t data;     /* 0x05 */
    uint8_t version;  /* 0x06 */
    uint8_t osabi;    /* 0x07 */
    uint8_t pad[8];   /* 0x08 */
    uint16_t type;    /* 0x10 */
    uint16_t machine; /* 0x12 */
    uint32_t version2; /* 0x14 */
    uint32_t entry;   /* 0x18 */
    uint32_t phoff;   /* 0x1c */
    uint32_t shoff;   /* 0x20 */
    uint32_t flags;   /* 0x24 */
    uint16_t ehsize;  /* 0x28 */
    uint16_t phentsize; /* 0x2a */
    uint16_t phnum;   /* 0x2c */
    uint16_t shentsize; /* 0x2e */
    uint16_t shnum;   /* 0x30 */
    uint16_t shstrndx; /* 0x32 */
};
_Static_assert(sizeof(struct elf32_header) == 52, "ELF32 header");

struct elf32_segment {
    uint32_t type;   /* 0x00 */
    uint32_t offset; /* 0x04 */
    uint32_t vaddr;  /* 0x08 */
    uint32_t paddr;  /* 0x0c */
    uint32_t filesz; /* 0x10 */
    uint32_t memsz;  /* 0x14 */
    uint32_t flags;  /* 0x18 */
    uint32_t align;  /* 0x1c */
};
_Static_assert(sizeof(struct elf32_segment) == 32, "ELF32 program header");

#endif
