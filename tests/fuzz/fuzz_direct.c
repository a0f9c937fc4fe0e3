/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the service of direct page tables: the input chooses what guest, hypervisor and CPUs do, step by step, against
 * the reference model of tests/unit/direct_model.c.
 */
#include "direct_model.h"
#include <stdlib.h>

#define STEPS_MOST 400

struct input {
    const uint8_t *data;
    size_t left;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t choose(void *source, uint32_t below)
{
    struct input *input = source;
    uint32_t value = 0;
    for (uint32_t most = below - 1; most && input->left; most >>= 8, input->left--)
        value = value << 8 | *input->data++;
    return value % below;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model model;
    struct input input = {data, size};
    model_create(&model, size & 1, choose, &input);
    for (unsigned i = 0; i < STEPS_MOST && input.left && !model.complaint; i++) {
        model_step(&model);
        model_compare(&model);
    }
    if (model.complaint)
        abort();
    model_destroy(&model);
    return 0;
}
