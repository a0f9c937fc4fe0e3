/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A C compiler from Debian's libtcc: tcc SOURCE -o PROGRAM, linked statically with musl. One of the programs that
 * guest-coop is tried with.
 */
#include <libtcc.h>
#include <stdio.h>
#include <string.h>

#define MUSL    "/usr/lib/x86_64-linux-musl/"
#define HEADERS "/usr/include/x86_64-linux-musl"

int main(int argc, char **argv)
{
    TCCState *state = tcc_new();
    if (argc != 4 || strcmp(argv[2], "-o") || !state) {
        fputs("usage: tcc SOURCE -o PROGRAM\n", stderr);
        return 2;
    }
    const char *const inputs[] = {MUSL "crt1.o", MUSL "crti.o", argv[1], MUSL "libc.a", MUSL "crtn.o"};
    tcc_set_options(state, "-static -nostdlib -nostdinc");
    tcc_add_sysinclude_path(state, HEADERS);
    tcc_set_output_type(state, TCC_OUTPUT_EXE);
    for (unsigned i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
        if (tcc_add_file(state, inputs[i]))
            return 1;
    int failed = tcc_output_file(state, argv[3]);
    tcc_delete(state);
    return failed ? 1 : 0;
}
