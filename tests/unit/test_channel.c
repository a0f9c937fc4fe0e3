/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events and upcalls of a VCPU, its timer, and the shared clock's arithmetic.
 */
#include "core/channel.h"
#include "suite.h"

static struct coop_vcpu page;
static struct channel channel;

static void setup(void)
{
    page = (struct coop_vcpu){0};
    channel_reset(&channel, 0);
    channel_attach(&channel, &page);
    channel_set_vector(&channel, 64);
}

START_TEST(an_event_makes_one_upcall_due)
{
    ck_assert_int_eq(channel.interrupt, -1);
    ck_assert(channel_raise(&channel, 3));
    ck_assert_uint_eq(page.events, 8);
    ck_assert_uint_eq(page.upcall_pending, 1);
    ck_assert_int_eq(channel.interrupt, 64);
    ck_assert(!channel_raise(&channel, 4)); /* the same upcall serves both */
    ck_assert_uint_eq(page.events, 0x18);
    ck_assert_int_eq(channel_take(&channel), 64);
    ck_assert_int_eq(channel.interrupt, -1);
    ck_assert(!channel_raise(&channel, 5)); /* the guest has not looked yet */
    ck_assert_int_eq(channel.interrupt, -1);
    page.upcall_pending = 0;
    page.events = 0;
    ck_assert(channel_raise(&channel, 5));
    ck_assert_uint_eq(channel.counts.raised, 4);
    ck_assert_uint_eq(channel.counts.suppressed, 2);
    ck_assert_uint_eq(channel.counts.upcalls, 1);
}
END_TEST

START_TEST(an_upcall_that_has_to_end)
{
    channel.needs_end = true;
    ck_assert(channel_raise(&channel, 1));
    ck_assert_int_eq(channel_take(&channel), 64);
    page.upcall_pending = 0;
    page.events = 0;
    channel_raise(&channel, 2);
    ck_assert_int_eq(channel.interrupt, -1); /* put off, */
    channel_end(&channel);
    ck_assert_int_eq(channel.interrupt, 64); /* not lost */
    ck_assert_int_eq(channel_take(&channel), 64);
    page.upcall_pending = 0;
    channel_end(&channel);
    ck_assert_int_eq(channel.interrupt, -1);
    channel_end(&channel); /* one too many */
    ck_assert_uint_eq(channel.counts.upcalls, 2);
}
END_TEST

START_TEST(the_guest_saw_it_by_itself)
{
    ck_assert(channel_raise(&channel, 1));
    page.upcall_pending = 0;
    ck_assert_int_eq(channel_take(&channel), -1);
    ck_assert_int_eq(channel.interrupt, -1);
}
END_TEST

START_TEST(masked_events_raise_none)
{
    page.events_masked = 1ul << 7;
    ck_assert(!channel_raise(&channel, 7));
    ck_assert_uint_eq(page.events, 1ul << 7);
    ck_assert_uint_eq(page.upcall_pending, 0);
    ck_assert(!channel_is_awake(&channel));
    page.events_masked = 0; /* unmasked without a look: block must not sleep on it */
    ck_assert(channel_is_awake(&channel));
}
END_TEST

START_TEST(without_vector_or_page)
{
    struct channel other;
    channel_reset(&other, 0);
    ck_assert(!channel_raise(&other, 1));
    ck_assert(channel_is_awake(&other));
    channel_attach(&other, &page);
    ck_assert(channel_raise(&other, 1));
    ck_assert_int_eq(other.interrupt, -1); /* nothing can be injected */
    ck_assert_int_eq(channel_take(&other), -1);
    ck_assert(channel_is_awake(&other));
    channel_set_vector(&other, 200); /* what was missed comes now */
    ck_assert_int_eq(other.interrupt, 200);
    channel_set_vector(&other, 0);
    ck_assert_int_eq(other.interrupt, -1);
}
END_TEST

/* Vectors below 32 are exceptions: an interrupt may not have one. */
START_TEST(no_vector_of_an_exception)
{
    channel_set_vector(&channel, 14);
    channel_raise(&channel, 1);
    ck_assert_int_eq(channel_take(&channel), -1);
}
END_TEST

START_TEST(events_out_of_range)
{
    ck_assert(!channel_raise(&channel, COOP_EVENTS));
    ck_assert_uint_eq(page.events, 0);
    ck_assert(channel_raise(&channel, COOP_EVENTS - 1));
    ck_assert_uint_eq(page.events, 1ul << 63);
}
END_TEST

START_TEST(timer_fires_once)
{
    channel.timer = 1000;
    ck_assert(!channel_advance(&channel, 999));
    ck_assert(channel_advance(&channel, 1000));
    ck_assert_uint_eq(page.events, 1ul << COOP_EVENT_TIMER);
    ck_assert_uint_eq(channel.timer, CHANNEL_NEVER);
    ck_assert(!channel_advance(&channel, UINT64_MAX - 1));
}
END_TEST

static uint64_t clock_read(const struct coop_clock *clock, uint64_t tsc)
{
    uint64_t delta = tsc - clock->tsc_timestamp;
    delta = clock->tsc_shift < 0 ? delta >> -clock->tsc_shift : delta << clock->tsc_shift;
    return clock->system_time + (uint64_t)((unsigned __int128)delta * clock->tsc_to_system_mul >> 32);
}

/* Within 2 ns and a millionth over an hour, at frequencies of old and new machines. */
START_TEST(clock_of_all_frequencies)
{
    static const uint64_t khz[] = {1,       33333,   999999,  1000000, 1000001,  1999999,
                                   2000000, 2000001, 2893437, 5000000, 100000000};
    struct coop_clock clock = {0};
    const uint64_t start = 123456789, ns = 42;
    channel_clock_set(&clock, khz[_i], start, ns);
    ck_assert_uint_eq(clock.version % 2, 0);
    ck_assert_uint_eq(clock_read(&clock, start), ns);
    for (uint64_t ms = 1; ms <= 3600000; ms *= 3) {
        uint64_t expected = ns + ms * 1000000, got = clock_read(&clock, start + ms * khz[_i]);
        uint64_t off = got > expected ? got - expected : expected - got;
        ck_assert_uint_le(off, 2 + expected / 1000000);
    }
    uint32_t version = clock.version;
    channel_clock_set(&clock, khz[_i], start, ns);
    ck_assert_uint_eq(clock.version, version + 2);
}
END_TEST

START_TEST(clock_is_exact_at_one_gigahertz)
{
    struct coop_clock clock = {0};
    channel_clock_set(&clock, 1000000, 0, 0);
    ck_assert_uint_eq(clock_read(&clock, 1), 1);
    ck_assert_uint_eq(clock_read(&clock, 987654321012345), 987654321012345);
}
END_TEST

/* A writer leaves the version odd in between; one that died so does not fool the next. */
START_TEST(clock_asked_for)
{
    ck_assert_uint_eq(channel_clock_ns(1000000, 12345), 12345);
    ck_assert_uint_eq(channel_clock_ns(2500000, 2500000000), 1000000000);
    ck_assert_uint_eq(channel_clock_ns(3, 1), 333333);
    ck_assert_uint_eq(channel_clock_ns(1000000, UINT64_MAX), UINT64_MAX);
    ck_assert_uint_eq(channel_clock_ns(0, 1), 0);
}
END_TEST

START_TEST(clock_version_is_even_behind)
{
    struct coop_clock clock = {.version = 7};
    channel_clock_set(&clock, 0, 5, 6);
    ck_assert_uint_eq(clock.version, 8);
    ck_assert_uint_eq(clock_read(&clock, 1000), 6); /* no frequency: it stands */
}
END_TEST

static Suite *channel_suite(void)
{
    Suite *suite = suite_create("channel");
    TCase *events = tcase_create("events");
    tcase_add_checked_fixture(events, setup, 0);
    tcase_add_test(events, an_event_makes_one_upcall_due);
    tcase_add_test(events, an_upcall_that_has_to_end);
    tcase_add_test(events, the_guest_saw_it_by_itself);
    tcase_add_test(events, masked_events_raise_none);
    tcase_add_test(events, without_vector_or_page);
    tcase_add_test(events, no_vector_of_an_exception);
    tcase_add_test(events, events_out_of_range);
    tcase_add_test(events, timer_fires_once);
    tcase_add_loop_test(events, clock_of_all_frequencies, 0, 11);
    tcase_add_test(events, clock_is_exact_at_one_gigahertz);
    tcase_add_test(events, clock_asked_for);
    tcase_add_test(events, clock_version_is_even_behind);
    suite_add_tcase(suite, events);
    return suite;
}

int main(void)
{
    return suite_main(channel_suite());
}
