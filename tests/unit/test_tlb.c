/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk model's caches: what they hold, what they throw out, what each kind of flush takes; and a random history
 * against a list that is as slow as it is plain.
 */
#include "tlb.h"

#include "suite.h"

#define SMALL 12u
#define LARGE 21u

static void fill(struct tlb *tlb, uint64_t address, unsigned shift, uint32_t asid, bool is_global)
{
    struct tlb_entry entry = tlb_entry_of(address, shift, asid, address >> shift << shift, is_global);
    tlb_fill(tlb, &entry);
}

START_TEST(test_sizes)
{
    struct tlb tlb;

    ck_assert(!tlb_create(&tlb, 10, 4));
    ck_assert(!tlb_create(&tlb, 10, 0));
    ck_assert(tlb_create(&tlb, 0, 0));
    fill(&tlb, 0x1000, SMALL, 0, false);
    ck_assert_ptr_null(tlb_find(&tlb, 0x1000, 0));
    tlb_flush(&tlb, &(struct tlb_flush){0});
    tlb_destroy(&tlb);
}
END_TEST

START_TEST(test_least_recently_used_goes)
{
    struct tlb tlb;

    ck_assert(tlb_create(&tlb, 8, 2)); /* pages 0, 4 and 8 share a set */
    fill(&tlb, 0x0000, SMALL, 0, false);
    fill(&tlb, 0x4000, SMALL, 0, false);
    ck_assert_ptr_nonnull(tlb_find(&tlb, 0x0abc, 0));
    fill(&tlb, 0x8000, SMALL, 0, false);
    ck_assert_ptr_nonnull(tlb_find(&tlb, 0x0000, 0));
    ck_assert_ptr_null(tlb_find(&tlb, 0x4000, 0));
    fill(&tlb, 0x1000, SMALL, 0, false); /* another set */
    ck_assert_ptr_nonnull(tlb_find(&tlb, 0x8fff, 0));
    tlb_destroy(&tlb);
}
END_TEST

START_TEST(test_layers_give_the_smallest)
{
    struct tlb tlb;

    ck_assert(tlb_create(&tlb, 4, 4));
    tlb.is_layered = true;
    fill(&tlb, 0x200000, LARGE, 0, false);
    ck_assert_uint_eq(tlb_find(&tlb, 0x201000, 0)->shift, LARGE);
    fill(&tlb, 0x201000, SMALL, 0, false);
    ck_assert_uint_eq(tlb_find(&tlb, 0x201000, 0)->shift, SMALL);
    ck_assert_uint_eq(tlb_find(&tlb, 0x202000, 0)->shift, LARGE);
    tlb_destroy(&tlb);
}
END_TEST

/* Four entries that differ in what flushes look at, and which of them each flush leaves. */
START_TEST(test_flushes)
{
    const struct {
        struct tlb_flush flush;
        bool left[4];
    } rows[] = {
        {{0}, {false, false, false, false}},
        {{.keeps_global = true}, {false, true, false, false}},
        {{.of_asid = true, .asid = 1}, {false, false, true, false}},
        {{.of_asid = true, .asid = 1, .keeps_global = true}, {false, true, true, false}},
        {{.of_asid = true, .asid = 1, .of_page = true, .address = 0x2345}, {true, false, true, true}},
        {{.of_asid = true, .asid = 1, .of_page = true, .address = 0x6fffff}, {true, true, true, false}},
        {{.of_page = true, .address = 0x9000}, {true, true, true, true}},
    };
    const uint64_t addresses[4] = {0x1000, 0x2000, 0x2000, 0x600000};

    for (unsigned row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct tlb tlb;

        ck_assert(tlb_create(&tlb, 4, 4));
        fill(&tlb, addresses[0], SMALL, 1, false);
        fill(&tlb, addresses[1], SMALL, 1, true);
        fill(&tlb, addresses[2], SMALL, 2, false);
        fill(&tlb, addresses[3], LARGE, 1, false);
        tlb_flush(&tlb, &rows[row].flush);
        for (unsigned i = 0; i < 4; i++)
            ck_assert_msg(!!tlb_find(&tlb, addresses[i], i == 2 ? 2 : 1) == rows[row].left[i], "flush %u, entry %u",
                          row, i);
        tlb_destroy(&tlb);
    }
}
END_TEST

/* The plain list: every page ever filled and not flushed, latest first. What a fully associative cache holds is its
 * head. */
#define WAYS   16u
#define ROUNDS 200000u

static unsigned list_place(const uint64_t *list, unsigned count, uint64_t page)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i] == page)
            return i;
    return count;
}

START_TEST(test_against_list)
{
    uint64_t list[WAYS], state = 7;
    unsigned count = 0, hits = 0;
    struct tlb tlb;

    ck_assert(tlb_create(&tlb, WAYS, WAYS));
    for (unsigned round = 0; round < ROUNDS; round++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t page = (state >> 60) * 3 % 13 + (state >> 40 & 15); /* some pages far more often than others */
        unsigned place = list_place(list, count, page);
        const struct tlb_entry *found = tlb_find(&tlb, page << SMALL | (state >> 8 & 4095), 0);

        if ((state >> 30 & 1023) == 0) {
            tlb_flush(&tlb, &(struct tlb_flush){0});
            count = 0;
            continue;
        }
        ck_assert(!!found == (place < count));
        if (found) {
            hits++;
            ck_assert_uint_eq(found->value, page << SMALL);
        } else {
            fill(&tlb, page << SMALL, SMALL, 0, false);
            count += count < WAYS;
            place = count - 1;
        }
        for (; place; place--)
            list[place] = list[place - 1];
        list[0] = page;
    }
    ck_assert_uint_gt(hits, ROUNDS / 4);
    ck_assert_uint_lt(hits, ROUNDS - ROUNDS / 20);
    tlb_destroy(&tlb);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tlb");
    TCase *cases = tcase_create("tlb");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_sizes);
    tcase_add_test(cases, test_least_recently_used_goes);
    tcase_add_test(cases, test_layers_give_the_smallest);
    tcase_add_test(cases, test_flushes);
    tcase_add_test(cases, test_against_list);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
