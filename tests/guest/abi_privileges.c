/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may do what: identities real, effective and saved, capabilities, limits, signals to others. What needs the
 * superuser is tried where the program is it.
 */
#include "abi.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOMEBODY 4711
#define ANOTHER  4712

/* <linux/capability.h> */
#define VERSION_1           0x19980330
#define VERSION_3           0x20080522
#define CAP_CHOWN           0
#define CAP_DAC_OVERRIDE    1
#define CAP_DAC_READ_SEARCH 2

struct header {
    uint32_t version;
    int pid;
};
struct words {
    uint32_t effective, permitted, inheritable;
};

static bool identities(uid_t real, uid_t effective, uid_t saved)
{
    uid_t r, e, s;
    return getresuid(&r, &e, &s) == 0 && r == real && e == effective && s == saved;
}

static int change(uid_t real, uid_t effective, uid_t saved)
{
    return (int)syscall(SYS_setresuid, real, effective, saved);
}

static int get_sets(uint64_t *effective, uint64_t *permitted)
{
    struct header header = {VERSION_3, 0};
    struct words data[2];
    memset(data, 0xff, sizeof(data));
    int status = (int)syscall(SYS_capget, &header, data);
    *effective = data[0].effective | (uint64_t)data[1].effective << 32;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    return status;
}

static int set_sets(uint64_t effective, uint64_t permitted)
{
    struct header header = {VERSION_3, 0};
    struct words data[2] = {{(uint32_t)effective, (uint32_t)permitted, 0},
                                             {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), 0}};
    return (int)syscall(SYS_capset, &header, data);
}

/* The saved identity lets a program go back and forth. */
static void saved_identity(void)
{
    uint64_t effective, permitted;
    EXPECT(identities(0, 0, 0));
    EXPECT(change(-1, SOMEBODY, -1) == 0 && identities(0, SOMEBODY, 0));
    EXPECT(get_sets(&effective, &permitted) == 0 && effective == 0 && permitted != 0);
    EXPECT(change(-1, ANOTHER, -1) == -1 && errno == EPERM);
    EXPECT(change(-1, 0, -1) == 0 && identities(0, 0, 0));
    EXPECT(get_sets(&effective, &permitted) == 0 && effective == permitted && effective != 0);
    EXPECT(change(SOMEBODY, ANOTHER, SOMEBODY) == 0 && identities(SOMEBODY, ANOTHER, SOMEBODY));
    EXPECT(get_sets(&effective, &permitted) == 0 && effective == 0 && permitted == 0);
    EXPECT(setreuid(-1, SOMEBODY) == 0 && identities(SOMEBODY, SOMEBODY, SOMEBODY));
    EXPECT(setuid(0) == -1 && errno == EPERM);
}

static void saved_by_setreuid(void)
{
    EXPECT(setreuid(SOMEBODY, ANOTHER) == 0 && identities(SOMEBODY, ANOTHER, ANOTHER));
    EXPECT(setreuid(ANOTHER, SOMEBODY) == 0 && identities(ANOTHER, SOMEBODY, SOMEBODY));
    EXPECT(setuid(ANOTHER) == 0 && identities(ANOTHER, ANOTHER, SOMEBODY));
    EXPECT(setuid(SOMEBODY) == 0 && identities(ANOTHER, SOMEBODY, SOMEBODY));
}

static void saved_by_setuid(void)
{
    EXPECT(setgid(SOMEBODY) == 0 && setuid(SOMEBODY) == 0 && identities(SOMEBODY, SOMEBODY, SOMEBODY));
    EXPECT(setgid(0) == -1 && errno == EPERM && setgid(SOMEBODY) == 0);
}

/* Without one capability the superuser cannot do what it stands for, and gets it back only where it is permitted. */
static void dropped(void)
{
    uint64_t effective, permitted, one = 1ul << CAP_CHOWN;
    char path[] = "/tmp/abi_privilegesXXXXXX";
    int file = mkstemp(path);
    EXPECT(file >= 0 && unlink(path) == 0 && get_sets(&effective, &permitted) == 0 && (effective & one));
    EXPECT(fchown(file, SOMEBODY, SOMEBODY) == 0);
    EXPECT(set_sets(effective & ~one, permitted) == 0 && fchown(file, 0, 0) == -1 && errno == EPERM);
    EXPECT(set_sets(effective, permitted) == 0 && fchown(file, 0, 0) == 0);
    EXPECT(set_sets(effective & ~one, permitted & ~one) == 0 && fchown(file, SOMEBODY, 0) == -1 && errno == EPERM);
    EXPECT(set_sets(effective, permitted & ~one) == -1 && errno == EPERM);
    EXPECT(set_sets(effective & ~one, permitted) == -1 && errno == EPERM);
    EXPECT(set_sets(0, 0) == 0 && setuid(SOMEBODY) == -1 && errno == EPERM);
    EXPECT(fchmod(file, 0) == 0);
    uint64_t now_effective, now_permitted;
    EXPECT(get_sets(&now_effective, &now_permitted) == 0 && now_effective == 0 && now_permitted == 0);
}

static void without_override(void)
{
    uint64_t effective, permitted;
    char path[] = "/tmp/abi_privilegesXXXXXX";
    int file = mkstemp(path);
    EXPECT(file >= 0 && chown(path, SOMEBODY, SOMEBODY) == 0 && chmod(path, 0) == 0);
    int again = open(path, O_RDWR);
    EXPECT(again >= 0 && get_sets(&effective, &permitted) == 0);
    uint64_t both = 1ul << CAP_DAC_OVERRIDE | 1ul << CAP_DAC_READ_SEARCH;
    EXPECT(set_sets(effective & ~both, permitted) == 0 && open(path, O_RDWR) == -1 && errno == EACCES);
    EXPECT(set_sets(1ul << CAP_DAC_READ_SEARCH, permitted) == 0);
    again = open(path, O_RDONLY);
    EXPECT(again >= 0 && open(path, O_WRONLY) == -1 && errno == EACCES && access("/proc/self", R_OK | X_OK) == 0);
    EXPECT(execv(path, (char *const[]){path, NULL}) == -1 && errno == EACCES);
    EXPECT(set_sets(effective, permitted) == 0 && unlink(path) == 0);
}

static void test_versions(void)
{
    struct header header = {0, 0};
    struct words data[2];
    CHECK(syscall(SYS_capget, &header, NULL) == 0 && header.version == VERSION_3);
    header.version = 17;
    CHECK(syscall(SYS_capget, &header, data) == -1 && errno == EINVAL && header.version == VERSION_3);
    header = (struct header){VERSION_1, getpid()};
    memset(data, 0x55, sizeof(data));
    CHECK(syscall(SYS_capget, &header, data) == 0 && data[1].effective == 0x55555555);
    header = (struct header){VERSION_3, 30000};
    CHECK(syscall(SYS_capget, &header, data) == -1 && errno == ESRCH);
    CHECK(syscall(SYS_capset, &header, data) == -1 && errno == EPERM);
    header.pid = -1;
    CHECK(syscall(SYS_capget, &header, data) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_capget, NULL, data) == -1 && errno == EFAULT);
}

static pid_t victim;

static void signal_stranger(void)
{
    EXPECT(setgid(SOMEBODY) == 0 && setuid(SOMEBODY) == 0);
    EXPECT(kill(victim, 0) == -1 && errno == EPERM && kill(victim, SIGTERM) == -1 && errno == EPERM);
    EXPECT(kill(victim, SIGCONT) == 0); /* of the same session */
    EXPECT(syscall(SYS_tgkill, victim, victim, SIGTERM) == -1 && errno == EPERM);
    EXPECT(kill(getpid(), 0) == 0);
}

static void limit_files(void)
{
    struct rlimit old, limit;
    EXPECT(getrlimit(RLIMIT_NOFILE, &old) == 0);
    limit = (struct rlimit){10, old.rlim_max};
    EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    int last = -1, next;
    while ((next = dup(0)) >= 0)
        last = next;
    EXPECT(errno == EMFILE && last == 9);
    EXPECT(dup2(0, 10) == -1 && errno == EBADF && fcntl(0, F_DUPFD, 10) == -1 && errno == EINVAL);
    EXPECT(open("/", O_RDONLY) == -1 && errno == EMFILE);
    int ends[2];
    EXPECT(pipe(ends) == -1 && errno == EMFILE);
    /* What was open above a lower limit stays; children have the limit too. */
    limit.rlim_cur = 5;
    EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0 && fcntl(9, F_GETFD) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 5 ? 0 : 1);
    int status;
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    limit = (struct rlimit){20, 10};
    EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_prlimit64, 0, 99, NULL, &old) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_prlimit64, 30000, RLIMIT_NOFILE, NULL, &old) == -1 && errno == ESRCH);
}

static void lower_for_good(void)
{
    struct rlimit limit = {7, 8}, more = {9, 9};
    EXPECT(getuid() != 0 || (setgid(SOMEBODY) == 0 && setuid(SOMEBODY) == 0));
    EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0 && setrlimit(RLIMIT_NOFILE, &more) == -1 && errno == EPERM);
    limit.rlim_cur = 8;
    EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static void check_child(void (*function)(void))
{
    int status = abi_in_child(function);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void abi_test_privileges(void)
{
    test_versions();
    check_child(limit_files);
    check_child(lower_for_good);
    if (getuid() != 0)
        return;
    check_child(saved_identity);
    check_child(saved_by_setreuid);
    check_child(saved_by_setuid);
    check_child(dropped);
    check_child(without_override);
    victim = getpid();
    check_child(signal_stranger);
}
