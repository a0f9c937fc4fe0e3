/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink sockets: names, refusals, what the kernel answers about the loopback interface, messages between programs.
 */
#include "abi.h"
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NETLINK_ROUTE  0
#define NETLINK_UEVENT 15
#define CAP_NET_ADMIN  12
#define LINK_NAME      3
#define LINK_GET       18
#define LINK_SET       19
#define LINK_NEW       16
#define NEIGHBOUR_GET  30
#define FLAG_REQUEST   1
#define FLAG_ACK       4
#define FLAG_DUMP      0x300
#define ANSWER_ERROR   2
#define ANSWER_DONE    3

struct name {
    uint16_t family, pad;
    uint32_t port, groups;
};
struct header {
    uint32_t bytes;
    uint16_t type, flags;
    uint32_t sequence, port;
};
struct link {
    uint8_t family, pad;
    uint16_t type;
    int32_t index;
    uint32_t flags, changed;
};
struct request {
    struct header header;
    struct link link;
    uint16_t bytes, type;
    char name[8];
};
struct refusal {
    struct header header;
    int32_t error;
    struct header request;
};

static bool may_administrate(void)
{
    uint32_t header[2] = {0x20080522, 0}, sets[6] = {0};
    return syscall(SYS_capget, header, sets) == 0 && sets[0] >> CAP_NET_ADMIN & 1;
}

static int socket_bound(int protocol, uint32_t groups)
{
    struct name name = {.family = AF_NETLINK, .groups = groups};
    int file = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    CHECK(file >= 0 && bind(file, (struct sockaddr *)&name, sizeof(name)) == 0);
    return file;
}

static struct name name_of(int file)
{
    struct name name;
    socklen_t length = sizeof(name);
    memset(&name, 0xff, sizeof(name));
    CHECK(getsockname(file, (struct sockaddr *)&name, &length) == 0 && length == sizeof(name));
    CHECK(name.family == AF_NETLINK);
    return name;
}

static void test_refusals(void)
{
    int pair[2], value;
    struct name name = {.family = AF_UNIX};
    socklen_t length = sizeof(value);
    struct stat status;
    CHECK(socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE) == -1 && errno == ESOCKTNOSUPPORT);
    CHECK(socket(AF_NETLINK, SOCK_RAW, 31) == -1 && errno == EPROTONOSUPPORT);
    CHECK(socket(AF_NETLINK, SOCK_RAW, -1) == -1 && errno == EPROTONOSUPPORT);
    CHECK(socketpair(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, pair) == -1 && errno == EOPNOTSUPP);
    int file = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK, NETLINK_UEVENT);
    CHECK(file >= 0 && fstat(file, &status) == 0 && S_ISSOCK(status.st_mode));
    CHECK(listen(file, 1) == -1 && errno == EOPNOTSUPP);
    CHECK(accept(file, NULL, NULL) == -1 && errno == EOPNOTSUPP);
    CHECK(shutdown(file, SHUT_RD) == -1 && errno == EOPNOTSUPP);
    CHECK(bind(file, (struct sockaddr *)&name, sizeof(name)) == -1 && errno == EINVAL);
    name.family = AF_NETLINK;
    CHECK(bind(file, (struct sockaddr *)&name, sizeof(name) - 1) == -1 && errno == EINVAL);
    CHECK(recv(file, &value, sizeof(value), 0) == -1 && errno == EAGAIN);
    CHECK(send(file, &value, sizeof(value), MSG_OOB) == -1 && errno == EOPNOTSUPP);
    CHECK(getsockopt(file, SOL_SOCKET, SO_TYPE, &value, &length) == 0 && value == SOCK_DGRAM);
    CHECK(getsockopt(file, SOL_SOCKET, SO_DOMAIN, &value, &length) == 0 && value == AF_NETLINK);
    CHECK(getsockopt(file, SOL_SOCKET, SO_PROTOCOL, &value, &length) == 0 && value == NETLINK_UEVENT);
    value = 4096;
    CHECK(setsockopt(file, SOL_SOCKET, SO_RCVBUF, &value, sizeof(value)) == 0);
    CHECK(getsockopt(file, SOL_SOCKET, SO_RCVBUF, &value, &length) == 0 && value == 8192);
    close(file);
}

static void test_names(void)
{
    struct name name = {.family = AF_NETLINK};
    struct pollfd poll_file = {.events = POLLIN | POLLOUT};
    int first = socket(AF_NETLINK, SOCK_RAW, NETLINK_UEVENT);
    CHECK(name_of(first).port == 0);
    CHECK(bind(first, (struct sockaddr *)&name, sizeof(name)) == 0);
    CHECK(name_of(first).port == (uint32_t)getpid() && name_of(first).groups == 0);
    name.groups = 5;
    CHECK(bind(first, (struct sockaddr *)&name, sizeof(name)) == -1 && errno == EINVAL);
    name.port = (uint32_t)getpid();
    CHECK(bind(first, (struct sockaddr *)&name, sizeof(name)) == 0 && name_of(first).groups == 5);
    int second = socket(AF_NETLINK, SOCK_RAW, NETLINK_UEVENT);
    CHECK(bind(second, (struct sockaddr *)&name, sizeof(name)) == -1 && errno == EADDRINUSE);
    name.port = name.groups = 0;
    CHECK(bind(second, (struct sockaddr *)&name, sizeof(name)) == 0);
    CHECK(name_of(second).port != 0 && name_of(second).port != (uint32_t)getpid());
    int other = socket_bound(NETLINK_ROUTE, 0); /* ports are each protocol's own */
    CHECK(name_of(other).port == (uint32_t)getpid());
    poll_file.fd = other;
    CHECK(poll(&poll_file, 1, 0) == 1 && poll_file.revents == POLLOUT);
    name.port = 12345;
    CHECK(may_administrate() ? connect(other, (struct sockaddr *)&name, sizeof(name)) == 0
                             : connect(other, (struct sockaddr *)&name, sizeof(name)) == -1 && errno == EPERM);
    close(first), close(second), close(other);
}

/* Asks, and gives the answer's bytes. */
static long ask(int file, uint16_t type, uint16_t flags, const char *name, void *answer, size_t room)
{
    struct request request = {{sizeof(request), type, FLAG_REQUEST | flags, 7, 0}, {0}, 4, LINK_NAME, ""};
    struct name from = {0};
    socklen_t length = sizeof(from);
    if (name) {
        request.bytes = (uint16_t)(4 + strlen(name) + 1);
        strcpy(request.name, name);
    } else {
        request.header.bytes = offsetof(struct request, bytes);
    }
    CHECK(send(file, &request, request.header.bytes, 0) == (ssize_t)request.header.bytes);
    long got = recvfrom(file, answer, room, 0, (struct sockaddr *)&from, &length);
    CHECK(length == sizeof(from) && from.family == AF_NETLINK && from.port == 0);
    return got;
}

/* The name of the first link in an answer, or NULL. */
static const char *link_name(const struct header *header, int32_t *index)
{
    const struct link *link = (const void *)(header + 1);
    const char *at = (const char *)(link + 1), *end = (const char *)header + header->bytes;
    *index = link->index;
    while (end - at >= 4) {
        uint16_t bytes, type;
        memcpy(&bytes, at, 2), memcpy(&type, at + 2, 2);
        if (type == LINK_NAME)
            return at + 4;
        at += bytes < 4 ? 4 : (bytes + 3) & ~3;
    }
    return NULL;
}

static void test_links(void)
{
    static union {
        struct header header;
        struct refusal refusal;
        char bytes[65536];
    } answer;
    int32_t index;
    int file = socket_bound(NETLINK_ROUTE, 0);
    CHECK(ask(file, LINK_GET, FLAG_DUMP, NULL, &answer, sizeof(answer)) > (long)sizeof(struct link));
    CHECK(answer.header.type == LINK_NEW && answer.header.sequence == 7 && answer.header.flags & 2);
    CHECK(answer.header.port == (uint32_t)getpid());
    const char *name = link_name(&answer.header, &index);
    CHECK(name && strcmp(name, "lo") == 0 && index == 1);
    close(file);

    file = socket_bound(NETLINK_ROUTE, 0);
    CHECK(ask(file, LINK_GET, 0, "lo", &answer, sizeof(answer)) == (long)answer.header.bytes);
    CHECK(answer.header.type == LINK_NEW && !(answer.header.flags & 2));
    name = link_name(&answer.header, &index);
    CHECK(name && strcmp(name, "lo") == 0 && index == 1);
    CHECK(ask(file, LINK_GET, 0, "none7", &answer, sizeof(answer)) > 0 && answer.header.type == ANSWER_ERROR);
    CHECK(answer.refusal.error == -ENODEV && answer.refusal.request.type == LINK_GET);
    CHECK(ask(file, 0x7ffe, 0, NULL, &answer, sizeof(answer)) > 0 && answer.header.type == ANSWER_ERROR);
    CHECK(answer.refusal.error == -EOPNOTSUPP);
    CHECK(ask(file, 3, FLAG_ACK, NULL, &answer, sizeof(answer)) == sizeof(struct refusal));
    CHECK(answer.header.type == ANSWER_ERROR && answer.refusal.error == 0);
    if (!may_administrate()) {
        CHECK(ask(file, LINK_SET, 0, "lo", &answer, sizeof(answer)) > 0 && answer.header.type == ANSWER_ERROR);
        CHECK(answer.refusal.error == -EPERM);
    }
    CHECK(send(file, "short", 5, 0) == 5); /* what is no message is passed over */
    CHECK(recv(file, &answer, sizeof(answer), MSG_DONTWAIT) == -1 && errno == EAGAIN);
    close(file);
}

/* Only who may administrate can write to others than the kernel. */
static void test_messages(void)
{
    char text[16];
    int file = socket_bound(NETLINK_ROUTE, 0), other = socket_bound(NETLINK_ROUTE, 0);
    struct name to = {.family = AF_NETLINK, .port = name_of(other).port};
    struct name nobody = {.family = AF_NETLINK, .port = 0x7ffffff7};
    struct iovec piece = {text, 3};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    struct name from = {0};
    socklen_t length = sizeof(from);
    if (!may_administrate()) {
        CHECK(sendto(file, "abcde", 5, 0, (struct sockaddr *)&to, sizeof(to)) == -1 && errno == EPERM);
        close(file), close(other);
        return;
    }
    CHECK(sendto(file, "abcde", 5, 0, (struct sockaddr *)&nobody, sizeof(nobody)) == -1 && errno == ECONNREFUSED);
    CHECK(sendto(file, "abcde", 5, 0, (struct sockaddr *)&to, sizeof(to)) == 5);
    CHECK(recvfrom(other, text, sizeof(text), MSG_PEEK, (struct sockaddr *)&from, &length) == 5);
    CHECK(from.port == name_of(file).port && from.groups == 0);
    CHECK(recvmsg(other, &message, 0) == 3 && memcmp(text, "abc", 3) == 0 && message.msg_flags == MSG_TRUNC);
    CHECK(recv(other, text, sizeof(text), MSG_DONTWAIT) == -1 && errno == EAGAIN);
    close(file), close(other);
}

void abi_test_netlink(void)
{
    test_refusals();
    test_names();
    test_links();
    test_messages();
}
