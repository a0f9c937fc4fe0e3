/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System V semaphores and message queues: changes that are made together or not at all, waiting, undoing, removal.
 */
#include "abi.h"
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SEMAPHORE_KEY 0x5e3a0001
#define MESSAGE_KEY   0x5e3a0002

union argument {
    int value;
    struct semid_ds *status;
    unsigned short *all;
};

static int shared; /* the set or queue that a child works on */

static int operate(int set, unsigned short number, short change, short flags)
{
    struct sembuf operation = {number, change, flags};
    return semop(set, &operation, 1);
}

static int value_of(int set, int number)
{
    return semctl(set, number, GETVAL);
}

static void set_value(int set, int number, int value)
{
    CHECK(semctl(set, number, SETVAL, (union argument){.value = value}) == 0);
}

static void test_get(void)
{
    int set = semget(SEMAPHORE_KEY, 3, IPC_CREAT | IPC_EXCL | 0600);
    CHECK(set >= 0 && semget(SEMAPHORE_KEY, 3, IPC_CREAT | 0600) == set && semget(SEMAPHORE_KEY, 0, 0) == set);
    CHECK(semget(SEMAPHORE_KEY, 3, IPC_CREAT | IPC_EXCL | 0600) == -1 && errno == EEXIST);
    CHECK(semget(SEMAPHORE_KEY, 4, 0) == -1 && errno == EINVAL);
    CHECK(semget(SEMAPHORE_KEY + 77, 1, 0) == -1 && errno == ENOENT);
    CHECK(semget(IPC_PRIVATE, 0, 0600) == -1 && errno == EINVAL);
    CHECK(semget(IPC_PRIVATE, -1, 0600) == -1 && errno == EINVAL);
    struct semid_ds status;
    CHECK(semctl(set, 0, IPC_STAT, (union argument){.status = &status}) == 0);
    CHECK(status.sem_nsems == 3 && status.sem_otime == 0 && status.sem_ctime != 0);
    CHECK((status.sem_perm.mode & 0777) == 0600 && status.sem_perm.uid == geteuid());
    status.sem_perm.mode = 0640;
    CHECK(semctl(set, 0, IPC_SET, (union argument){.status = &status}) == 0);
    CHECK(semctl(set, 0, IPC_STAT, (union argument){.status = &status}) == 0 && (status.sem_perm.mode & 0777) == 0640);
    CHECK(semctl(set, 0, IPC_RMID) == 0);
    CHECK(semctl(set, 0, IPC_RMID) == -1 && errno == EINVAL);
    CHECK(semget(SEMAPHORE_KEY, 0, 0) == -1 && errno == ENOENT);
    int again = semget(SEMAPHORE_KEY, 1, IPC_CREAT | 0600);
    CHECK(again >= 0 && again != set && semctl(again, 0, IPC_RMID) == 0);
}

static void test_values(int set)
{
    unsigned short all[3] = {5, 6, 7};
    CHECK(semctl(set, 0, SETALL, (union argument){.all = all}) == 0);
    memset(all, 0, sizeof(all));
    CHECK(semctl(set, 0, GETALL, (union argument){.all = all}) == 0 && all[0] == 5 && all[1] == 6 && all[2] == 7);
    set_value(set, 1, 0);
    CHECK(value_of(set, 1) == 0 && value_of(set, 2) == 7 && semctl(set, 1, GETPID) == getpid());
    CHECK(semctl(set, 3, GETVAL) == -1 && errno == EINVAL);
    CHECK(semctl(set, 0, SETVAL, (union argument){.value = -1}) == -1 && errno == ERANGE);
    CHECK(semctl(set, 0, SETVAL, (union argument){.value = 32768}) == -1 && errno == ERANGE);
    all[1] = 40000;
    CHECK(semctl(set, 0, SETALL, (union argument){.all = all}) == -1 && errno == ERANGE && value_of(set, 0) == 5);
    CHECK(semctl(set, 0, 4711) == -1 && errno == EINVAL);
}

/* All or nothing. */
static void test_together(int set)
{
    struct sembuf both[] = {{0, -2, IPC_NOWAIT}, {1, -1, IPC_NOWAIT}};
    struct sembuf past[] = {{0, 1, 0}, {2, 32767, 0}};
    set_value(set, 0, 3);
    set_value(set, 1, 0);
    set_value(set, 2, 1);
    CHECK(semop(set, both, 2) == -1 && errno == EAGAIN && value_of(set, 0) == 3 && value_of(set, 1) == 0);
    CHECK(operate(set, 1, 1, 0) == 0 && semop(set, both, 2) == 0 && value_of(set, 0) == 1 && value_of(set, 1) == 0);
    CHECK(semop(set, past, 2) == -1 && errno == ERANGE && value_of(set, 0) == 1 && value_of(set, 2) == 1);
    CHECK(operate(set, 0, 0, IPC_NOWAIT) == -1 && errno == EAGAIN);
    CHECK(operate(set, 1, 0, IPC_NOWAIT) == 0);
    CHECK(operate(set, 3, 1, 0) == -1 && errno == EFBIG);
    CHECK(semop(set, both, 0) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_semop, set, both, 100000) == -1 && errno == E2BIG);
    CHECK(syscall(SYS_semop, set, NULL, 1) == -1 && errno == EFAULT);
    CHECK(operate(-1, 0, 1, 0) == -1 && errno == EINVAL);
}

static void take_two(void)
{
    if (operate(shared, 0, -2, 0) || operate(shared, 1, 1, 0))
        _exit(1);
}

static void wait_for_zero(void)
{
    if (operate(shared, 0, 0, 0))
        _exit(1);
}

static void wait_for_ever(void)
{
    _exit(operate(shared, 0, -1, 0) == -1 && errno == EIDRM ? 0 : 1);
}

static pid_t start(void (*function)(void))
{
    pid_t child = fork();
    if (child == 0) {
        function();
        _exit(0);
    }
    return child;
}

static int end_of(pid_t child)
{
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static void await_count(int set, int command)
{
    for (int i = 0; i < 500 && semctl(set, 0, command) == 0; i++)
        usleep(2000);
    CHECK(semctl(set, 0, command) == 1);
}

static void test_waiting(int set)
{
    struct timespec span = {0, 20000000}, bad = {0, -1};
    struct sembuf down = {0, -1, 0};
    shared = set;
    set_value(set, 0, 0);
    set_value(set, 1, 0);
    pid_t child = start(take_two);
    await_count(set, GETNCNT);
    CHECK(operate(set, 0, 1, 0) == 0 && value_of(set, 1) == 0);
    CHECK(operate(set, 0, 1, 0) == 0 && operate(set, 1, -1, 0) == 0);
    CHECK(end_of(child) == 0 && value_of(set, 0) == 0 && semctl(set, 0, GETNCNT) == 0);
    set_value(set, 0, 1);
    child = start(wait_for_zero);
    await_count(set, GETZCNT);
    CHECK(operate(set, 0, -1, 0) == 0 && end_of(child) == 0);
    CHECK(semtimedop(set, &down, 1, &span) == -1 && errno == EAGAIN);
    CHECK(semtimedop(set, &down, 1, &bad) == -1 && errno == EINVAL);
}

static void give_up_three(void)
{
    if (operate(shared, 0, -3, SEM_UNDO) || operate(shared, 1, 4, SEM_UNDO) || operate(shared, 0, 1, SEM_UNDO))
        _exit(1);
}

static void take_and_end(void)
{
    if (operate(shared, 0, -1, SEM_UNDO) == 0)
        kill(getpid(), SIGKILL);
}

static void take_twice(void)
{
    if (operate(shared, 0, -1, SEM_UNDO))
        _exit(1);
    pid_t child = start(wait_for_zero); /* inherits nothing that would be undone */
    if (child < 0 || waitpid(child, NULL, 0) != child || value_of(shared, 0) != 0)
        _exit(2);
}

static void test_undo(int set)
{
    shared = set;
    set_value(set, 0, 5);
    set_value(set, 1, 0);
    CHECK(abi_in_child(give_up_three) == 0 && value_of(set, 0) == 5 && value_of(set, 1) == 0);
    int status = abi_in_child(take_and_end);
    CHECK(WIFSIGNALED(status) && value_of(set, 0) == 5);
    set_value(set, 0, 1);
    CHECK(abi_in_child(take_twice) == 0 && value_of(set, 0) == 1);
    /* Setting a value forgets what was to be undone. */
    set_value(set, 0, 5);
    set_value(set, 2, 0);
    pid_t child = fork();
    if (child == 0) {
        operate(set, 0, -3, SEM_UNDO);
        operate(set, 2, 1, 0);
        operate(set, 1, -1, 0);
        _exit(0);
    }
    CHECK(operate(set, 2, -1, 0) == 0 && value_of(set, 0) == 2);
    set_value(set, 0, 9);
    CHECK(operate(set, 1, 1, 0) == 0 && end_of(child) == 0 && value_of(set, 0) == 9);
}

static void test_removal(int set)
{
    shared = set;
    set_value(set, 0, 0);
    pid_t child = start(wait_for_ever);
    await_count(set, GETNCNT);
    CHECK(semctl(set, 0, IPC_RMID) == 0 && end_of(child) == 0);
    CHECK(operate(set, 0, 1, 0) == -1 && errno == EINVAL);
}

/* ---- messages ---- */

struct message {
    long type;
    char text[64];
};

static int send_text(int queue, long type, const char *text, int flags)
{
    struct message message = {.type = type};
    strcpy(message.text, text);
    return msgsnd(queue, &message, strlen(text), flags);
}

/* Is the next message of that type this one? */
static bool comes(int queue, long type, int flags, long wanted_type, const char *wanted)
{
    struct message message;
    memset(&message, 0, sizeof(message));
    ssize_t bytes = msgrcv(queue, &message, sizeof(message.text), type, flags | IPC_NOWAIT);
    return bytes == (ssize_t)strlen(wanted) && message.type == wanted_type && strcmp(message.text, wanted) == 0;
}

static void test_types(int queue)
{
    struct msqid_ds status;
    CHECK(send_text(queue, 5, "five", 0) == 0 && send_text(queue, 2, "two", 0) == 0);
    CHECK(send_text(queue, 9, "nine", 0) == 0 && send_text(queue, 2, "again", 0) == 0 &&
          send_text(queue, 7, "", 0) == 0);
    CHECK(msgctl(queue, IPC_STAT, &status) == 0 && status.msg_qnum == 5 && status.msg_lspid == getpid());
    CHECK(comes(queue, 2, 0, 2, "two") && comes(queue, -6, 0, 2, "again") && comes(queue, -6, 0, 5, "five"));
    CHECK(!comes(queue, -6, 0, 5, "five") && errno == ENOMSG);
    CHECK(comes(queue, 9, MSG_EXCEPT, 7, "") && comes(queue, 0, 0, 9, "nine"));
    CHECK(!comes(queue, 0, 0, 0, "") && errno == ENOMSG);
    CHECK(msgctl(queue, IPC_STAT, &status) == 0 && status.msg_qnum == 0 && status.msg_lrpid == getpid());
    CHECK(status.msg_stime != 0 && status.msg_rtime != 0);
}

static void test_sizes(int queue)
{
    static char big[9000];
    struct message message;
    CHECK(send_text(queue, 1, "longer than four", 0) == 0);
    CHECK(msgrcv(queue, &message, 4, 0, IPC_NOWAIT) == -1 && errno == E2BIG);
    CHECK(msgrcv(queue, &message, 4, 0, IPC_NOWAIT | MSG_NOERROR) == 4 && memcmp(message.text, "long", 4) == 0);
    CHECK(!comes(queue, 0, 0, 0, ""));
    *(long *)big = 1;
    CHECK(msgsnd(queue, big, 8193, 0) == -1 && errno == EINVAL);
    CHECK(send_text(queue, 0, "type", 0) == -1 && errno == EINVAL);
    CHECK(send_text(queue, -1, "type", 0) == -1 && errno == EINVAL);
    CHECK(send_text(-1, 1, "type", 0) == -1 && errno == EINVAL);
    CHECK(msgsnd(queue, big, 8192, 0) == 0 && msgsnd(queue, big, 8192, 0) == 0);
    CHECK(msgsnd(queue, big, 1, IPC_NOWAIT) == -1 && errno == EAGAIN);
    CHECK(msgrcv(queue, big, sizeof(big) - sizeof(long), 0, 0) == 8192 && msgsnd(queue, big, 1, IPC_NOWAIT) == 0);
    CHECK(msgrcv(queue, big, sizeof(big) - sizeof(long), 0, 0) == 8192);
    CHECK(msgrcv(queue, big, sizeof(big) - sizeof(long), 0, 0) == 1);
    CHECK(syscall(SYS_msgsnd, queue, NULL, 1, 0) == -1 && errno == EFAULT);
}

static void receive_one(void)
{
    struct message message;
    ssize_t bytes = msgrcv(shared, &message, sizeof(message.text), 3, 0);
    _exit(bytes == 5 && memcmp(message.text, "three", 5) == 0 ? 0 : 1);
}

static void receive_none(void)
{
    struct message message;
    _exit(msgrcv(shared, &message, sizeof(message.text), 3, 0) == -1 && errno == EIDRM ? 0 : 1);
}

static void ignore_alarm(int signal)
{
    (void)signal;
}

static void test_messages(void)
{
    int queue = msgget(MESSAGE_KEY, IPC_CREAT | IPC_EXCL | 0600);
    struct message message;
    CHECK(queue >= 0 && msgget(MESSAGE_KEY, 0) == queue);
    CHECK(msgget(MESSAGE_KEY, IPC_CREAT | IPC_EXCL) == -1 && errno == EEXIST);
    CHECK(msgget(MESSAGE_KEY + 77, 0) == -1 && errno == ENOENT);
    test_types(queue);
    test_sizes(queue);
    shared = queue;
    pid_t child = start(receive_one);
    CHECK(send_text(queue, 4, "four", 0) == 0 && send_text(queue, 3, "three", 0) == 0 && end_of(child) == 0);
    CHECK(comes(queue, 0, 0, 4, "four"));
    /* A handler interrupts, SA_RESTART or not. */
    abi_handle(SIGALRM, ignore_alarm, SA_RESTART);
    alarm(1);
    CHECK(msgrcv(queue, &message, sizeof(message.text), 0, 0) == -1 && errno == EINTR);
    signal(SIGALRM, SIG_DFL);
    child = start(receive_none);
    usleep(30000);
    CHECK(msgctl(queue, IPC_RMID, NULL) == 0);
    int status = end_of(child);
    CHECK(status == 0);
    CHECK(msgctl(queue, IPC_RMID, NULL) == -1 && errno == EINVAL);
}

void abi_test_semaphores(void)
{
    test_get();
    int set = semget(IPC_PRIVATE, 3, 0600);
    CHECK(set >= 0);
    test_values(set);
    test_together(set);
    test_waiting(set);
    test_undo(set);
    test_removal(set);
    test_messages();
}
