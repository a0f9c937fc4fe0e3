/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Families: waiting in all its forms, stopping and continuing, groups, vfork, exec and its refusals.
 */
#include "abi.h"
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void for_ever(void)
{
    for (;;)
        pause();
}

static void test_stop_and_continue(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        for_ever();
    CHECK(waitpid(child, &status, WNOHANG) == 0);
    kill(child, SIGSTOP);
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    kill(child, SIGTERM);
    CHECK(waitpid(child, &status, WNOHANG | WUNTRACED) == 0);
    kill(child, SIGCONT);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    child = fork();
    if (child == 0)
        for_ever();
    kill(child, SIGSTOP);
    CHECK(waitpid(child, &status, WUNTRACED) == child);
    kill(child, SIGCONT);
    CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    kill(child, SIGKILL);
    CHECK(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGKILL);
    CHECK(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
}

static void test_waitid(void)
{
    siginfo_t information;
    pid_t child = fork();
    if (child == 0)
        _exit(5);
    memset(&information, 0, sizeof(information));
    CHECK(waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT) == 0);
    CHECK(information.si_pid == child && information.si_code == CLD_EXITED && information.si_status == 5);
    CHECK(waitid(P_PID, (id_t)child, &information, WEXITED) == 0);
    CHECK(waitid(P_PID, (id_t)child, &information, WEXITED) == -1 && errno == ECHILD);
}

static void test_ignored_children(void)
{
    signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    CHECK(waitpid(child, NULL, 0) == -1 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

static void test_groups(void)
{
    int status;
    pid_t first = fork();
    if (first == 0)
        for_ever();
    CHECK(setpgid(first, first) == 0 && getpgid(first) == first);
    pid_t second = fork();
    if (second == 0)
        for_ever();
    CHECK(setpgid(second, first) == 0);
    CHECK(setpgid(first, 32000) == -1 && errno == EPERM);
    CHECK(kill(-first, SIGTERM) == 0);
    CHECK(waitpid(-first, &status, 0) > 0 && waitpid(-first, &status, 0) > 0);
    CHECK(waitpid(-first, &status, 0) == -1 && errno == ECHILD);
    CHECK(kill(-first, 0) == -1 && errno == ESRCH);
}

static volatile int seen_by_parent;

static void test_vfork(void)
{
    int status = 0;
    seen_by_parent = 0;
    pid_t child = vfork();
    if (child == 0) {
        seen_by_parent = 1; /* the child runs in its parent's memory */
        _exit(9);
    }
    CHECK(seen_by_parent == 1);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 9);
}

static void write_file(const char *path, const void *bytes, size_t count)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    CHECK(file >= 0 && write(file, bytes, count) == (ssize_t)count && close(file) == 0);
}

static int exec_errno(const char *path)
{
    char *const arguments[] = {(char *)path, NULL}, *const environment[] = {NULL};
    execve(path, arguments, environment);
    return errno;
}

static void test_exec_refusals(void)
{
    char program[5000];
    int self = open("/proc/self/exe", O_RDONLY);
    CHECK(self >= 0 && read(self, program, sizeof(program)) == sizeof(program));
    close(self);
    CHECK(exec_errno("/nonexistent") == ENOENT);
    CHECK(exec_errno("/tmp") == EACCES);
    write_file("/tmp/abi-empty", "", 0);
    CHECK(exec_errno("/tmp/abi-empty") == ENOEXEC);
    chmod("/tmp/abi-empty", 0600);
    CHECK(exec_errno("/tmp/abi-empty") == EACCES);
    write_file("/tmp/abi-short", program, 100);
    CHECK(exec_errno("/tmp/abi-short") == ENOEXEC || errno == EIO);
    program[18] = 3; /* another machine */
    write_file("/tmp/abi-short", program, sizeof(program));
    CHECK(exec_errno("/tmp/abi-short") == ENOEXEC);
    write_file("/tmp/abi-script", "#!/nonexistent\n", 15);
    CHECK(exec_errno("/tmp/abi-script") == ENOENT);
    write_file("/tmp/abi-script", "#!/tmp/abi-script\n", 18);
    CHECK(exec_errno("/tmp/abi-script") == ELOOP);
    char *const arguments[] = {(char *)0x10, NULL};
    CHECK(execve("/proc/self/exe", arguments, NULL) == -1 && errno == EFAULT);
    unlink("/tmp/abi-empty");
    unlink("/tmp/abi-short");
    unlink("/tmp/abi-script");
}

/* A grandchild whose parent has ended: waits until its new one is this process, and tells so. */
static void leave_orphan(void)
{
    pid_t reaper = getppid();
    if (fork() != 0)
        _exit(0);
    while (getppid() != reaper)
        usleep(1000);
    _exit(33);
}

static void test_orphans(void)
{
    int is_reaper = -1, status = 0;
    CHECK(prctl(PR_GET_CHILD_SUBREAPER, &is_reaper) == 0 && is_reaper == 0);
    CHECK(prctl(PR_GET_CHILD_SUBREAPER, 1) == -1 && errno == EFAULT);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    CHECK(prctl(PR_GET_CHILD_SUBREAPER, &is_reaper) == 0 && is_reaper == 1);
    CHECK(abi_in_child(leave_orphan) == 0);
    CHECK(waitpid(-1, &status, 0) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 33);
    CHECK(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
    CHECK(prctl(PR_GET_CHILD_SUBREAPER, &is_reaper) == 0 && is_reaper == 0);
}

/* Ends, and leaves a child that ended before and was not waited for. */
static void leave_zombie(void)
{
    siginfo_t information;
    signal(SIGCHLD, SIG_DFL);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    EXPECT(waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT) == 0);
}

static void reaper_without_interest(void)
{
    EXPECT(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0) {
        leave_zombie();
        _exit(0);
    }
    EXPECT(child > 0 && wait(NULL) == -1 && errno == ECHILD);
}

static int death_pipe[2];

/* The child of a process that ends is told by the signal that it chose. */
static void leave_mourner(void)
{
    static const struct timespec enough = {.tv_sec = 20};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pid_t parent = getpid();
    int ready[2];
    if (pipe(ready) != 0)
        _exit(1);
    if (fork() == 0) {
        int chosen = 0;
        siginfo_t information;
        bool is_well =
            prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0 && prctl(PR_GET_PDEATHSIG, &chosen) == 0 && chosen == SIGUSR1;
        is_well = write(ready[1], "r", 1) == 1 && is_well;
        is_well = sigtimedwait(&set, &information, &enough) == SIGUSR1 && is_well && information.si_pid == parent;
        _exit(write(death_pipe[1], is_well ? "y" : "n", 1) == 1 ? 0 : 1);
    }
    char byte;
    _exit(read(ready[0], &byte, 1) == 1 ? 0 : 1);
}

static void test_death_signal(void)
{
    int chosen = -1;
    char told = 0;
    CHECK(prctl(PR_SET_PDEATHSIG, 65) == -1 && errno == EINVAL);
    CHECK(prctl(PR_GET_PDEATHSIG, &chosen) == 0 && chosen == 0);
    CHECK(pipe(death_pipe) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    CHECK(abi_in_child(leave_mourner) == 0);
    CHECK(read(death_pipe[0], &told, 1) == 1 && told == 'y');
    CHECK(waitpid(-1, NULL, 0) > 0 && prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
    close(death_pipe[0]);
    close(death_pipe[1]);
}

static void death_signal_of_another_user(void)
{
    int chosen = 0;
    EXPECT(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0 && setresuid(getuid(), geteuid(), geteuid()) == 0);
    EXPECT(prctl(PR_GET_PDEATHSIG, &chosen) == 0 && chosen == SIGUSR1);
    EXPECT(setresgid((gid_t)-1, 54321, (gid_t)-1) == 0 && prctl(PR_GET_PDEATHSIG, &chosen) == 0 && chosen == 0);
    EXPECT(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0 && setresuid((uid_t)-1, 54321, (uid_t)-1) == 0);
    EXPECT(prctl(PR_GET_PDEATHSIG, &chosen) == 0 && chosen == 0);
}

/* A relocatable program that is well but for the size of its memory: most of what a user has. */
static void exec_the_impossible(void)
{
    static const struct {
        Elf64_Ehdr header;
        Elf64_Phdr segments[2];
        uint8_t code[9]; /* exit_group(0) */
    } image = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_DYN,
                   .e_machine = EM_X86_64,
                   .e_version = EV_CURRENT,
                   .e_entry = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr),
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 2},
        .segments =
            {{.p_type = PT_LOAD,
              .p_flags = PF_R | PF_X,
              .p_filesz = sizeof(image),
              .p_memsz = sizeof(image),
              .p_align = 4096},
             {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = 4096, .p_memsz = 0x7ff000000000, .p_align = 4096}},
        .code = {0x31, 0xff, 0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05}};
    char path[] = "/tmp/abi_XXXXXX", *arguments[] = {path, NULL};
    int file = mkstemp(path);
    EXPECT(write(file, &image, sizeof(image)) == sizeof(image) && fchmod(file, 0700) == 0 && close(file) == 0);
    pid_t child = fork();
    if (child == 0) {
        execv(path, arguments);
        _exit(3);
    }
    int status = 0;
    EXPECT(waitpid(child, &status, 0) == child && status != 0);
    unlink(path);
}

static void exit_at_once(void)
{
    _exit(3);
}

void abi_test_processes(void)
{
    test_stop_and_continue();
    test_waitid();
    test_ignored_children();
    test_groups();
    test_vfork();
    test_exec_refusals();
    test_orphans();
    test_death_signal();
    CHECK(abi_in_child(reaper_without_interest) == 0);
    if (getuid() == 0)
        CHECK(abi_in_child(death_signal_of_another_user) == 0);
    CHECK(abi_in_child(exec_the_impossible) == 0);
    for (unsigned i = 0; i < 200; i++)
        CHECK(abi_in_child(exit_at_once) == 3 << 8);
}
