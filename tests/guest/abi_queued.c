/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals that queue, with what they say, and the timers of a process.
 */
#include "abi.h"
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST (SIGRTMIN + 1)
#define THIRD (SIGRTMIN + 3)

static int seen[8], values[8], codes[8];
static unsigned seen_count;

static void note(int signal, siginfo_t *information, void *context)
{
    (void)context;
    if (seen_count < 8) {
        seen[seen_count] = signal;
        values[seen_count] = information->si_value.sival_int;
        codes[seen_count] = information->si_code;
    }
    seen_count++;
}

static sigset_t set_of(int first, int second)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, first);
    if (second)
        sigaddset(&set, second);
    return set;
}

static void note_signal(int signal)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

static int queue(int signal, int value)
{
    return sigqueue(getpid(), signal, (union sigval){.sival_int = value});
}

/* Each instance comes, the lowest number first, of one number in the order of sending. */
static void test_order(void)
{
    static const int order[] = {3, 1, 4, 1, 5};
    sigset_t both = set_of(FIRST, THIRD), pending;
    note_signal(FIRST);
    note_signal(THIRD);
    sigprocmask(SIG_BLOCK, &both, NULL);
    seen_count = 0;
    CHECK(queue(THIRD, order[0]) == 0 && queue(FIRST, order[1]) == 0 && queue(THIRD, order[2]) == 0);
    CHECK(queue(FIRST, order[3]) == 0 && queue(FIRST, order[4]) == 0);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, FIRST) && sigismember(&pending, THIRD));
    CHECK(seen_count == 0);
    sigprocmask(SIG_UNBLOCK, &both, NULL);
    CHECK(seen_count == 5);
    CHECK(seen[0] == FIRST && values[0] == 1 && seen[1] == FIRST && values[1] == 1 && values[2] == 5);
    CHECK(seen[3] == THIRD && values[3] == 3 && seen[4] == THIRD && values[4] == 4);
    CHECK(codes[0] == SI_QUEUE && codes[4] == SI_QUEUE);
    CHECK(sigpending(&pending) == 0 && !sigismember(&pending, FIRST) && !sigismember(&pending, THIRD));
}

static void test_standard_is_not_queued(void)
{
    sigset_t user1 = set_of(SIGUSR1, 0);
    note_signal(SIGUSR1);
    sigprocmask(SIG_BLOCK, &user1, NULL);
    seen_count = 0;
    CHECK(queue(SIGUSR1, 7) == 0 && queue(SIGUSR1, 8) == 0 && kill(getpid(), SIGUSR1) == 0);
    sigprocmask(SIG_UNBLOCK, &user1, NULL);
    CHECK(seen_count == 1 && values[0] == 7 && codes[0] == SI_QUEUE);
}

static void test_wait(void)
{
    sigset_t first = set_of(FIRST, 0);
    siginfo_t information;
    struct timespec now = {0, 0};
    struct signalfd_siginfo record;
    sigprocmask(SIG_BLOCK, &first, NULL);
    CHECK(queue(FIRST, 11) == 0 && queue(FIRST, 12) == 0 && queue(FIRST, 13) == 0 && kill(getpid(), FIRST) == 0);
    CHECK(sigtimedwait(&first, &information, &now) == FIRST && information.si_value.sival_int == 11);
    CHECK(information.si_pid == getpid() && information.si_uid == getuid() && information.si_code == SI_QUEUE);
    CHECK(sigwaitinfo(&first, &information) == FIRST && information.si_value.sival_int == 12);
    int descriptor = signalfd(-1, &first, SFD_NONBLOCK);
    CHECK(descriptor >= 0 && read(descriptor, &record, sizeof(record)) == sizeof(record));
    CHECK(record.ssi_signo == (uint32_t)FIRST && record.ssi_int == 13 && record.ssi_code == SI_QUEUE);
    CHECK(sigtimedwait(&first, &information, &now) == FIRST && information.si_code == SI_USER);
    CHECK(sigtimedwait(&first, &information, &now) == -1 && errno == EAGAIN);
    close(descriptor);
    /* Ignoring throws away what waits. */
    CHECK(queue(FIRST, 1) == 0 && queue(FIRST, 2) == 0);
    signal(FIRST, SIG_IGN);
    CHECK(sigtimedwait(&first, &information, &now) == -1 && errno == EAGAIN);
    note_signal(FIRST);
    sigprocmask(SIG_UNBLOCK, &first, NULL);
}

/* Only to itself may a process say what kill(2) and the kernel say. */
static void pretend(void)
{
    siginfo_t information;
    memset(&information, 0, sizeof(information));
    information.si_code = SI_USER;
    if (syscall(SYS_rt_sigqueueinfo, getppid(), 0, &information) != -1 || errno != EPERM)
        _exit(1);
    information.si_code = SI_TKILL;
    if (syscall(SYS_rt_tgsigqueueinfo, getppid(), getppid(), 0, &information) != -1 || errno != EPERM)
        _exit(2);
}

static void test_permission(void)
{
    siginfo_t information;
    memset(&information, 0, sizeof(information));
    int status = abi_in_child(pretend);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    information.si_code = SI_QUEUE;
    CHECK(syscall(SYS_rt_sigqueueinfo, getpid(), 0, &information) == 0);
    CHECK(syscall(SYS_rt_sigqueueinfo, getpid(), 65, &information) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_rt_sigqueueinfo, getpid(), 0, NULL) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_rt_sigqueueinfo, 30000, 0, &information) == -1 && errno == ESRCH);
    CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0, FIRST, &information) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_rt_tgsigqueueinfo, 30000, getpid(), FIRST, &information) == -1 && errno == ESRCH);
    information.si_code = SI_USER;
    seen_count = 0;
    information.si_value.sival_int = 99;
    CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), FIRST, &information) == 0);
    CHECK(seen_count == 1 && seen[0] == FIRST && values[0] == 99 && codes[0] == SI_USER);
}

/* In a child, since a hard limit does not rise again. */
static void fill_queue(void)
{
    sigset_t first = set_of(FIRST, 0);
    struct rlimit old, limit = {4, 4};
    struct timespec now = {0, 0};
    siginfo_t information;
    sigprocmask(SIG_BLOCK, &first, NULL);
    if (getrlimit(RLIMIT_SIGPENDING, &old) || old.rlim_cur < 4)
        _exit(1);
    /* A user of its own, where that is allowed, so that nobody else's signals count. */
    if (getuid() == 0 && setuid(4711))
        _exit(2);
    if (setrlimit(RLIMIT_SIGPENDING, &limit))
        _exit(3);
    int sent = 0;
    while (sent < 10 && queue(FIRST, sent) == 0)
        sent++;
    if (sent > 4 || errno != EAGAIN || (getuid() == 4711 && sent != 4))
        _exit(4);
    if (kill(getpid(), FIRST))
        _exit(5);
    for (int i = 0; i < sent; i++)
        if (sigtimedwait(&first, &information, &now) != FIRST || information.si_value.sival_int != i)
            _exit(6);
    /* kill's needs no room; and where it has come, there is room again. */
    if (sent == 4 && (queue(FIRST, 50) || sigtimedwait(&first, &information, &now) != FIRST))
        _exit(7);
    limit.rlim_max = 5;
    if (setrlimit(RLIMIT_SIGPENDING, &limit) == 0 || errno != EPERM)
        _exit(8);
}

static void test_limit(void)
{
    int status = abi_in_child(fill_queue);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static long elapsed_ms(const struct timespec *since)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

static struct itimerspec setting(long first_ms, long interval_ms)
{
    return (struct itimerspec){{interval_ms / 1000, interval_ms % 1000 * 1000000},
                               {first_ms / 1000, first_ms % 1000 * 1000000}};
}

static void test_timer_once(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = FIRST, .sigev_value.sival_int = 21};
    struct itimerspec once = setting(20, 0), left, old;
    struct timespec before;
    sigset_t first = set_of(FIRST, 0);
    siginfo_t information;
    timer_t timer;
    sigprocmask(SIG_BLOCK, &first, NULL);
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK(timer_settime(timer, 0, &once, &old) == 0 && old.it_value.tv_nsec == 0);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 20000000);
    CHECK(sigwaitinfo(&first, &information) == FIRST && elapsed_ms(&before) >= 20);
    CHECK(information.si_code == SI_TIMER && information.si_value.sival_int == 21 && information.si_overrun == 0);
    CHECK(timer_getoverrun(timer) == 0 && timer_gettime(timer, &left) == 0 && left.it_value.tv_nsec == 0);
    /* An absolute time that is past; then a long one, changed and disarmed. */
    once = (struct itimerspec){{0, 0}, {0, 1}};
    CHECK(timer_settime(timer, TIMER_ABSTIME, &once, NULL) == 0 && sigwaitinfo(&first, &information) == FIRST);
    once = setting(100000, 5000);
    CHECK(timer_settime(timer, 0, &once, NULL) == 0);
    once = setting(0, 0);
    CHECK(timer_settime(timer, 0, &once, &old) == 0 && old.it_value.tv_sec >= 99 && old.it_interval.tv_sec == 5);
    struct timespec now = {0, 0};
    CHECK(sigtimedwait(&first, &information, &now) == -1 && errno == EAGAIN);
    CHECK(timer_delete(timer) == 0);
    sigprocmask(SIG_UNBLOCK, &first, NULL);
}

/* While the signal is blocked periods pass: they are its overrun. */
static void test_timer_overrun(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = FIRST};
    struct itimerspec periodic = setting(5, 5), left;
    sigset_t first = set_of(FIRST, 0);
    siginfo_t information;
    timer_t timer;
    sigprocmask(SIG_BLOCK, &first, NULL);
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    CHECK(timer_settime(timer, 0, &periodic, NULL) == 0);
    usleep(62000);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_interval.tv_nsec == 5000000 && left.it_value.tv_nsec <= 5000000);
    CHECK(sigwaitinfo(&first, &information) == FIRST && information.si_overrun >= 10);
    CHECK(timer_getoverrun(timer) == information.si_overrun);
    CHECK(sigwaitinfo(&first, &information) == FIRST && information.si_code == SI_TIMER);
    usleep(12000);
    CHECK(timer_delete(timer) == 0);
    sigprocmask(SIG_UNBLOCK, &first, NULL);
    CHECK(timer_getoverrun(timer) == -1 && errno == EINVAL);
}

static void test_timer_handler(void)
{
    struct itimerspec periodic = setting(10, 10), none = setting(0, 0), left;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    timer_t timer, silent;
    note_signal(SIGALRM);
    seen_count = 0;
    CHECK(timer_create(CLOCK_REALTIME, NULL, &timer) == 0);
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &silent) == 0);
    CHECK(timer_settime(silent, 0, &periodic, NULL) == 0 && timer_settime(timer, 0, &periodic, NULL) == 0);
    while (seen_count < 3)
        pause();
    CHECK(seen[0] == SIGALRM && codes[0] == SI_TIMER && seen[2] == SIGALRM);
    CHECK(timer_settime(timer, 0, &none, NULL) == 0 && timer_delete(timer) == 0);
    CHECK(timer_gettime(silent, &left) == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 10000000);
    CHECK(timer_delete(silent) == 0);
    signal(SIGALRM, SIG_DFL);
}

static void test_timer_thread(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = FIRST};
    struct itimerspec once = setting(10, 0);
    sigset_t first = set_of(FIRST, 0);
    timer_t timer;
    /* sigev_notify_thread_id has no common name. */
    memcpy((char *)&event + 16, &(int){(int)syscall(SYS_gettid)}, sizeof(int));
    sigprocmask(SIG_BLOCK, &first, NULL);
    CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0);
    int number = *(int *)&timer;
    CHECK(syscall(SYS_timer_settime, number, 0, &once, NULL) == 0);
    CHECK(sigwaitinfo(&first, NULL) == FIRST && syscall(SYS_timer_delete, number) == 0);
    memcpy((char *)&event + 16, &(int){1 << 30}, sizeof(int));
    CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == -1 && errno == EINVAL);
    sigprocmask(SIG_UNBLOCK, &first, NULL);
}

static void test_timer_errors(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65};
    struct itimerspec bad = {{0, 0}, {0, 1000000000}}, good = setting(1000, 0);
    timer_t timer;
    CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == -1 && errno == EINVAL);
    event.sigev_signo = SIGUSR1;
    event.sigev_notify = 77;
    CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_timer_create, 4711, NULL, &timer) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, NULL) == -1 && errno == EFAULT);
    CHECK(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0);
    int number = *(int *)&timer;
    CHECK(timer_settime(timer, 0, &bad, NULL) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_timer_settime, number, 0, NULL, NULL) == -1 && errno == EINVAL);
    CHECK(timer_settime(timer, 0, &good, NULL) == 0);
    /* A child has none of its parent's timers. */
    pid_t child = fork();
    int status = 0;
    if (child == 0)
        _exit(syscall(SYS_timer_delete, number) == -1 && errno == EINVAL ? 0 : 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(timer_delete(timer) == 0);
    CHECK(syscall(SYS_timer_delete, number) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_timer_gettime, number, &good) == -1 && errno == EINVAL);
}

void abi_test_queued(void)
{
    test_order();
    test_standard_is_not_queued();
    test_wait();
    test_permission();
    test_limit();
    test_timer_once();
    test_timer_overrun();
    test_timer_handler();
    test_timer_thread();
    test_timer_errors();
    signal(SIGUSR1, SIG_DFL);
    signal(FIRST, SIG_DFL);
    signal(THIRD, SIG_DFL);
}
