/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the cases of cases.list, one after the other, from the one on that its words name (from=NAME), and says of each
 * what came of it; or, when its words say so, one case that ends its VM (case=NAME), or the work of the other VM
 * (witness).
 */
#include "hostile.h"
#include "machine.h"
#include "memory.h"
#include <coopvirt/format.h>
#include <coopvirt/string.h>

#define LOG_SINK 1

void main(const struct coop_start_info *info);

static unsigned count_held, count_failed;
static const char *main_left_wrong; /* by the tables that an earlier case has left */

void say(const char *format, ...)
{
    static char line[256];
    va_list arguments;
    va_start(arguments, format);
    int length = format_string(line, sizeof(line), "hostile: ");
    length += format_string_list(line + length, sizeof(line) - (size_t)length - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof(line) - 2)
        length = (int)sizeof(line) - 2;
    line[length++] = '\n';
    hypercall(COOP_HYPERCALL_WRITE, LOG_SINK, memory_paddr(line), (uint64_t)length);
}

_Noreturn void stop(unsigned reason, unsigned status)
{
    for (;;)
        hypercall(COOP_HYPERCALL_STOP, reason, status, 0);
}

static unsigned main_where(void)
{
    return is_deprivileged ? ON_DEPRIVILEGED : ON_VT | (is_amd ? ON_AMD : ON_INTEL);
}

/* NULL: as expected. */
static const char *main_judge(const struct hostile_case *one, bool came_back, long result)
{
    switch (one->expected) {
    case EXPECT_ACCEPTED:
        return came_back && result >= 0 && result != HOLE ? 0 : "is refused, and should not be";
    case EXPECT_REFUSED:
        return came_back && result < 0 && (!one->value || result == -one->value) ? 0 : "is not refused so";
    case EXPECT_RAISES:
        return !came_back && (one->value < 0 || trap.vector == (uint64_t)one->value) ? 0 : "does not raise that";
    case EXPECT_HARMLESS:
        return came_back && !result ? 0 : "is not harmless";
    case EXPECT_HELD:
        return !came_back || result <= 0 ? 0 : "is not held";
    default:
        return "should have stopped the VM";
    }
}

static void main_run(const struct hostile_case *one)
{
    long result = 0;
    bool came_back = machine_try(one->act, one->argument, &result);
    const char *wrong = main_judge(one, came_back, result), *left_wrong = memory_check();
    bool is_inherited = !wrong && left_wrong && main_left_wrong;
    main_left_wrong = left_wrong;
    if (!wrong)
        wrong = left_wrong;
    if (is_inherited)
        say("inherits %s %s", one->name, wrong);
    else if (wrong)
        say("FAIL %s %s: %s %ld", one->name, wrong, came_back ? "result" : "vector",
            came_back ? result : (long)trap.vector);
    else
        say("ok %s %s %ld", one->name, came_back ? "result" : "vector", came_back ? result : (long)trap.vector);
    if (one->expected != EXPECT_ACCEPTED && !wrong)
        count_held++;
    count_failed += wrong != 0;
}

static void main_run_one(const char *name)
{
    for (unsigned i = 0; i < hostile_case_count; i++) {
        const struct hostile_case *one = &hostile_cases[i];
        if (strcmp(one->name, name))
            continue;
        say("begin %s", name);
        main_run(one);
        stop(COOP_STOP_EXIT, count_failed ? COOP_EXIT_FAILED : COOP_EXIT_OK);
    }
    say("there is no case %s", name);
    stop(COOP_STOP_EXIT, COOP_EXIT_FAILED);
}

static void main_run_all(const char *from)
{
    unsigned first = 0;
    while (*from && first < hostile_case_count && strcmp(hostile_cases[first].name, from))
        first++;
    say("cases begin");
    for (unsigned i = first; i < hostile_case_count; i++)
        if (hostile_cases[i].expected != EXPECT_STOPS && hostile_cases[i].on & main_where() &&
            (memory_is_direct() || !(hostile_cases[i].on & NEEDS_DIRECT)))
            main_run(&hostile_cases[i]);
    say("%u held, %u failed", count_held, count_failed);
    stop(COOP_STOP_EXIT, count_failed ? COOP_EXIT_FAILED : COOP_EXIT_OK);
}

void main(const struct coop_start_info *info)
{
    char word[64] = "";
    machine_start(info);
    const char *words = memory_at(info->command_line);
    unsigned rounds = (unsigned)string_option_number(words, "witness", 0);
    if (rounds)
        stop(COOP_STOP_EXIT, witness_run(rounds) ? COOP_EXIT_FAILED : COOP_EXIT_OK);
    memory_start();
    const char *wrong = memory_check();
    if (wrong)
        say("FAIL set-up: %s", wrong);
    if (string_option(words, "case", word, sizeof(word)) >= 0)
        main_run_one(word);
    string_option(words, "from", word, sizeof(word));
    main_run_all(word);
}
