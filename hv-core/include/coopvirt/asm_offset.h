/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How C tells NASM where the members of its structures lie. A function in a file asm_offsets.c contains a list
 * of these; it is compiled to assembly text, from which the build makes `NAME equ value` lines
 * (asm_offsets.inc). Nothing of it is linked.
 */
#ifndef COOPVIRT_ASM_OFFSET_H
#define COOPVIRT_ASM_OFFSET_H

#include <stddef.h>

#define ASM_VALUE(name, value) __asm__ volatile("\n\t.ascii \"->" #name " %c0\"" : : "i"((long)(value)))

#define ASM_OFFSET(name, structure, member) ASM_VALUE(name, offsetof(structure, member))

#endif
