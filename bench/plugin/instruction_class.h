/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the instructions that virtualization is about an instruction is, from its bytes. Pure.
 */
#ifndef INSTRUCTION_CLASS_H
#define INSTRUCTION_CLASS_H

#include <stddef.h>
#include <stdint.h>

enum instruction_class {
    INSTRUCTION_VMRUN,
    INSTRUCTION_VMMCALL,
    INSTRUCTION_VMCALL,
    INSTRUCTION_VMLOAD,
    INSTRUCTION_VMSAVE,
    INSTRUCTION_STGI,
    INSTRUCTION_CLGI,
    INSTRUCTION_INVLPG,
    INSTRUCTION_INVLPGA,
    INSTRUCTION_CPUID,
    INSTRUCTION_RDMSR,
    INSTRUCTION_WRMSR,
    INSTRUCTION_HLT,
    INSTRUCTION_SYSCALL,
    INSTRUCTION_SYSRET,
    INSTRUCTION_IRET,
    INSTRUCTION_WRITE_CR0,
    INSTRUCTION_WRITE_CR3,
    INSTRUCTION_WRITE_CR4,
    INSTRUCTION_IN,
    INSTRUCTION_OUT,
    INSTRUCTION_MARKER_BEGIN, /* the NOP before the OUT that begins a region */
    INSTRUCTION_MARKER_END,
    INSTRUCTION_CLASSES
};

/* The class's name in the output. */
extern const char *const instruction_class_names[INSTRUCTION_CLASSES];

/* The class, or INSTRUCTION_CLASSES for every other instruction. */
enum instruction_class instruction_class_of(const uint8_t *bytes, size_t size);

#endif
