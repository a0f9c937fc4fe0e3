/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc: its texts as ps and free read them, its links, and processes that come and go.
 */
#include "fake_kernel.h"

#include "fs/inode.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void setup(void)
{
    fake_start(NULL, 0);
}
static void teardown(void)
{
    fake_stop();
}

static const char *read_file(const char *path)
{
    static char text[4096];
    long fd = fake_call(open, path, ABI_O_RDONLY, 0);
    ck_assert_msg(fd >= 0, "%s: %ld", path, fd);
    long bytes = fake_call(read, fd, text, sizeof(text) - 1);
    ck_assert_int_ge(bytes, 0);
    text[bytes] = '\0';
    fake_call(close, fd);
    return text;
}

START_TEST(test_process_texts)
{
    int pid, parent, group, session, terminal, foreground;
    char name[32], state;
    unsigned long user, system, start, size, resident;
    fake_fork(1);
    strcpy(fake_processes[1].name, "a (b) c");
    ck_assert_int_eq(sscanf(read_file("/proc/2/stat"), "%d (%31[^0-9]) %c %d %d %d %d %d", &pid, name, &state, &parent,
                            &group, &session, &terminal, &foreground) >= 2,
                     1);
    ck_assert_int_eq(pid, 2);
    const char *rest = strrchr(read_file("/proc/2/stat"), ')') + 2;
    ck_assert_int_eq(sscanf(rest, "%c %d %d %d %d %d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %lu %lu %lu",
                            &state, &parent, &group, &session, &terminal, &foreground, &user, &system, &start, &size,
                            &resident),
                     11);
    ck_assert_int_eq(state, 'R');
    ck_assert_int_eq(parent, 1);
    ck_assert_int_eq(foreground, -1);
    ck_assert_uint_eq(user, 4);
    ck_assert_uint_eq(system, 1);
    ck_assert_uint_eq(start, 50);
    ck_assert_uint_eq(size, 1 << 20);
    ck_assert_uint_eq(resident, 16);
    unsigned fields = 0;
    for (const char *c = rest; *c; c++)
        fields += *c == ' ' || *c == '\n';
    ck_assert_uint_eq(fields, 50); /* fields 3 to 52 */
    ck_assert_ptr_nonnull(strstr(read_file("/proc/2/status"), "PPid:\t1\n"));
    ck_assert_ptr_nonnull(strstr(read_file("/proc/2/status"), "Umask:\t0022\n"));
    ck_assert_mem_eq(read_file("/proc/2/cmdline"), "sh\0-c\0true\0", 12);
    ck_assert_str_eq(read_file("/proc/1/comm"), "init\n");
    ck_assert_str_eq(read_file("/proc/self/comm"), "init\n");
    fake_processes[1].state = PROCESS_ZOMBIE;
    ck_assert_str_eq(read_file("/proc/2/cmdline"), "");
    ck_assert_ptr_nonnull(strstr(read_file("/proc/2/stat"), ") Z 1 "));
}
END_TEST

START_TEST(test_system_texts)
{
    ck_assert_ptr_nonnull(
        strstr(read_file("/proc/meminfo"), "MemTotal:          32768 kB\nMemFree:            4000 kB\n"));
    ck_assert_str_eq(read_file("/proc/uptime"), "1.00 0.97\n");
    ck_assert_str_eq(read_file("/proc/cmdline"), "console=ttyS0 init=/init\n");
    ck_assert_ptr_nonnull(strstr(read_file("/proc/stat"), "cpu  2 0 1 97 "));
    ck_assert_ptr_nonnull(strstr(read_file("/proc/mounts"), "proc /proc proc"));
    ck_assert_str_eq(read_file("/proc/loadavg"), "1.00 1.00 1.00 1/1 1\n");
    ck_assert_uint_gt(strlen(read_file("/proc/version")), 10);
    ck_assert_int_eq(fake_call(open, "/proc/none", 0, 0), -ENOENT);
    ck_assert_int_eq(fake_call(open, "/proc/77", 0, 0), -ENOENT);
    ck_assert_int_eq(fake_call(open, "/proc/01", 0, 0), -ENOENT);
    ck_assert_int_eq(fake_call(open, "/proc/new", ABI_O_CREAT | ABI_O_WRONLY, 0644), -EACCES);
    ck_assert_int_eq(fake_call(unlink, "/proc/uptime"), -EPERM);
}
END_TEST

START_TEST(test_links)
{
    char text[64] = {0};
    struct abi_stat status, other;
    long fd = fake_call(open, "/dev/null", ABI_O_RDWR, 0);
    char name[32];
    snprintf(name, sizeof(name), "/proc/self/fd/%ld", fd);
    ck_assert_int_eq(fake_call(readlink, name, text, 64), 9);
    ck_assert_str_eq(text, "/dev/null");
    long again = fake_call(open, name, ABI_O_RDONLY, 0);
    ck_assert_int_ge(again, 0);
    ck_assert_int_eq(fake_call(stat, name, &status), 0);
    fake_call(stat, "/dev/null", &other);
    ck_assert_uint_eq(status.inode, other.inode);
    int ends[2];
    fake_call(pipe2, ends, 0);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
    memset(text, 0, sizeof(text));
    ck_assert_int_gt(fake_call(readlink, name, text, 64), 6);
    ck_assert_mem_eq(text, "pipe:[", 6);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[1]);
    long writer = fake_call(open, name, ABI_O_WRONLY, 0);
    ck_assert_int_ge(writer, 0);
    ck_assert_int_eq(fake_call(write, writer, "p", 1), 1);
    ck_assert_int_eq(fake_call(read, ends[0], text, 5), 1);
    fake_call(close, writer);
    fake_call(close, ends[1]);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
    long reader = fake_call(open, name, ABI_O_RDONLY, 0);
    ck_assert_int_ge(reader, 0); /* does not wait for a writer */
    ck_assert_int_eq(fake_call(read, reader, text, 5), 0);
    fake_call(mkdir, "/home", 0755);
    fake_call(chdir, "/home");
    memset(text, 0, sizeof(text));
    ck_assert_int_eq(fake_call(readlink, "/proc/self/cwd", text, 64), 5);
    ck_assert_str_eq(text, "/home");
    ck_assert_int_eq(fake_call(readlink, "/proc/self/exe", text, 64), -ENOENT);
    ck_assert_int_eq(fake_call(readlink, "/proc/self", text, 64), 1);
    ck_assert_int_eq(fake_call(stat, "/proc/self/fd/99", &status), -ENOENT);
}
END_TEST

START_TEST(test_reaped_process)
{
    char text[64];
    fake_fork(1);
    long fd = fake_call(open, "/proc/2/stat", 0, 0);
    long directory = fake_call(open, "/proc/2", 0, 0);
    ck_assert_int_ge(directory, 0);
    int pid = fake_processes[1].pid;
    fake_processes[1].pid = 0;
    ck_assert_int_eq(fake_call(read, fd, text, 64), -ESRCH);
    ck_assert_int_eq(fake_call(openat, directory, "stat", 0, 0), -ENOENT);
    fake_processes[1].pid = pid;
    ck_assert_int_gt(fake_call(read, fd, text, 64), 0);
    ck_assert_int_gt(fake_call(read, fd, text, 64), 0);
}
END_TEST

START_TEST(test_owner)
{
    fake_processes[0].terminal = NULL;
    fake_fork(1);
    fake_processes[1].fsuid = fake_processes[1].euid = fake_processes[1].uid = 1000;
    fake_processes[1].effective = fake_processes[1].permitted = 0;
    fake_run(1);
    char text[64];
    ck_assert_int_eq(fake_call(readlink, "/proc/1/cwd", text, 64), -EACCES);
    ck_assert_int_eq(fake_call(open, "/proc/1/fd", 0, 0), -EACCES);
    ck_assert_int_ge(fake_call(open, "/proc/2/fd", 0, 0), 0);
    fake_run(0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_process_texts, test_system_texts, test_links, test_reaped_process, test_owner};
    Suite *suite = suite_create("fs_proc");
    TCase *cases = tcase_create("proc");

    tcase_add_checked_fixture(cases, setup, teardown);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
