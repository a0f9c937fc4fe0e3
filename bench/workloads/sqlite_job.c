/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the script of statements, and computes what the shell must print: rows are inserted one by one in one
 * transaction, an index is made, every tenth row is looked up by name, every second is changed, every fourth deleted.
 */
#include "sqlite_job.h"
#include "harness.h"
#include "shell_command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SQLITE_JOB_BYTES      (SQLITE_JOB_MOST_ROWS * 100 + 1024)
#define SQLITE_JOB_LOOK_EVERY 10

static char *sqlite_job_program;
static char sqlite_job_text[SQLITE_JOB_BYTES];
static size_t sqlite_job_length;

void sqlite_job_find(void)
{
    sqlite_job_program = shell_command_program("sqlite");
}

__attribute__((format(printf, 1, 2))) static void sqlite_job_say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    sqlite_job_length +=
        (size_t)vsnprintf(sqlite_job_text + sqlite_job_length, SQLITE_JOB_BYTES - sqlite_job_length, format, arguments);
    va_end(arguments);
}

static unsigned sqlite_job_value(unsigned row)
{
    return row * 7919 % 10007;
}

void sqlite_job_write_script(unsigned rows)
{
    sqlite_job_length = 0;
    sqlite_job_say("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, value INTEGER);\nBEGIN;\n");
    for (unsigned row = 0; row < rows; row++)
        sqlite_job_say("INSERT INTO t VALUES (%u, 'name%05u', %u);\n", row, row, sqlite_job_value(row));
    sqlite_job_say("COMMIT;\nCREATE INDEX i ON t(name);\nSELECT count(*), sum(value) FROM t;\n");
    for (unsigned row = 0; row < rows; row += SQLITE_JOB_LOOK_EVERY)
        sqlite_job_say("SELECT value FROM t WHERE name = 'name%05u';\n", row);
    sqlite_job_say("UPDATE t SET value = value + 1 WHERE id %% 2 = 0;\nDELETE FROM t WHERE id %% 4 = 1;\n"
                   "SELECT count(*), sum(value) FROM t;\n");
    shell_command_write_file("statements", sqlite_job_text, sqlite_job_length);
}

void sqlite_job_run(void)
{
    shell_command_execute(sqlite_job_program, (char *[]){"sqlite", "base", NULL}, "statements", "output");
}

/* What the script prints, by the same rules. */
static void sqlite_job_expect(unsigned rows)
{
    unsigned sum = 0, changed = 0, left = 0;

    for (unsigned row = 0; row < rows; row++) {
        sum += sqlite_job_value(row);
        if (row % 4 != 1) {
            left++;
            changed += sqlite_job_value(row) + (row % 2 == 0);
        }
    }
    sqlite_job_length = 0;
    sqlite_job_say("%u|%u\n", rows, sum);
    for (unsigned row = 0; row < rows; row += SQLITE_JOB_LOOK_EVERY)
        sqlite_job_say("%u\n", sqlite_job_value(row));
    sqlite_job_say("%u|%u\n", left, changed);
}

void sqlite_job_check(unsigned rows)
{
    static char found[SQLITE_JOB_BYTES];

    shell_command_read_file("output", found, sizeof(found));
    sqlite_job_expect(rows);
    if (strcmp(found, sqlite_job_text) != 0)
        harness_wrong("SQLite printed %.40s", found);
    if (unlink("base") != 0 || unlink("output") != 0)
        harness_fail("cannot remove the database");
}

void sqlite_job_remove_script(void)
{
    if (unlink("statements") != 0)
        harness_fail("cannot remove the script");
}
