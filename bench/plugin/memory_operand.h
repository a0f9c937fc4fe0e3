/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address that an instruction of two opcode bytes names by ModRM (AMD64 manual, volume 3, "Encoding Syntax": ModRM,
 * SIB). Of segments only those with base 0. Pure.
 */
#ifndef MEMORY_OPERAND_H
#define MEMORY_OPERAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 'read' gives a general register in the hardware's numbering; `address` is the instruction's own. */
uint64_t memory_operand(const uint8_t *bytes, size_t size, uint64_t address, bool is_long,
                        uint64_t (*read)(void *context, unsigned number), void *context);

#endif
