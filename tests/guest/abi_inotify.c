/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inotify(7): which calls cause which events, with which names, in which order; what is not told twice; limits and
 * errors.
 */
#include "abi.h"
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

static int events_file;
static char events_text[4096];

/* All that has happened, as "watch:mask:name" one after the other; cookies only as whether they are the last one's. */
static const char *events(void)
{
    char buffer[8192] __attribute__((aligned(8)));
    uint32_t cookie = 0;
    events_text[0] = '\0';
    ssize_t bytes = read(events_file, buffer, sizeof(buffer));
    for (ssize_t at = 0; at < bytes;) {
        const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
        char one[300];
        snprintf(one, sizeof(one), "%s%d:%x%s%s%s", at ? " " : "", event->wd, event->mask, event->len ? ":" : "",
                 event->len ? event->name : "", event->cookie ? event->cookie == cookie ? "=" : "+" : "");
        strncat(events_text, one, sizeof(events_text) - strlen(events_text) - 1);
        cookie = event->cookie;
        at += (ssize_t)sizeof(*event) + event->len;
    }
    return events_text;
}

#define HAPPENED(text)                                                                                                 \
    do {                                                                                                               \
        const char *happened = events();                                                                               \
        CHECK(strcmp(happened, (text)) == 0);                                                                          \
        if (strcmp(happened, (text)) != 0)                                                                             \
            printf("happened: %s\n", happened);                                                                        \
    } while (0)

static void put(const char *name, const char *text)
{
    int file = open(name, O_WRONLY | O_CREAT, 0644);
    CHECK(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text) && close(file) == 0);
}

static void test_directory(void)
{
    char byte;
    struct utimbuf times = {1000, 1000};
    int watch = inotify_add_watch(events_file, ".", IN_ALL_EVENTS);
    CHECK(watch == 1);
    put("one", "text");
    HAPPENED("1:100:one 1:20:one 1:2:one 1:8:one");
    int file = open("one", O_RDONLY);
    CHECK(file >= 0 && read(file, &byte, 1) == 1 && read(file, &byte, 1) == 1 && close(file) == 0);
    HAPPENED("1:20:one 1:1:one 1:10:one");
    CHECK(chmod("one", 0600) == 0 && utime("one", &times) == 0 && truncate("one", 2) == 0);
    HAPPENED("1:4:one 1:2:one");
    file = open("one", O_WRONLY | O_TRUNC);
    CHECK(file >= 0 && ftruncate(file, 3) == 0 && pwrite(file, "x", 1, 0) == 1 && close(file) == 0);
    HAPPENED("1:20:one 1:2:one 1:8:one");
    file = open("one", O_RDONLY);
    int copy = open("two", O_WRONLY | O_CREAT, 0600);
    CHECK(sendfile(copy, file, NULL, 2) == 2 && close(copy) == 0 && close(file) == 0 && unlink("two") == 0);
    HAPPENED("1:20:one 1:100:two 1:20:two 1:1:one 1:2:two 1:8:two 1:10:one 1:200:two");
    CHECK(mkdir("sub", 0755) == 0 && rmdir("sub") == 0 && symlink("one", "sym") == 0 && mkfifo("fifo", 0600) == 0);
    HAPPENED("1:40000100:sub 1:40000200:sub 1:100:sym 1:100:fifo");
    CHECK(link("one", "two") == 0 && rename("two", "three") == 0 && unlink("three") == 0);
    HAPPENED("1:100:two 1:40:two+ 1:80:three= 1:200:three");
    CHECK(unlink("sym") == 0 && unlink("fifo") == 0 && unlink("one") == 0);
    HAPPENED("1:200:sym 1:200:fifo 1:200:one");
    CHECK(inotify_rm_watch(events_file, watch) == 0 && inotify_rm_watch(events_file, watch) == -1 && errno == EINVAL);
    HAPPENED("1:8000");
    HAPPENED("");
}

static void test_file(void)
{
    put("one", "text");
    put("other", "text");
    int watch = inotify_add_watch(events_file, "one", IN_ALL_EVENTS);
    CHECK(watch == 2 && inotify_add_watch(events_file, "one", IN_ALL_EVENTS) == watch);
    CHECK(rename("one", "two") == 0 && link("two", "three") == 0 && unlink("three") == 0);
    HAPPENED("2:800 2:4");
    int file = open("two", O_RDWR);
    CHECK(file >= 0 && unlink("two") == 0);
    HAPPENED("2:20 2:4");
    CHECK(write(file, "x", 1) == 1 && close(file) == 0);
    HAPPENED("2:2 2:8 2:400 2:8000");
    watch = inotify_add_watch(events_file, "other", IN_DELETE_SELF | IN_ATTRIB);
    put("new", "text");
    CHECK(watch == 3 && rename("new", "other") == 0);
    HAPPENED("3:4 3:400 3:8000");
    watch = inotify_add_watch(events_file, "other", IN_OPEN | IN_ONESHOT);
    put("other", "a");
    put("other", "b");
    HAPPENED("4:20 4:8000");
    CHECK(inotify_add_watch(events_file, "other", IN_OPEN) == 5);
    CHECK(inotify_add_watch(events_file, "other", IN_CLOSE_WRITE | IN_MASK_ADD) == 5);
    put("other", "b");
    HAPPENED("5:20 5:8");
    CHECK(inotify_add_watch(events_file, "other", IN_MODIFY) == 5);
    put("other", "b");
    put("other", "b");
    HAPPENED("5:2");
    CHECK(inotify_rm_watch(events_file, 5) == 0);
    HAPPENED("5:8000");
    CHECK(unlink("other") == 0);
}

static void test_both(void)
{
    CHECK(mkdir("sub", 0755) == 0 && inotify_add_watch(events_file, ".", IN_OPEN | IN_MOVE | IN_DELETE) == 6);
    CHECK(inotify_add_watch(events_file, "sub", IN_ALL_EVENTS) == 7);
    int file = open("sub", O_RDONLY | O_DIRECTORY);
    CHECK(file >= 0 && close(file) == 0);
    HAPPENED("6:40000020:sub 7:40000020 7:40000010");
    put("x", "y");
    CHECK(rename("x", "sub/x") == 0);
    HAPPENED("6:20:x 6:40:x+ 7:80:x=");
    CHECK(unlink("sub/x") == 0 && rmdir("sub") == 0);
    HAPPENED("7:200:x 7:400 7:8000 6:40000200:sub");
    CHECK(inotify_rm_watch(events_file, 6) == 0);
    HAPPENED("6:8000");
}

static void test_reading(void)
{
    char buffer[64] __attribute__((aligned(8)));
    struct pollfd entry = {events_file, POLLIN, 0};
    struct epoll_event event = {.events = EPOLLIN};
    int bytes = -1, status;
    int watch = inotify_add_watch(events_file, ".", IN_CREATE), set = epoll_create1(0);
    CHECK(poll(&entry, 1, 0) == 0 && read(events_file, buffer, 64) == -1 && errno == EAGAIN);
    CHECK(epoll_ctl(set, EPOLL_CTL_ADD, events_file, &event) == 0 && epoll_wait(set, &event, 1, 0) == 0);
    put("fifteen-letters", "");
    put("sixteen--letters", "");
    CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLIN && epoll_wait(set, &event, 1, 0) == 1);
    CHECK(ioctl(events_file, FIONREAD, &bytes) == 0 && bytes == 32 + 48);
    CHECK(read(events_file, buffer, 31) == -1 && errno == EINVAL);
    CHECK(read(events_file, buffer, 64) == 32 && ((struct inotify_event *)(void *)buffer)->len == 16);
    CHECK(read(events_file, (char *)16, 64) == -1 && errno == EFAULT);
    CHECK(write(events_file, buffer, 16) == -1 && errno == EBADF);
    CHECK(unlink("fifteen-letters") == 0 && unlink("sixteen--letters") == 0 && close(set) == 0);
    fcntl(events_file, F_SETFL, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(read(events_file, buffer, 64) != 32);
    usleep(20000);
    put("late", "");
    CHECK(waitpid(child, &status, 0) == child && status == 0 && unlink("late") == 0);
    fcntl(events_file, F_SETFL, O_NONBLOCK);
    /* Two descriptors of one instance are one; another instance sees the same. */
    int other = inotify_init();
    CHECK(inotify_add_watch(other, ".", IN_CREATE) == 1);
    put("late", "");
    CHECK(read(other, buffer, 64) == 32 && read(events_file, buffer, 64) == 32 && unlink("late") == 0);
    CHECK(close(other) == 0 && inotify_rm_watch(events_file, watch) == 0);
    HAPPENED("8:8000");
}

static void test_overflow(void)
{
    char buffer[65536] __attribute__((aligned(8)));
    const struct inotify_event *event = NULL;
    CHECK(inotify_add_watch(events_file, ".", IN_CREATE | IN_DELETE) == 9);
    for (unsigned i = 0; i < 8300; i++)
        if (symlink("nowhere", "x") || unlink("x"))
            CHECK(!"symlink and unlink");
    unsigned count = 0;
    for (ssize_t bytes; (bytes = read(events_file, buffer, sizeof(buffer))) > 0;)
        for (ssize_t at = 0; at < bytes; at += (ssize_t)sizeof(*event) + event->len, count++)
            event = (const struct inotify_event *)(buffer + at);
    CHECK(count == 16385 && event && event->wd == -1 && event->mask == IN_Q_OVERFLOW && event->len == 0);
}

static void test_refusals(void)
{
    put("one", "");
    CHECK(inotify_init1(1) == -1 && errno == EINVAL);
    int other = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    CHECK(other >= 0 && fcntl(other, F_GETFD) == FD_CLOEXEC && (fcntl(other, F_GETFL) & O_NONBLOCK) &&
          close(other) == 0);
    CHECK(inotify_add_watch(99, ".", IN_OPEN) == -1 && errno == EBADF);
    CHECK(inotify_add_watch(1, ".", IN_OPEN) == -1 && errno == EINVAL && inotify_rm_watch(1, 1) == -1 &&
          errno == EINVAL);
    CHECK(inotify_add_watch(events_file, ".", 0) == -1 && errno == EINVAL);
    CHECK(inotify_add_watch(events_file, ".", IN_OPEN | 0x10000) == -1 && errno == EINVAL);
    CHECK(inotify_add_watch(events_file, "none", IN_OPEN) == -1 && errno == ENOENT);
    CHECK(inotify_add_watch(events_file, (char *)16, IN_OPEN) == -1 && errno == EFAULT);
    CHECK(inotify_add_watch(events_file, "one", IN_OPEN | IN_ONLYDIR) == -1 && errno == ENOTDIR);
    CHECK(inotify_add_watch(events_file, "one", IN_OPEN | IN_MASK_ADD | 0x10000000) == -1 && errno == EINVAL);
    int watch = inotify_add_watch(events_file, "one", IN_OPEN);
    CHECK(watch > 0 && inotify_add_watch(events_file, "one", IN_OPEN | 0x10000000) == -1 && errno == EEXIST);
    CHECK(inotify_rm_watch(events_file, watch) == 0 && chmod("one", 0) == 0);
    CHECK(geteuid() == 0 || (inotify_add_watch(events_file, "one", IN_OPEN) == -1 && errno == EACCES));
    CHECK(symlink("none", "sym") == 0 && inotify_add_watch(events_file, "sym", IN_OPEN) == -1 && errno == ENOENT);
    CHECK(inotify_add_watch(events_file, "sym", IN_OPEN | IN_DONT_FOLLOW) > 0);
    CHECK(unlink("sym") == 0 && unlink("one") == 0);
}

void abi_test_inotify(void)
{
    char before[200], folder[] = "/tmp/inotifyXXXXXX";
    CHECK(getcwd(before, sizeof(before)) && mkdtemp(folder) && chdir(folder) == 0);
    events_file = inotify_init1(IN_NONBLOCK);
    CHECK(events_file >= 0);
    test_directory();
    test_file();
    test_both();
    test_reading();
    test_overflow();
    test_refusals();
    close(events_file);
    CHECK(chdir(before) == 0 && rmdir(folder) == 0);
}
