/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8254 against its data sheet: every mode's output and count, latches, read-back, BCD, gates, changes of the count
 * while it runs; and that time of any length costs nothing and drifts nowhere.
 */
#include "device_suite.h"
#include "io/emulated/pit.h"
#include "io/emulated/pit_channel.h"
#include "io/emulated/ratio.h"

static struct pit pit;

static void setup(void)
{
    pit_reset(&pit);
}

static void program(unsigned channel, unsigned mode, unsigned count, uint64_t now)
{
    pit_write(&pit, 3, (uint8_t)(channel << 6 | 0x30 | mode << 1), now);
    pit_write(&pit, channel, (uint8_t)count, now);
    pit_write(&pit, channel, (uint8_t)(count >> 8), now);
}

static unsigned read_count(unsigned channel, uint64_t now)
{
    unsigned low = pit_read(&pit, channel, now);
    return low | pit_read(&pit, channel, now) << 8;
}

static bool output(unsigned channel, uint64_t now)
{
    return pit_channel_output(&pit.channels[channel], now);
}

START_TEST(test_reset_is_silent)
{
    ck_assert_uint_eq(pit_deadline(&pit), PIT_NEVER);
    ck_assert(!pit_advance(&pit, 1000000000000ull));
}
END_TEST

START_TEST(test_terminal_count)
{
    program(0, 0, 100, 10);
    ck_assert(!output(0, 10));
    ck_assert_uint_eq(read_count(0, 11), 100); /* loaded on the next clock */
    ck_assert_uint_eq(read_count(0, 12), 99);
    ck_assert_uint_eq(pit_deadline(&pit), 111); /* N + 1 clocks after the write */
    ck_assert(!pit_advance(&pit, 110));
    ck_assert(pit_advance(&pit, 111));
    ck_assert(!pit_advance(&pit, 112)); /* once */
    ck_assert(output(0, 1000));
    ck_assert_uint_eq(read_count(0, 112), 0xffff); /* goes on */
    ck_assert_uint_eq(pit_deadline(&pit), PIT_NEVER);
}
END_TEST

START_TEST(test_first_byte_disables_counting)
{
    program(0, 0, 100, 0);
    pit_write(&pit, 0, 50, 90);
    ck_assert(!pit_advance(&pit, 200));
    pit_write(&pit, 0, 0, 200);
    ck_assert_uint_eq(pit_deadline(&pit), 251);
}
END_TEST

START_TEST(test_rate_generator)
{
    program(0, 2, 1000, 0);
    ck_assert(output(0, 0));
    ck_assert(output(0, 999));
    ck_assert(!output(0, 1000)); /* low for one clock */
    ck_assert(output(0, 1001));
    ck_assert_uint_eq(pit_deadline(&pit), 1001);
    ck_assert(!pit_advance(&pit, 1000));
    ck_assert(pit_advance(&pit, 1001));
    ck_assert_uint_eq(pit_deadline(&pit), 2001);
    ck_assert_uint_eq(read_count(0, 1001), 1000);
    ck_assert_uint_eq(read_count(0, 2000), 1);
    ck_assert(pit_advance(&pit, 50000)); /* many at once are one */
    ck_assert_uint_eq(pit_deadline(&pit), 50001);
}
END_TEST

START_TEST(test_rate_new_count_at_end_of_cycle)
{
    program(0, 2, 1000, 0);
    pit_write(&pit, 0, 100, 500);
    pit_write(&pit, 0, 0, 500);
    ck_assert_uint_eq(pit_deadline(&pit), 1001);
    ck_assert(pit_advance(&pit, 1001));
    ck_assert_uint_eq(pit_deadline(&pit), 1101);
    ck_assert_uint_eq(read_count(0, 1001), 100);
    ck_assert(pit_advance(&pit, 1000000000001ull));
    ck_assert_uint_eq(pit_deadline(&pit), 1000000000101ull);
}
END_TEST

START_TEST(test_square_wave)
{
    program(2, 3, 5, 0); /* odd: three high, two low; the gate is still closed */
    ck_assert(output(2, 100));
    pit_control_write(&pit, 0x01, 100);
    static const bool wave[] = {true, true, true, false, false, true, true, true, false, false};
    static const unsigned counts[] = {4, 2, 0, 4, 2, 4, 2, 0, 4, 2};
    for (unsigned i = 0; i < 10; i++) {
        ck_assert_int_eq(output(2, 101 + i), wave[i]);
        ck_assert_int_eq(!!(pit_control_read(&pit, 101 + i) & 0x20), wave[i]);
        ck_assert_uint_eq(read_count(2, 101 + i), counts[i]);
    }
    program(0, 3, 0, 200); /* 65536 */
    ck_assert_uint_eq(pit_deadline(&pit), 201 + 65536);
    ck_assert_uint_eq(read_count(0, 201), 0);
    ck_assert_uint_eq(read_count(0, 202), 65534);
}
END_TEST

START_TEST(test_square_new_count_at_half_cycle)
{
    program(0, 3, 1000, 0);
    pit_write(&pit, 0, 100, 100); /* in the high half, which ends at 501 */
    pit_write(&pit, 0, 0, 100);
    ck_assert(output(0, 500));
    ck_assert(!output(0, 501));
    pit_advance(&pit, 501);
    ck_assert(!output(0, 550));
    ck_assert(output(0, 551));
    ck_assert_uint_eq(pit_deadline(&pit), 551);
}
END_TEST

START_TEST(test_one_shot)
{
    program(2, 1, 10, 0);
    ck_assert(output(2, 50)); /* waits for the trigger */
    pit_control_write(&pit, 0x01, 100);
    ck_assert(output(2, 100));
    ck_assert(!output(2, 101));
    ck_assert(!output(2, 110));
    ck_assert(output(2, 111));
    pit_control_write(&pit, 0x00, 120);
    pit_control_write(&pit, 0x01, 130);
    ck_assert(!output(2, 131));
    pit_control_write(&pit, 0x00, 133); /* the gate's fall does nothing */
    pit_control_write(&pit, 0x01, 135); /* its rise starts anew */
    ck_assert(!output(2, 145));
    ck_assert(output(2, 146));
}
END_TEST

START_TEST(test_strobes)
{
    program(0, 4, 10, 0);
    ck_assert(output(0, 10));
    ck_assert(!output(0, 11));
    ck_assert(output(0, 12));
    ck_assert_uint_eq(pit_deadline(&pit), 12);
    ck_assert(pit_advance(&pit, 12));
    ck_assert_uint_eq(pit_deadline(&pit), PIT_NEVER);
    program(2, 5, 10, 20);
    ck_assert(output(2, 31));
    pit_control_write(&pit, 0x01, 50);
    ck_assert(!output(2, 61));
    ck_assert(output(2, 62));
}
END_TEST

START_TEST(test_gate_stops_and_goes_on)
{
    pit_control_write(&pit, 0x01, 0);
    program(2, 0, 100, 0);
    pit_control_write(&pit, 0x00, 41);
    ck_assert_uint_eq(read_count(2, 41), 60);
    ck_assert_uint_eq(read_count(2, 1000), 60);
    ck_assert(!output(2, 1000));
    pit_control_write(&pit, 0x01, 1000);
    ck_assert(!output(2, 1059));
    ck_assert(output(2, 1060));
}
END_TEST

START_TEST(test_latch_holds_until_read)
{
    program(0, 2, 1000, 0);
    pit_write(&pit, 3, 0x00, 101);
    pit_write(&pit, 3, 0x00, 500); /* ignored */
    ck_assert_uint_eq(read_count(0, 600), 900);
    ck_assert_uint_eq(read_count(0, 601), 400);
}
END_TEST

START_TEST(test_read_back)
{
    program(0, 2, 1000, 0);
    pit_write(&pit, 3, 0xc2, 101); /* count and status of channel 0 */
    ck_assert_uint_eq(pit_read(&pit, 0, 300), 0xb4);
    ck_assert_uint_eq(read_count(0, 300), 900);
    ck_assert_uint_eq(read_count(0, 301), 700);
    pit_write(&pit, 3, 0x30, 400); /* mode 0, no count yet: null count, output low */
    pit_write(&pit, 3, 0xe2, 400);
    ck_assert_uint_eq(pit_read(&pit, 0, 400), 0x70);
    pit_write(&pit, 3, 0xee, 400); /* all three */
    ck_assert_uint_eq(pit_read(&pit, 0, 400), 0x70);
    ck_assert_uint_eq(pit_read(&pit, 1, 400) & 0x3f, 0x36);
    ck_assert_uint_eq(pit_read(&pit, 2, 400) & 0x3f, 0x36);
}
END_TEST

START_TEST(test_single_bytes)
{
    pit_write(&pit, 3, 0x14, 0); /* low byte only, mode 2 */
    pit_write(&pit, 0, 100, 0);
    ck_assert_uint_eq(pit_deadline(&pit), 101);
    ck_assert_uint_eq(pit_read(&pit, 0, 11), 90);
    ck_assert_uint_eq(pit_read(&pit, 0, 12), 89);
    pit_write(&pit, 3, 0x24, 20); /* high byte only */
    pit_write(&pit, 0, 2, 20);
    ck_assert_uint_eq(pit_deadline(&pit), 21 + 512);
    ck_assert_uint_eq(pit_read(&pit, 0, 22), 1);
}
END_TEST

START_TEST(test_decimal)
{
    pit_write(&pit, 3, 0x35, 0); /* mode 2, BCD */
    pit_write(&pit, 0, 0x00, 0);
    pit_write(&pit, 0, 0x10, 0);
    ck_assert_uint_eq(pit_deadline(&pit), 1001);
    ck_assert_uint_eq(read_count(0, 2), 0x0999);
    pit_write(&pit, 3, 0x31, 10); /* mode 0, BCD: 0 is 10000, and below zero comes 9999 */
    pit_write(&pit, 0, 0, 10);
    pit_write(&pit, 0, 0, 10);
    ck_assert_uint_eq(pit_deadline(&pit), 10011);
    ck_assert_uint_eq(read_count(0, 10012), 0x9999);
}
END_TEST

START_TEST(test_control_word_raises_output)
{
    program(0, 0, 1000, 0);
    ck_assert(!pit_advance(&pit, 10));
    pit_write(&pit, 3, 0x34, 10); /* low before, high after */
    ck_assert(pit_advance(&pit, 10));
    ck_assert(!pit_advance(&pit, 10));
}
END_TEST

START_TEST(test_refresh_toggles)
{
    unsigned changes = 0;
    for (unsigned i = 1; i < 1800; i++)
        changes += ((pit_control_read(&pit, i) ^ pit_control_read(&pit, i - 1)) & 0x10) != 0;
    ck_assert_uint_eq(changes, 99);
}
END_TEST

/* Rises seen one by one must be those that the output shows. */
START_TEST(test_deadlines_agree_with_output)
{
    srand((unsigned)_i + 1);
    uint64_t now = 0;
    for (unsigned round = 0; round < 300; round++) {
        unsigned mode = (unsigned)rand() % 6, count = (unsigned)rand() % 40 + 2;
        if (rand() % 2) {
            program(0, mode, count, now);
        } else if (pit.channels[0].mode != 0) {
            pit_write(&pit, 0, (uint8_t)count, now);
            pit_write(&pit, 0, 0, now);
        }
        pit_advance(&pit, now);
        bool before = output(0, now);
        for (unsigned i = 0; i < 90; i++) {
            uint64_t deadline = pit_deadline(&pit);
            now++;
            bool risen = pit_advance(&pit, now), after = output(0, now);
            ck_assert_int_eq(risen, deadline <= now);
            ck_assert_msg(risen == (after && !before), "mode %u count %u tick %u", mode, count, i);
            before = after;
        }
    }
}
END_TEST

START_TEST(test_no_drift)
{
    const struct ratio ratio = {2999999000ull, PIT_HZ};
    program(0, 2, 11932, 0);
    uint64_t tsc = 0, rises = 0;
    while (rises < 100000) {
        uint64_t deadline = ratio_back(ratio, pit_deadline(&pit));
        ck_assert(!pit_advance(&pit, ratio_forward(ratio, deadline - 1)));
        ck_assert(pit_advance(&pit, ratio_forward(ratio, deadline)));
        tsc = deadline;
        rises++;
    }
    ck_assert_uint_eq(ratio_forward(ratio, tsc), 1 + 11932ull * rises);
    ck_assert(pit_advance(&pit, 1000000000000000ull));
    ck_assert_uint_eq((pit_deadline(&pit) - 1) % 11932, 0);
}
END_TEST

START_TEST(test_ratio_is_exact)
{
    srand(1);
    for (unsigned i = 0; i < 200000; i++) {
        struct ratio ratio = {(uint64_t)rand() * 3 + 1, (uint64_t)rand() % 4000000 + 1};
        uint64_t value = (uint64_t)rand() << 20 ^ (uint64_t)rand();
        ck_assert_uint_eq(ratio_forward(ratio, value), (uint64_t)((unsigned __int128)value * ratio.to / ratio.from));
        uint64_t ticks = (uint64_t)rand(), first = ratio_back(ratio, ticks);
        ck_assert_uint_ge(ratio_forward(ratio, first), ticks);
        if (first)
            ck_assert_uint_lt(ratio_forward(ratio, first - 1), ticks);
    }
    ck_assert_uint_eq(ratio_back((struct ratio){1000, 1}, UINT64_MAX / 10), RATIO_NEVER);
    ck_assert_uint_eq(ratio_back((struct ratio){1000, 1}, RATIO_NEVER), RATIO_NEVER);
}
END_TEST

DEVICE_SUITE("pit", setup, test_reset_is_silent, test_terminal_count, test_first_byte_disables_counting,
             test_rate_generator, test_rate_new_count_at_end_of_cycle, test_square_wave,
             test_square_new_count_at_half_cycle, test_one_shot, test_strobes, test_gate_stops_and_goes_on,
             test_latch_holds_until_read, test_read_back, test_single_bytes, test_decimal,
             test_control_word_raises_output, test_refresh_toggles, test_deadlines_agree_with_output, test_no_drift,
             test_ratio_is_exact)
