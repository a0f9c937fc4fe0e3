/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An SQLite shell from Debian's library: sqlite DATABASE < STATEMENTS, rows with bars. One of the programs that
 * guest-coop is tried with.
 */
#include <sqlite3.h>
#include <stdio.h>

#define STATEMENT_BYTES (1 << 20)

static int print_row(void *context, int columns, char **values, char **names)
{
    (void)context;
    (void)names;
    for (int i = 0; i < columns; i++)
        printf("%s%s", i ? "|" : "", values[i] ? values[i] : "");
    putchar('\n');
    return 0;
}

int main(int argc, char **argv)
{
    static char statements[STATEMENT_BYTES];
    sqlite3 *database;
    char *error = NULL;
    if (argc != 2) {
        fputs("usage: sqlite DATABASE < STATEMENTS\n", stderr);
        return 2;
    }
    statements[fread(statements, 1, sizeof(statements) - 1, stdin)] = '\0';
    if (sqlite3_open(argv[1], &database) != SQLITE_OK ||
        sqlite3_exec(database, statements, print_row, NULL, &error) != SQLITE_OK) {
        printf("sqlite: %s\n", error ? error : sqlite3_errmsg(database));
        return 1;
    }
    return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
