/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the system-call test share. The program tests what Linux promises: it must also pass on
 * Linux (build/tests/guest/abi, run as a user).
 */
#ifndef ABI_H
#define ABI_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

extern unsigned abi_checks, abi_failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        abi_checks++;                                                                                                  \
        if (!(condition)) {                                                                                            \
            printf("%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);                                   \
            abi_failures++;                                                                                            \
        }                                                                                                              \
    } while (0)

/* The same in a child, which ends there with status 1. */
#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);                                   \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)

/* Catches the program's own exceptions: if (!ABI_TRY()) { what must fault; } then look at abi_caught. */
struct abi_caught {
    int signal, code;
    uint64_t address, vector, error;
};
extern volatile struct abi_caught abi_caught;
extern sigjmp_buf abi_resume;
void abi_catch(int signal, int flags);
#define ABI_TRY() (abi_caught.signal = 0, sigsetjmp(abi_resume, 1))

/* Installs a plain handler. */
void abi_handle(int signal, void (*handler)(int), int flags);

/* Runs the function in a child; the status as waitpid gives it. */
int abi_in_child(void (*function)(void));

void abi_test_faults(void);
void abi_test_memory(void);
void abi_test_advice(void);
void abi_test_registers(void);
void abi_test_signals(void);
void abi_test_queued(void);
void abi_test_semaphores(void);
void abi_test_segments(void);
void abi_test_processes(void);
void abi_test_mounts(void);
void abi_test_rooms(void);
void abi_test_disks(void);
void abi_test_limits(void);
void abi_test_proc(void);
void abi_test_clones(void);
void abi_test_privileges(void);
void abi_test_threads(void);
void abi_test_futexes(void);
void abi_test_events(void);
void abi_test_sockets(void);
void abi_test_netlink(void);
void abi_test_loopback(void);
void abi_test_system(void);
void abi_test_files(void);
void abi_test_sequences(void);
void abi_test_rights(void);
void abi_test_credentials(void);
void abi_test_handles(void);
void abi_test_accounts(void);
void abi_test_terminals(void);
void abi_test_lines(void);
void abi_test_clocks(void);
void abi_test_classes(void);
void abi_test_inotify(void);
void abi_test_vdso(void);

/* What the programs do that some of the parts execute: their status. */
int abi_sequence_executed(void);
int abi_rights_executed(int descriptor);
int abi_credentials_executed(int descriptor);

#endif
