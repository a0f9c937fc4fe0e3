/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the decoder: the first byte of the input is the mode, the rest is code. Whatever the
 * bytes, an answer obeys the invariants below, and ASan sees a read past the end.
 * clang -fsanitize=fuzzer,address,undefined -Ihv-core -Ihv-core/include tests/fuzz/fuzz_decode.c
 * hv-core/emulate/decode*.c
 */
#include "emulate/decode.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_operands(const struct instruction *in)
{
    require(in->operation > OPERATION_NONE && in->operation < OPERATION_COUNT);
    require(in->operand_bytes == 1 || in->operand_bytes == 2 || in->operand_bytes == 4 || in->operand_bytes == 8);
    require(in->address_bytes == 2 || in->address_bytes == 4 || in->address_bytes == 8);
    require(in->base <= REGISTER_RIP || in->base == REGISTER_NONE);
    require(in->index <= REGISTER_R15 || in->index == REGISTER_NONE);
    require(in->scale == 1 || in->scale == 2 || in->scale == 4 || in->scale == 8);
    require(in->segment < SEGMENT_COUNT);
    for (unsigned i = 0; i < INSTRUCTION_OPERANDS; i++) {
        require(in->operands[i].kind <= OPERAND_FAR_POINTER && in->operands[i].bytes <= 16);
        require(in->operands[i].number <= REGISTER_R15);
        require(in->operands[i].kind != OPERAND_MEMORY || in->has_memory_operand);
    }
}

/* Cut short, the same bytes are truncated; with more after them, they are the same instruction. */
static void check_length(const uint8_t *code, const struct instruction *in, enum decode_mode mode)
{
    struct instruction other;
    uint8_t longer[INSTRUCTION_BYTES_MAX + 1];
    memset(longer, 0xa5, sizeof(longer));
    memcpy(longer, code, in->length);
    require(decode_instruction(longer, sizeof(longer), mode, &other) == DECODE_OK);
    require(memcmp(in, &other, sizeof(other)) == 0);
    uint8_t *shorter = malloc(in->length);
    memcpy(shorter, code, in->length - 1);
    require(decode_instruction(shorter, in->length - 1, mode, &other) == DECODE_TRUNCATED);
    free(shorter);
    unsigned fixed = decode_length_fixed(code, in->length, mode, in->operation);
    require(fixed == 0 || fixed == in->length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    enum decode_mode mode = data[0] % 3;
    uint8_t *code = malloc(size - 1 ? size - 1 : 1);
    memcpy(code, data + 1, size - 1);
    struct instruction in;
    enum decode_status status = decode_instruction(code, size - 1, mode, &in);
    require(in.length <= INSTRUCTION_BYTES_MAX && in.length <= size - 1);
    require(status != DECODE_TRUNCATED || size - 1 < INSTRUCTION_BYTES_MAX);
    require(in.length == 0 || status == DECODE_OK || status == DECODE_UNSUPPORTED);
    if (status == DECODE_OK) {
        require(in.length > 0);
        check_operands(&in);
        check_length(code, &in, mode);
    }
    for (unsigned operation = 0; operation < OPERATION_COUNT; operation++)
        require(decode_length_fixed(code, size - 1, mode, operation) <= INSTRUCTION_BYTES_MAX);
    free(code);
    return 0;
}
