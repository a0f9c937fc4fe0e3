/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system-call test: as process 1 of guest-coop it powers the machine off when all is well and halts it
 * otherwise.
 */
#include "abi.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

unsigned abi_checks, abi_failures;
volatile struct abi_caught abi_caught;
sigjmp_buf abi_resume;

static void abi_caught_one(int signal, siginfo_t *information, void *context)
{
    const ucontext_t *user = context;
    abi_caught.signal = signal;
    abi_caught.code = information->si_code;
    abi_caught.address = (uint64_t)information->si_addr;
    abi_caught.vector = (uint64_t)user->uc_mcontext.gregs[REG_TRAPNO];
    abi_caught.error = (uint64_t)user->uc_mcontext.gregs[REG_ERR];
    siglongjmp(abi_resume, 1);
}

void abi_catch(int signal, int flags)
{
    struct sigaction action = {.sa_sigaction = abi_caught_one, .sa_flags = SA_SIGINFO | flags};
    sigaction(signal, &action, NULL);
}

void abi_handle(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(signal, &action, NULL);
}

int abi_in_child(void (*function)(void))
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        function();
        _exit(0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

static const struct part {
    const char *name;
    void (*run)(void);
} parts[] = {{"faults", abi_test_faults},         {"memory", abi_test_memory},
             {"advice", abi_test_advice},
             {"registers", abi_test_registers},   {"signals", abi_test_signals},
             {"queued", abi_test_queued},         {"semaphores", abi_test_semaphores},
             {"segments", abi_test_segments},     {"processes", abi_test_processes},
             {"threads", abi_test_threads},       {"futexes", abi_test_futexes},
             {"events", abi_test_events},
             {"sockets", abi_test_sockets},       {"netlink", abi_test_netlink},
             {"loopback", abi_test_loopback},
             {"system", abi_test_system},
             {"files", abi_test_files},
             {"privileges", abi_test_privileges}, {"rooms", abi_test_rooms}, {"disks", abi_test_disks},
             {"limits", abi_test_limits},         {"mounts", abi_test_mounts},
             {"proc", abi_test_proc},             {"clones", abi_test_clones},
             {"sequences", abi_test_sequences},   {"rights", abi_test_rights},
             {"credentials", abi_test_credentials}, {"handles", abi_test_handles},
             {"accounts", abi_test_accounts},     {"terminals", abi_test_terminals},
             {"lines", abi_test_lines},           {"clocks", abi_test_clocks},
             {"classes", abi_test_classes},       {"inotify", abi_test_inotify},
             {"vdso", abi_test_vdso}};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static unsigned descriptors_open(void)
{
    unsigned open = 0;
    for (int i = 0; i < 1024; i++)
        open += fcntl(i, F_GETFD) != -1;
    return open;
}

/* Memory that is free when the part has run in a process of its own, which is gone. */
static unsigned long free_after(const struct part *part)
{
    struct sysinfo information;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        part->run();
        _exit(abi_failures ? 1 : 0);
    }
    CHECK(child > 0 && waitpid(child, NULL, 0) == child && sysinfo(&information) == 0);
    return information.freeram / 4096;
}

/* By a word of the kernel's line: `leaks=0`. Whether anything is lost is no matter of the machine, or of how the kernel
 * takes its switches: three times the tests where an emulator is slow would say nothing that is new. */
static bool is_for_leaks(void)
{
    char line[1024] = "";
    int file = open("/proc/cmdline", O_RDONLY);
    if (file != -1) {
        CHECK(read(file, line, sizeof(line) - 1) > 0);
        close(file);
    }
    return strstr(line, "leaks=0") == NULL;
}

/* Where nobody else runs: what the second time takes is lost for good. */
static void test_leaks(void)
{
    for (size_t i = 0; i < PARTS; i++) {
        unsigned long first = free_after(&parts[i]), second = free_after(&parts[i]);
        if (second < first)
            printf("%s: %lu frames are lost\n", parts[i].name, first - second);
        CHECK(second >= first);
    }
}

int main(int count, char **arguments)
{
    if (count >= 2 && strcmp(arguments[1], "status") == 0)
        return getpid() == syscall(SYS_gettid) ? 42 : 43; /* executed by a thread of one of the parts */
    if (count >= 2 && strcmp(arguments[1], "sequence") == 0)
        return abi_sequence_executed();
    if (count >= 3 && strcmp(arguments[1], "rights") == 0)
        return abi_rights_executed(atoi(arguments[2]));
    if (count >= 3 && strcmp(arguments[1], "credentials") == 0)
        return abi_credentials_executed(atoi(arguments[2]));
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < PARTS; i++) {
        unsigned before = abi_failures, open = descriptors_open();
        parts[i].run();
        CHECK(descriptors_open() == open);
        printf("%s: %s\n", parts[i].name, abi_failures == before ? "ok" : "failed");
    }
    if (getpid() == 1 && is_for_leaks())
        test_leaks();
    printf("abi: %u checks\nabi: %u failures\n", abi_checks, abi_failures);
    if (getpid() == 1)
        reboot(abi_failures ? RB_HALT_SYSTEM : RB_POWER_OFF);
    return abi_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
