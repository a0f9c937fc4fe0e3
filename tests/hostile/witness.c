/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other VM: fills memory with numbers, reads them all again in each round, and ends with a sum that does not depend
 * on where its memory lies. Anything that another VM wrote shows, in memory and in registers.
 */
#include "hostile.h"
#include "machine.h"
#include "memory.h"
#include "state.h"

#define FRAMES 64u
#define WORDS  512u

static coop_paddr frames[FRAMES];

static uint64_t witness_next(uint64_t state)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^ state << 17;
}

long witness_run(unsigned rounds)
{
    uint64_t state = 88172645463325252ul, sum = 0;
    for (unsigned frame = 0; frame < FRAMES; frame++)
        frames[frame] = memory_frame_new();
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t start = state;
        for (unsigned i = 0; i < FRAMES * WORDS; i++)
            ((volatile uint64_t *)memory_at(frames[i / WORDS]))[i % WORDS] = state = witness_next(state);
        state_fill(state);
        uint64_t seed = state;
        hypercall(COOP_HYPERCALL_YIELD, 0, 0, 0);
        state = start;
        for (unsigned i = 0; i < FRAMES * WORDS; i++) {
            state = witness_next(state);
            uint64_t found = ((volatile uint64_t *)memory_at(frames[i / WORDS]))[i % WORDS];
            if (found != state) {
                say("FAIL witness: frame %u word %u is %lx, not %lx", i / WORDS, i % WORDS, found, state);
                return 1;
            }
            sum = (sum << 1 | sum >> 63) ^ found;
        }
        const char *wrong = state_check(seed);
        if (wrong) {
            say("FAIL witness: %s is not what it was", wrong);
            return 1;
        }
    }
    say("witness %u rounds, sum %016lx", rounds, sum);
    return 0;
}
