/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rights a program gets by being executed: its set-ID bits, and how a process forgoes them for good. A copy of
 * this program is executed, and tells by a pipe who it is.
 */
#include "abi.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER      4711 /* who executes */
#define OWNER     4712 /* whose the program is */
#define DUMPABLE  (unsigned long)prctl(PR_GET_DUMPABLE)
#define FORGONE() prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)

static struct rights {
    uid_t uid, euid, suid;
    gid_t gid, egid, sgid;
    unsigned long secure, dumpable, forgone, can_chown;
} got;

static char path[] = "/tmp/abi_rightsXXXXXX";
static int ends[2];

/* Lines of /proc/self/status; what the kernel itself says. */
static unsigned long status_value(const char *name)
{
    static char text[4096];
    int file = open("/proc/self/status", O_RDONLY);
    ssize_t bytes = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
    close(file);
    text[bytes > 0 ? bytes : 0] = 0;
    const char *line = strstr(text, name);
    return line ? strtoul(line + strlen(name), NULL, 16) : ~0ul;
}

int abi_rights_executed(int descriptor)
{
    getresuid(&got.uid, &got.euid, &got.suid);
    getresgid(&got.gid, &got.egid, &got.sgid);
    got.secure = getauxval(AT_SECURE);
    got.dumpable = DUMPABLE;
    got.forgone = status_value("NoNewPrivs:");
    got.can_chown = status_value("CapEff:") & 1;
    return write(descriptor, &got, sizeof(got)) == sizeof(got) ? 0 : 1;
}

/* A copy that anybody may execute, of this owner and mode. */
static bool make_program(uid_t owner, mode_t mode)
{
    char bytes[4096];
    ssize_t count;
    int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    while ((count = read(from, bytes, sizeof(bytes))) > 0)
        if (write(to, bytes, (size_t)count) != count)
            break;
    close(from);
    close(to);
    return count == 0 && chown(path, owner, owner) == 0 && chmod(path, mode) == 0;
}

/* Executes it as the user; `forgo`: who wants nothing by it. False when it did not come to that. */
static bool execute(uid_t user, bool forgo)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", ends[1]);
    pid_t child = fork();
    if (child == 0) {
        if (forgo && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
            _exit(1);
        if (syscall(SYS_setresgid, user, user, user) || syscall(SYS_setresuid, user, user, user))
            _exit(1);
        execv(path, (char *const[]){path, "rights", number, NULL});
        _exit(1);
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && status == 0 && read(ends[0], &got, sizeof(got)) == sizeof(got);
}

static bool user_is(uid_t real, uid_t effective)
{
    return got.uid == real && got.euid == effective && got.suid == effective;
}

static bool group_is(gid_t real, gid_t effective)
{
    return got.gid == real && got.egid == effective && got.sgid == effective;
}

static void test_set_ids(void)
{
    CHECK(make_program(OWNER, 0755) && execute(USER, false));
    CHECK(user_is(USER, USER) && group_is(USER, USER) && got.secure == 0 && got.dumpable == 1 && got.forgone == 0);
    CHECK(chmod(path, 04755) == 0 && execute(USER, false));
    CHECK(user_is(USER, OWNER) && group_is(USER, USER) && got.secure == 1 && got.dumpable != 1 && !got.can_chown);
    CHECK(chmod(path, 02755) == 0 && execute(USER, false));
    CHECK(user_is(USER, USER) && group_is(USER, OWNER) && got.secure == 1);
    CHECK(chmod(path, 06755) == 0 && execute(USER, false));
    CHECK(user_is(USER, OWNER) && group_is(USER, OWNER) && got.secure == 1);
    /* Set-group-ID without the group's right to execute means something else. */
    CHECK(chmod(path, 02705) == 0 && execute(USER, false) && group_is(USER, USER) && got.secure == 0);
    CHECK(chmod(path, 06755) == 0 && execute(OWNER, false));
    CHECK(user_is(OWNER, OWNER) && group_is(OWNER, OWNER) && got.secure == 0 && got.dumpable == 1);
}

/* The superuser's program has its capabilities; another's program takes them from the superuser. */
static void test_superuser(void)
{
    CHECK(make_program(0, 04755) && execute(USER, false));
    CHECK(user_is(USER, 0) && got.secure == 1 && got.can_chown == 1 && got.dumpable != 1);
    CHECK(execute(0, false) && user_is(0, 0) && got.secure == 0 && got.can_chown == 1 && got.dumpable == 1);
    CHECK(make_program(OWNER, 04755) && execute(0, false) && user_is(0, OWNER) && !got.can_chown && got.secure == 1);
}

static void test_forgone(void)
{
    CHECK(make_program(0, 06755) && execute(USER, true));
    CHECK(user_is(USER, USER) && group_is(USER, USER) && got.secure == 0 && got.forgone == 1 && !got.can_chown);
    CHECK(got.dumpable == 1);
}

/* A thread forgoes them, and its program takes the place of the whole process: what holds is the thread's. */
static void *forgo_and_execute(void *number)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_setresgid, USER, USER, USER) ||
        syscall(SYS_setresuid, USER, USER, USER))
        _exit(1);
    execv(path, (char *const[]){path, "rights", number, NULL});
    _exit(1);
}

static void test_forgone_by_thread(void)
{
    char number[16];
    pthread_t thread;
    int status = -1;
    snprintf(number, sizeof(number), "%d", ends[1]);
    CHECK(make_program(0, 06755));
    pid_t child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, forgo_and_execute, number);
        for (;;)
            pause();
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0 && read(ends[0], &got, sizeof(got)) == sizeof(got));
    CHECK(user_is(USER, USER) && group_is(USER, USER) && got.forgone == 1 && !got.can_chown);
}

static void forgo(void)
{
    EXPECT(FORGONE() == 0 && prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == -1 && errno == EINVAL);
    EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0) == -1 && errno == EINVAL);
    EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 && errno == EINVAL && FORGONE() == 0);
    EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && FORGONE() == 1);
    EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == -1 && FORGONE() == 1);
    pid_t child = fork();
    if (child == 0)
        _exit(FORGONE());
    int status;
    EXPECT(waitpid(child, &status, 0) == child && status == 1 << 8);
}

/* Who takes on another identity by itself is no longer dumped, and what /proc says of it is the superuser's. */
static void undumpable(void)
{
    struct stat about;
    EXPECT(DUMPABLE == 1 && prctl(PR_SET_DUMPABLE, 2) == -1 && errno == EINVAL);
    EXPECT(prctl(PR_SET_DUMPABLE, 0) == 0 && DUMPABLE == 0 && prctl(PR_SET_DUMPABLE, 1) == 0 && DUMPABLE == 1);
    if (getuid() != 0)
        return;
    EXPECT(setgid(USER) == 0 && setuid(USER) == 0 && DUMPABLE != 1);
    EXPECT(stat("/proc/self/status", &about) == 0 && about.st_uid == 0);
    EXPECT(prctl(PR_SET_DUMPABLE, 1) == 0 && DUMPABLE == 1);
    EXPECT(stat("/proc/self/status", &about) == 0 && about.st_uid == USER);
}

static mode_t mode_of(const char *name)
{
    struct stat about;
    return stat(name, &about) == 0 ? about.st_mode & 07777 : 0;
}

/* Whoever changes a program without being the superuser takes its bits away. */
static void writer(void)
{
    EXPECT(setgid(OWNER) == 0 && setuid(OWNER) == 0);
    int file = open(path, O_WRONLY);
    EXPECT(file >= 0 && mode_of(path) == 06777 && write(file, "x", 1) == 1 && mode_of(path) == 0777);
    EXPECT(chmod(path, 06777) == 0 && ftruncate(file, 3) == 0 && mode_of(path) == 0777);
    EXPECT(chmod(path, 02767) == 0 && write(file, "x", 1) == 1);
    EXPECT(chmod(path, 06777) == 0 && chown(path, OWNER, OWNER) == 0 && mode_of(path) == 0777);
}

static void test_writing(void)
{
    CHECK(make_program(OWNER, 06777));
    int file = open(path, O_WRONLY);
    CHECK(file >= 0 && write(file, "x", 1) == 1 && mode_of(path) == 06777);
    CHECK(close(file) == 0 && abi_in_child(writer) == 0);
}

void abi_test_rights(void)
{
    CHECK(abi_in_child(forgo) == 0);
    CHECK(abi_in_child(undumpable) == 0);
    CHECK(prctl(PR_CAPBSET_READ, 0) >= 0 && prctl(PR_CAPBSET_READ, 1000) == -1 && errno == EINVAL);
    if (getuid() != 0)
        return;
    int file = mkstemp(path);
    CHECK(file >= 0 && close(file) == 0 && pipe(ends) == 0);
    test_set_ids();
    test_superuser();
    test_forgone();
    test_forgone_by_thread();
    test_writing();
    CHECK(unlink(path) == 0 && close(ends[0]) == 0 && close(ends[1]) == 0);
    strcpy(path, "/tmp/abi_rightsXXXXXX");
}
