/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A C compiler from Debian's libtcc: tcc [-c] FILE... -o OUTPUT, linked statically with musl. One of the programs that
 * guest-coop is tried with, and measured with.
 */
#include <libtcc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MUSL    "/usr/lib/x86_64-linux-musl/"
#define HEADERS "/usr/include/x86_64-linux-musl"

static const char *const before[] = {MUSL "crt1.o", MUSL "crti.o", NULL};
static const char *const behind[] = {MUSL "libc.a", MUSL "crtn.o", NULL};
static const char *const none[] = {NULL};

static bool add_files(TCCState *state, const char *const *names)
{
    for (; *names; names++)
        if (tcc_add_file(state, *names))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    TCCState *state = tcc_new();
    bool object = argc > 1 && strcmp(argv[1], "-c") == 0;
    const char *const *inputs = (const char *const *)argv + (object ? 2 : 1);
    const char *output = argc > 1 ? argv[argc - 1] : "";
    if (argc < (object ? 5 : 4) || strcmp(argv[argc - 2], "-o") || !state) {
        fputs("usage: tcc [-c] FILE... -o OUTPUT\n", stderr);
        return 2;
    }
    argv[argc - 2] = NULL;
    tcc_set_options(state, "-static -nostdlib -nostdinc");
    tcc_add_sysinclude_path(state, HEADERS);
    tcc_set_output_type(state, object ? TCC_OUTPUT_OBJ : TCC_OUTPUT_EXE);
    if (!add_files(state, object ? none : before) || !add_files(state, inputs) ||
        !add_files(state, object ? none : behind))
        return 1;
    int failed = tcc_output_file(state, output);
    tcc_delete(state);
    return failed ? 1 : 0;
}
