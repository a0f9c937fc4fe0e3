/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The work of macro/sqlite and macro/sqlite_disk: the SQLite shell executes a script of statements on a new database in
 * the current folder, and must print what it has to.
 */
#ifndef SQLITE_JOB_H
#define SQLITE_JOB_H

#define SQLITE_JOB_MOST_ROWS 5000

/* Finds the SQLite shell; ends with a skip record where it is not installed. */
void sqlite_job_find(void);

/* Writes the script for so many rows into the current folder. */
void sqlite_job_write_script(unsigned rows);

/* Runs it: the measured work. */
void sqlite_job_run(void);

/* Compares what was printed, and removes the database. */
void sqlite_job_check(unsigned rows);

/* Removes the script. */
void sqlite_job_remove_script(void);

#endif
