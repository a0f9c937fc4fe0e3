/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's ELF reader: a sound program, each way to break it, truncation at each byte, random mutation.
 */
#include "kernel/elf_image.h"
#include "kernel/errno.h"
#include "memory/area.h"
#include "suite.h"
#include <coopvirt/elf.h>
#include <stdlib.h>
#include <string.h>

#define LOWEST  0x10000ul
#define HIGHEST 0x7ffff0000000ul

struct program {
    struct elf64_header header;
    struct elf64_segment segments[4];
    uint8_t rest[16384];
};

static struct program sound_program(void)
{
    struct program program;
    memset(&program, 0, sizeof(program));
    program.header = (struct elf64_header){.magic = ELF_MAGIC,
                                           .class = ELF_CLASS_64,
                                           .data = 1,
                                           .version = 1,
                                           .type = ELF_TYPE_EXEC,
                                           .machine = ELF_MACHINE_X86_64,
                                           .version2 = 1,
                                           .entry = 0x401000,
                                           .phoff = 64,
                                           .ehsize = 64,
                                           .phentsize = 56,
                                           .phnum = 4};
    program.segments[0] = (struct elf64_segment){ELF_SEGMENT_LOAD, ELF_FLAG_R, 0, 0x400000, 0x400000, 400, 400, 4096};
    program.segments[1] =
        (struct elf64_segment){ELF_SEGMENT_LOAD, ELF_FLAG_R | ELF_FLAG_X, 4096, 0x401000, 0x401000, 0x800, 0x800, 4096};
    program.segments[2] = (struct elf64_segment){
        ELF_SEGMENT_LOAD, ELF_FLAG_R | ELF_FLAG_W, 0x2010, 0x403010, 0x403010, 0x100, 0x5000, 4096};
    program.segments[3] =
        (struct elf64_segment){ELF_SEGMENT_TLS, ELF_FLAG_R, 0x2010, 0x403010, 0x403010, 0x10, 0x20, 8};
    return program;
}

static int read_bytes(struct elf_image *image, const uint8_t *bytes, size_t size)
{
    int status = elf_image_begin(image, bytes, size);
    if (status < 0)
        return status;
    uint64_t wanted = image->headers_count * sizeof(struct elf64_segment);
    if (image->headers_offset > size || wanted > size - image->headers_offset)
        return -ENOEXEC;
    /* A copy of exactly the size, so that reading behind it is seen. */
    void *headers = malloc(wanted);
    memcpy(headers, bytes + image->headers_offset, wanted);
    status = elf_image_segments(image, headers, wanted, size, LOWEST, HIGHEST);
    free(headers);
    return status;
}

static int read_program(struct elf_image *image, const struct program *program)
{
    return read_bytes(image, (const uint8_t *)program, sizeof(*program));
}

START_TEST(sound)
{
    struct program program = sound_program();
    struct elf_image image;
    ck_assert_int_eq(read_program(&image, &program), 0);
    ck_assert_uint_eq(image.segment_count, 3);
    ck_assert_uint_eq(image.entry, 0x401000);
    ck_assert_uint_eq(image.low, 0x400000);
    ck_assert_uint_eq(image.high, 0x409000);
    ck_assert_uint_eq(image.headers_address, 0x400040);
    ck_assert_uint_eq(image.segments[1].protection, AREA_READ | AREA_EXEC);
    ck_assert(!image.relocatable);
    program.header.type = ELF_TYPE_DYN;
    ck_assert_int_eq(read_program(&image, &program), 0);
    ck_assert(image.relocatable);
}
END_TEST

#define BREAK(name, statement)                                                                                         \
    START_TEST(name)                                                                                                   \
    {                                                                                                                  \
        struct program program = sound_program();                                                                      \
        struct elf_image image;                                                                                        \
        statement;                                                                                                     \
        ck_assert_int_eq(read_program(&image, &program), -ENOEXEC);                                                    \
    }                                                                                                                  \
    END_TEST

BREAK(bad_magic, program.header.magic ^= 1)
BREAK(bad_class, program.header.class = ELF_CLASS_32)
BREAK(big_endian, program.header.data = 2)
BREAK(bad_machine, program.header.machine = ELF_MACHINE_386)
BREAK(bad_type, program.header.type = 1)
BREAK(no_headers, program.header.phnum = 0)
BREAK(too_many_headers, program.header.phnum = 65535)
BREAK(odd_header_size, program.header.phentsize = 32)
BREAK(headers_outside, program.header.phoff = UINT64_MAX - 8)
BREAK(interpreter, program.segments[3].type = ELF_SEGMENT_INTERP)
BREAK(nothing_to_load, program.segments[0].type = program.segments[1].type = program.segments[2].type = 0)
BREAK(entry_outside, program.header.entry = 0x500000)
BREAK(entry_in_data, program.header.entry = 0x403010)
BREAK(file_beyond_end, program.segments[1].filesz = program.segments[1].memsz = 1 << 20)
BREAK(offset_beyond_end, program.segments[1].offset = 1ul << 62)
BREAK(offset_wraps, program.segments[1].offset = UINT64_MAX - 4095)
BREAK(more_file_than_memory, program.segments[1].memsz = 1)
BREAK(misaligned, program.segments[1].vaddr += 8)
BREAK(overlap, program.segments[2].vaddr = 0x401010)
BREAK(descending, program.segments[1].vaddr = 0x300000)
BREAK(huge_memory, program.segments[2].memsz = UINT64_MAX - 8)
BREAK(kernel_address, program.segments[2].vaddr = 0xffffffff80000010)
BREAK(too_high, program.segments[2].vaddr = HIGHEST + 0x10)
BREAK(too_low, program.segments[0].vaddr = 0)
BREAK(zeroes_without_write, program.segments[2].flags = ELF_FLAG_R)

START_TEST(truncated_anywhere)
{
    struct program program = sound_program();
    struct elf_image image;
    for (size_t size = 0; size < 0x2110; size++) {
        uint8_t *copy = malloc(size ? size : 1);
        memcpy(copy, &program, size);
        ck_assert_int_eq(read_bytes(&image, copy, size), -ENOEXEC);
        free(copy);
    }
}
END_TEST

/* Whatever is accepted keeps the promises of the header. */
static void check_accepted(const struct elf_image *image)
{
    uint64_t end = 0;
    ck_assert_uint_le(image->segment_count, ELF_IMAGE_SEGMENTS);
    ck_assert_uint_ge(image->segment_count, 1);
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_image_segment *segment = &image->segments[i];
        ck_assert_uint_ge(segment->address & ~4095ul, end);
        ck_assert_uint_le(segment->file_bytes, segment->memory_bytes);
        ck_assert_uint_le(segment->offset + segment->file_bytes, sizeof(struct program));
        ck_assert_uint_eq((segment->offset ^ segment->address) & 4095, 0);
        end = (segment->address + segment->memory_bytes + 4095) & ~4095ul;
    }
    ck_assert_uint_eq(image->high, end);
    ck_assert_uint_le(image->high - image->low, HIGHEST - LOWEST);
}

START_TEST(mutated)
{
    uint64_t random = 88172645463325252ul;
    unsigned accepted = 0;
    for (unsigned round = 0; round < 60000; round++) {
        struct program program = sound_program();
        uint8_t *bytes = (uint8_t *)&program;
        struct elf_image image;
        for (unsigned n = 0; n < 1 + round % 4; n++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            bytes[random % (64 + 4 * 56)] = (uint8_t)(random >> 32);
        }
        if (read_program(&image, &program) == 0) {
            check_accepted(&image);
            accepted++;
        }
    }
    ck_assert_uint_gt(accepted, 500);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_elf");
    TCase *tcase = tcase_create("elf");
    const TTest *const tests[] = {sound,
                                  bad_magic,
                                  bad_class,
                                  big_endian,
                                  bad_machine,
                                  bad_type,
                                  no_headers,
                                  too_many_headers,
                                  odd_header_size,
                                  headers_outside,
                                  interpreter,
                                  nothing_to_load,
                                  entry_outside,
                                  entry_in_data,
                                  file_beyond_end,
                                  offset_beyond_end,
                                  offset_wraps,
                                  more_file_than_memory,
                                  misaligned,
                                  overlap,
                                  descending,
                                  huge_memory,
                                  kernel_address,
                                  too_high,
                                  too_low,
                                  zeroes_without_write,
                                  truncated_anywhere,
                                  mutated};
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(tcase, tests[i]);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
