/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets of the local family: pairs, servers with a path and with an abstract name, datagrams, files in messages.
 */
#include "abi.h"
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH   "/tmp/abi-socket"
#define NESTED 300

static socklen_t address_of(struct sockaddr_un *address, const char *path)
{
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    if (path[0] == '@') {
        memcpy(address->sun_path + 1, path + 1, strlen(path) - 1);
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    }
    strcpy(address->sun_path, path);
    return sizeof(*address);
}

static void test_refusals(void)
{
    int pair[2], value;
    struct sockaddr_un address;
    socklen_t length = sizeof(value);
    CHECK(socket(AF_UNIX, 99, 0) == -1 && errno == EINVAL);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 5, pair) == -1 && errno == EPROTONOSUPPORT);
    CHECK(listen(0, 1) == -1 && errno == ENOTSOCK);
    CHECK(listen(99, 1) == -1 && errno == EBADF);
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(file >= 0 && (fcntl(file, F_GETFD) & FD_CLOEXEC) && (fcntl(file, F_GETFL) & O_NONBLOCK));
    CHECK(listen(file, 1) == -1 && errno == EINVAL);
    CHECK(accept(file, NULL, NULL) == -1 && errno == EINVAL);
    CHECK(send(file, "a", 1, MSG_NOSIGNAL) == -1 && errno == ENOTCONN);
    CHECK(recv(file, &value, 1, 0) == -1 && errno == EINVAL);
    CHECK(shutdown(file, 9) == -1 && errno == EINVAL);
    CHECK(getpeername(file, (struct sockaddr *)&address, &length) == -1 && errno == ENOTCONN);
    length = address_of(&address, "/tmp/abi-nothing");
    CHECK(connect(file, (struct sockaddr *)&address, length) == -1 && errno == ENOENT);
    length = address_of(&address, "@abi-nothing");
    CHECK(connect(file, (struct sockaddr *)&address, length) == -1 && errno == ECONNREFUSED);
    address.sun_family = 77;
    CHECK(connect(file, (struct sockaddr *)&address, length) == -1 && errno == EINVAL);
    length = sizeof(value);
    CHECK(getsockopt(file, SOL_SOCKET, SO_TYPE, &value, &length) == 0 && value == SOCK_STREAM && length == 4);
    CHECK(getsockopt(file, SOL_SOCKET, SO_ERROR, &value, &length) == 0 && value == 0);
    CHECK(getsockopt(file, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value == 0);
    CHECK(getsockopt(file, SOL_SOCKET, 9999, &value, &length) == -1 && errno == ENOPROTOOPT);
    CHECK(lseek(file, 0, SEEK_SET) == -1 && errno == ESPIPE && close(file) == 0);
}

static void test_pair(void)
{
    int pair[2], value = 0;
    char bytes[8];
    struct stat status;
    struct ucred credentials;
    socklen_t length = sizeof(credentials);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct pollfd entry = {pair[0], POLLIN | POLLOUT | POLLRDHUP, 0};
    CHECK(fstat(pair[0], &status) == 0 && S_ISSOCK(status.st_mode));
    CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLOUT);
    CHECK(write(pair[1], "abc", 3) == 3 && send(pair[1], "de", 2, 0) == 2);
    CHECK(poll(&entry, 1, 0) == 1 && entry.revents == (POLLIN | POLLOUT));
    CHECK(ioctl(pair[0], FIONREAD, &value) == 0 && value == 5);
    CHECK(recv(pair[0], bytes, 2, MSG_PEEK) == 2 && memcmp(bytes, "ab", 2) == 0);
    CHECK(read(pair[0], bytes, 4) == 4 && memcmp(bytes, "abcd", 4) == 0);
    CHECK(read(pair[0], bytes, 8) == 1 && bytes[0] == 'e');
    CHECK(recv(pair[0], bytes, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    CHECK(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 && credentials.pid == getpid());
    CHECK(send(pair[0], (void *)8, 4, 0) == -1 && errno == EFAULT);
    CHECK(send(pair[1], "xy", 2, 0) == 2 && recv(pair[0], (void *)8, 4, 0) == -1 && errno == EFAULT);
    CHECK(recv(pair[0], bytes, 8, 0) == 2);
    /* Half and whole ends. */
    CHECK(shutdown(pair[1], SHUT_WR) == 0 && read(pair[0], bytes, 1) == 0);
    CHECK(poll(&entry, 1, 0) == 1 && entry.revents == (POLLIN | POLLOUT | POLLRDHUP));
    CHECK(send(pair[1], "z", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    CHECK(send(pair[0], "z", 1, 0) == 1 && read(pair[1], bytes, 1) == 1 && bytes[0] == 'z');
    CHECK(close(pair[1]) == 0 && send(pair[0], "z", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    CHECK(poll(&entry, 1, 0) == 1 && (entry.revents & POLLHUP) && close(pair[0]) == 0);
    signal(SIGPIPE, SIG_IGN);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(pair[0], "1", 1) == 1 && close(pair[1]) == 0);
    CHECK(read(pair[0], bytes, 1) == -1 && errno == ECONNRESET);
    CHECK(read(pair[0], bytes, 1) == 0 && close(pair[0]) == 0);
    signal(SIGPIPE, SIG_DFL);
}

/* More than fits at once, both ways, between two processes. */
static void test_bulk(void)
{
    static char bytes[300000];
    int pair[2], status = 0;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid_t child = fork();
    if (child == 0) {
        size_t sum = 0;
        close(pair[0]);
        for (ssize_t got; (got = read(pair[1], bytes, 7001)) > 0;)
            sum += (size_t)got;
        _exit(write(pair[1], &sum, sizeof(sum)) != sizeof(sum));
    }
    close(pair[1]);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7);
    CHECK(write(pair[0], bytes, sizeof(bytes)) == sizeof(bytes));
    size_t sum = 0;
    CHECK(shutdown(pair[0], SHUT_WR) == 0);
    CHECK(recv(pair[0], &sum, sizeof(sum), MSG_WAITALL) == sizeof(sum) && sum == sizeof(bytes));
    CHECK(waitpid(child, &status, 0) == child && status == 0 && close(pair[0]) == 0);
}

static void serve(const char *name)
{
    struct sockaddr_un address, other;
    socklen_t length = address_of(&address, name), other_length = sizeof(other);
    char bytes[8];
    int status = 0, value = 0;
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(name);
    CHECK(bind(server, (struct sockaddr *)&address, length) == 0);
    CHECK(bind(server, (struct sockaddr *)&address, length) == -1 && (errno == EINVAL || errno == EADDRINUSE));
    int second = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(second, (struct sockaddr *)&address, length) == -1 && errno == EADDRINUSE);
    CHECK(connect(second, (struct sockaddr *)&address, length) == -1 && errno == ECONNREFUSED);
    CHECK(listen(server, 2) == 0);
    pid_t child = fork();
    if (child == 0) {
        int client = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(client, (struct sockaddr *)&address, length) != 0 || write(client, "hi", 2) != 2)
            _exit(1);
        _exit(read(client, bytes, 8) != 3);
    }
    struct pollfd entry = {server, POLLIN, 0};
    CHECK(poll(&entry, 1, -1) == 1 && entry.revents == POLLIN);
    int accepted = accept4(server, (struct sockaddr *)&other, &other_length, SOCK_CLOEXEC);
    CHECK(accepted >= 0 && (fcntl(accepted, F_GETFD) & FD_CLOEXEC));
    CHECK(other.sun_family == AF_UNIX && other_length == 2);
    CHECK(read(accepted, bytes, 8) == 2 && write(accepted, "you", 3) == 3);
    other_length = sizeof(other);
    CHECK(getsockname(accepted, (struct sockaddr *)&other, &other_length) == 0);
    CHECK(memcmp(other.sun_path, address.sun_path, other_length - 2) == 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    other_length = sizeof(value);
    CHECK(getsockopt(server, SOL_SOCKET, SO_ACCEPTCONN, &value, &other_length) == 0 && value == 1);
    CHECK(connect(second, (struct sockaddr *)&address, length) == 0);
    CHECK(connect(second, (struct sockaddr *)&address, length) == -1 && errno == EISCONN);
    CHECK(fcntl(server, F_SETFL, O_NONBLOCK) == 0 && close(accepted) == 0);
    accepted = accept(server, NULL, NULL);
    CHECK(accepted >= 0 && accept(server, NULL, NULL) == -1 && errno == EAGAIN);
    CHECK(close(server) == 0 && write(second, "q", 1) == 1 && read(accepted, bytes, 1) == 1);
    int third = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(third, (struct sockaddr *)&address, length) == -1 && errno == ECONNREFUSED);
    close(third), close(second), close(accepted);
}

static void test_datagrams(void)
{
    struct sockaddr_un address, from;
    socklen_t length = address_of(&address, "@abi-datagrams"), from_length = sizeof(from);
    char bytes[8];
    int receiver = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(bind(receiver, (struct sockaddr *)&address, length) == 0);
    CHECK(send(sender, "a", 1, 0) == -1 && errno == ENOTCONN);
    CHECK(sendto(sender, "abc", 3, 0, (struct sockaddr *)&address, length) == 3);
    CHECK(sendto(sender, "", 0, 0, (struct sockaddr *)&address, length) == 0);
    CHECK(connect(sender, (struct sockaddr *)&address, length) == 0 && send(sender, "defg", 4, 0) == 4);
    CHECK(recvfrom(receiver, bytes, 2, 0, (struct sockaddr *)&from, &from_length) == 2 && memcmp(bytes, "ab", 2) == 0);
    CHECK(from_length <= 2);
    CHECK(recv(receiver, bytes, 8, 0) == 0);
    struct iovec pieces[2] = {{bytes, 1}, {bytes + 4, 2}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    CHECK(recvmsg(receiver, &message, 0) == 3 && (message.msg_flags & MSG_TRUNC) && bytes[0] == 'd' && bytes[5] == 'f');
    CHECK(recv(receiver, bytes, 8, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    CHECK(listen(receiver, 1) == -1 && errno == EOPNOTSUPP);
    close(receiver);
    CHECK(send(sender, "h", 1, 0) == -1 && errno == ECONNREFUSED);
    close(sender);
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    CHECK(send(pair[0], "one", 3, 0) == 3 && send(pair[0], "two", 3, 0) == 3);
    CHECK(recv(pair[1], bytes, 8, 0) == 3 && recv(pair[1], bytes, 8, 0) == 3 && bytes[0] == 't');
    CHECK(close(pair[0]) == 0 && recv(pair[1], bytes, 8, 0) == 0 && close(pair[1]) == 0);
}

static void test_files_in_messages(void)
{
    int pair[2], ends[2], got = -1;
    char byte = 'm', control[CMSG_SPACE(sizeof(int))];
    struct iovec piece = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(ends) == 0);
    memset(control, 0, sizeof(control));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &ends[1], sizeof(int));
    CHECK(sendmsg(pair[0], &message, 0) == 1 && close(ends[1]) == 0);
    memset(control, 0, sizeof(control));
    byte = 0;
    CHECK(recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) == 1 && byte == 'm');
    header = CMSG_FIRSTHDR(&message);
    CHECK(header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int)));
    memcpy(&got, CMSG_DATA(header), sizeof(int));
    CHECK((fcntl(got, F_GETFD) & FD_CLOEXEC) && write(got, "p", 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'p');
    CHECK(close(got) == 0 && read(ends[0], &byte, 1) == 0);
    int wrong = 99;
    memcpy(CMSG_DATA(header), &wrong, sizeof(int));
    CHECK(sendmsg(pair[0], &message, 0) == -1 && errno == EBADF);
    close(ends[0]), close(pair[0]), close(pair[1]);
}

/* Sends a descriptor with one byte. */
static bool send_file(int carrier, int descriptor)
{
    char byte = 'f', control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec piece = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    return sendmsg(carrier, &message, 0) == 1;
}

static int receive_file(int carrier)
{
    char byte, control[CMSG_SPACE(sizeof(int))];
    int descriptor = -1;
    struct iovec piece = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    if (recvmsg(carrier, &message, MSG_DONTWAIT) == 1 && CMSG_FIRSTHDR(&message))
        memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
    return descriptor;
}

/* Sockets in queues that only they themselves lead to: in their own, in one another's. With a page of text each, so
 * that it shows (abi.c counts) when they stay. */
static void lose_sockets(void)
{
    static char text[4096];
    int one[2], two[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, one) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, two) == 0);
    CHECK(write(one[0], text, sizeof(text)) == sizeof(text) && write(two[0], text, sizeof(text)) == sizeof(text));
    CHECK(send_file(one[0], one[1]) && send_file(one[0], two[1]) && send_file(two[0], one[1]));
    close(one[0]), close(one[1]), close(two[0]), close(two[1]);
}

/* What can still be received stays, whatever is lost beside it, and what it carries itself. */
static void test_flight(void)
{
    int outer[2], inner[2], own[2], got, last;
    char bytes[4];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, outer) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, inner) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, own) == 0);
    CHECK(write(own[0], "in", 2) == 2 && send_file(inner[0], own[1]) && send_file(outer[0], inner[1]));
    CHECK(send_file(own[0], own[1]));
    close(inner[0]), close(inner[1]), close(own[0]), close(own[1]);
    for (int i = 0; i < 20; i++)
        lose_sockets();
    got = receive_file(outer[1]);
    last = receive_file(got);
    CHECK(got >= 0 && last >= 0 && read(last, bytes, 2) == 2 && memcmp(bytes, "in", 2) == 0);
    int itself = receive_file(last);
    CHECK(itself >= 0 && read(itself, bytes, 1) == 0);
    close(got), close(last), close(itself), close(outer[0]), close(outer[1]);
}

/* Connections that nobody accepted, with their own listener in them, and one with the end of the other. */
static void test_listener_in_itself(void)
{
    for (int i = 0; i < 20; i++) {
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        socklen_t length = sizeof(name);
        int listener = socket(AF_UNIX, SOCK_STREAM, 0), first = socket(AF_UNIX, SOCK_STREAM, 0);
        int second = socket(AF_UNIX, SOCK_STREAM, 0);
        CHECK(bind(listener, (struct sockaddr *)&name, sizeof(name.sun_family)) == 0 && listen(listener, 4) == 0);
        CHECK(getsockname(listener, (struct sockaddr *)&name, &length) == 0);
        CHECK(connect(first, (struct sockaddr *)&name, length) == 0);
        CHECK(connect(second, (struct sockaddr *)&name, length) == 0);
        CHECK(send_file(first, listener) && send_file(first, second) && send_file(second, listener));
        close(first), close(second), close(listener);
    }
}

/* Each only in the queue of the next: the last one's close closes all. Linux has a limit to how deep they may stand. */
static void test_nested(void)
{
    int pipes[2], carried, pair[2];
    char byte;
    CHECK(pipe(pipes) == 0);
    carried = pipes[1];
    for (int i = 0; i < NESTED; i++) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        bool sent = send_file(pair[0], carried);
        CHECK(sent || errno == ETOOMANYREFS);
        close(pair[0]), close(sent ? carried : pair[1]);
        if (sent)
            carried = pair[1];
    }
    close(carried);
    CHECK(read(pipes[0], &byte, 1) == 0); /* the innermost was the pipe's writing end */
    close(pipes[0]);
}

void abi_test_sockets(void)
{
    test_refusals();
    test_pair();
    test_bulk();
    serve(PATH);
    struct stat status;
    CHECK(stat(PATH, &status) == 0 && S_ISSOCK(status.st_mode) && open(PATH, O_RDWR) == -1 && errno == ENXIO);
    CHECK(unlink(PATH) == 0);
    serve("@abi-socket");
    test_datagrams();
    test_files_in_messages();
    test_flight();
    test_listener_in_itself();
    test_nested();
}
