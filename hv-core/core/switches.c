/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading switches: a word that is not there is the default; one that is no number, or out of bounds, is refused.
 */
#include "core/switches.h"
#include "core/cluster.h"
#include "core/trace.h"
#include "mmu/root_cache.h"
#include <coopvirt/abi.h>
#include <coopvirt/error.h>
#include <coopvirt/format.h>
#include <coopvirt/string.h>

#define SWITCHES_PIECES_MOST 16
#define SWITCHES_POLL_MOST   100000000

struct switches_rule {
    const char *word;
    size_t member;
    uint32_t standard, least, most;
    const char *bounds; /* said of a value outside */
};

#define RULE(name) .word = #name, .member = offsetof(struct switches, name)

static const struct switches_rule switches_rules[] = {
    {RULE(trace), 0, 0, TRACE_ENTRIES_MOST, "an exit trace has at most %u entries"},
    {RULE(batch_limit), COOP_MMU_BATCH_MOST, 1, COOP_MMU_BATCH_MOST, "a hypercall carries out 1 to %u operations"},
    {RULE(cr3cache), ROOT_CACHE_MOST, 0, ROOT_CACHE_MOST, "the CR3-target list has at most %u entries"},
    {RULE(extents), 1, 1, SWITCHES_PIECES_MOST, "a VM's memory comes in 1 to %u pieces"},
    {RULE(cluster), 0, 0, CLUSTER_MOST, "an exit carries out at most %u instructions more"},
    {RULE(unsync), 1, 0, 1, "0 or %u"},
    {RULE(eoi), 1, 0, 1, "0 or %u"},
    {RULE(clock), 1, 0, 1, "0 or %u"},
    {RULE(touched), 0, 0, 1, "0 or %u"},
    {RULE(poll), 0, 0, SWITCHES_POLL_MOST, "an idle guest polls for at most %u units"},
};

#define SWITCHES (sizeof(switches_rules) / sizeof(switches_rules[0]))

static uint32_t *switches_member(struct switches *switches, const struct switches_rule *rule)
{
    return (uint32_t *)((char *)switches + rule->member);
}

static int switches_read_one(const char *words, const struct switches_rule *rule, uint32_t *to, char *why, size_t size)
{
    unsigned long value = rule->standard;
    char text[48] = "", bounds[64];
    if (!string_option_read_number(words, rule->word, &value)) {
        string_option(words, rule->word, text, sizeof(text));
        format_string(why, size, "%s=%s: that is no number", rule->word, text);
        return -EINVAL;
    }
    if (value < rule->least || value > rule->most) {
        format_string(bounds, sizeof(bounds), rule->bounds, rule->most);
        format_string(why, size, "%s=%lu: %s", rule->word, value, bounds);
        return -EINVAL;
    }
    *to = (uint32_t)value;
    return 0;
}

int switches_read(const char *words, struct switches *switches, char *why, size_t size)
{
    for (unsigned i = 0; i < SWITCHES; i++) {
        const struct switches_rule *rule = &switches_rules[i];
        int error = switches_read_one(words, rule, switches_member(switches, rule), why, size);
        if (error)
            return error;
    }
    uint32_t entries = TRACE_ENTRIES_LEAST;
    while (switches->trace && entries < switches->trace)
        entries *= 2;
    switches->trace = switches->trace ? entries : 0;
    return 0;
}

const char *switches_row(const struct switches *switches, unsigned row, uint32_t *value)
{
    if (row >= SWITCHES)
        return 0;
    *value = *(const uint32_t *)((const char *)switches + switches_rules[row].member);
    return switches_rules[row].word;
}
