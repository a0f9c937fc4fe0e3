# SPDX-License-Identifier: GPL-2.0-or-later
# Interpreters, a database and a compiler from Debian: what they print must be the same on any kernel.

echo "== lua"
cat > sort.lua << 'END'
local numbers = {}
for i = 1, 2000 do numbers[i] = (i * 7919) % 10007 end
table.sort(numbers)
print(numbers[1], numbers[1000], numbers[2000])
print(string.format("%5.3f %s", math.pi, ("x"):rep(10)))
local file = io.open("lines", "w")
file:write("line1\nline2\n")
file:close()
for line in io.lines("lines") do print(line) end
print(pcall(error, "boom"))
local count = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
print(count(), count(), count())
local pipe = io.popen("echo from a pipe; ls")
print(pipe:read("a"))
print(pipe:close())
print(#os.tmpname(), os.remove("lines"), os.rename("none", "other"))
collectgarbage()
print(collectgarbage("count") < 2000)
END
lua sort.lua
echo 'error("at the end")' > wrong.lua; lua wrong.lua; echo "status $?"

echo "== sqlite"
cat > statements << 'END'
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, v REAL);
BEGIN;
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000) INSERT INTO t SELECT x, 'name' || x, x * 1.5 FROM c;
COMMIT;
SELECT count(*), sum(v), max(name) FROM t;
CREATE INDEX i ON t(name);
SELECT id, v FROM t WHERE name = 'name777';
UPDATE t SET v = v + 1 WHERE id % 2 = 0;
DELETE FROM t WHERE id > 1000;
SELECT count(*), sum(v) FROM t;
BEGIN; DELETE FROM t; ROLLBACK;
PRAGMA integrity_check;
VACUUM;
PRAGMA journal_mode = WAL;
INSERT INTO t VALUES (5000, 'late', NULL);
SELECT group_concat(id) FROM (SELECT id FROM t ORDER BY name DESC LIMIT 10);
END
sqlite base < statements; echo "status $?"
sqlite base < statements | head -n 2
echo 'SELECT count(*), sum(id) FROM t;' | sqlite base
ls | cat

echo "== tcc"
cat > sum.c << 'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int argc, char **argv)
{
    int numbers[100], sum = 0, status;
    for (int i = 0; i < 100; i++)
        numbers[i] = (i * 37) % 101;
    qsort(numbers, 100, sizeof(int), compare);
    for (int i = 0; i < 100; i++)
        sum += numbers[i] * i;
    printf("%s: %d %d\n", strrchr(argv[0], '/'), sum, argc);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    waitpid(child, &status, 0);
    printf("child %d\n", WEXITSTATUS(status));
    return 3;
}
END
tcc sum.c -o sum && ./sum one two; echo "status $?"
echo 'int main(void) { return undeclared; }' > bad.c; tcc bad.c -o bad; echo "status $?"
