/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct page tables under a guest that asks for anything, on CPUs that keep every stale translation. Leaving out any
 * one flush must be found.
 */
#include "direct_model.h"
#include "suite.h"

static struct model model;

static uint32_t choose(void *source, uint32_t below)
{
    uint64_t *state = source;
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)((*state >> 16) % below);
}

/* The number of the step at which something was wrong; `steps` when nothing was. */
static unsigned run(uint64_t seed, unsigned steps, unsigned flushes_left_out)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15ul + 1;
    unsigned done = 0;
    model_create(&model, seed & 1, choose, &state);
    model.flushes_left_out = flushes_left_out;
    for (; done < steps && !model.complaint; done++) {
        model_step(&model);
        model_compare(&model);
    }
    model_destroy(&model);
    return model.complaint ? done - 1 : done;
}

START_TEST(test_random)
{
    unsigned done = run((uint64_t)_i, 4000, 0);
    ck_assert_msg(!model.complaint, "seed %d, step %u: %s", _i, done, model.complaint);
    ck_assert_uint_gt(model.direct.counts.flushes[DIRECT_FLUSH_TABLE], 0);
}
END_TEST

/* Some seed finds it. */
START_TEST(test_no_flush_can_be_left_out)
{
    bool is_found = false;
    for (uint64_t seed = 1; seed < 40 && !is_found; seed++)
        is_found = run(seed, 4000, 1u << _i) < 4000;
    ck_assert_msg(is_found, "flush %d can be left out", _i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("direct_random");
    TCase *tests = tcase_create("direct_random");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_random, 1, 9);
    tcase_add_loop_test(tests, test_no_flush_can_be_left_out, 0, DIRECT_FLUSH_REASONS);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
