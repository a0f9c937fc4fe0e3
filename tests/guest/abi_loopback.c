/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Internet family over the loopback interface: names and ports, streams, datagrams, options. Ports are chosen by
 * the kernel, so that they are free on any host.
 */
#include "abi.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ADDRESS(end) ((struct sockaddr *)&(end))

static struct sockaddr_in end_of(const char *address, unsigned port)
{
    struct sockaddr_in end = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    end.sin_addr.s_addr = inet_addr(address);
    return end;
}

static unsigned port_of(int file)
{
    struct sockaddr_in end = {0};
    socklen_t length = sizeof(end);
    CHECK(getsockname(file, ADDRESS(end), &length) == 0 && length == sizeof(end) && end.sin_family == AF_INET);
    return ntohs(end.sin_port);
}

static int option(int file, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof(value);
    return getsockopt(file, level, name, &value, &length) ? -1 : value;
}

/* A listener on a port of its own. */
static int listener(unsigned *port)
{
    int file = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in end = end_of("127.0.0.1", 0);
    CHECK(bind(file, ADDRESS(end), sizeof(end)) == 0 && listen(file, 4) == 0);
    *port = port_of(file);
    CHECK(*port >= 1024);
    return file;
}

static int events_of(int file)
{
    struct pollfd entry = {file, POLLIN | POLLOUT | POLLRDHUP, 0};
    return poll(&entry, 1, 0) >= 0 ? entry.revents : -1;
}

static void test_making(void)
{
    CHECK(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) == -1 && errno == EPROTONOSUPPORT);
    CHECK(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP) == -1 && errno == EPROTONOSUPPORT);
    CHECK(socket(AF_INET, SOCK_SEQPACKET, 0) == -1 && errno == ESOCKTNOSUPPORT);
    CHECK(socket(AF_INET, SOCK_STREAM, 9999) == -1 && errno == EINVAL);
    CHECK(socket(AF_INET, 15, 0) == -1 && errno == EINVAL);
    int pair[2], file = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    CHECK(socketpair(AF_INET, SOCK_STREAM, 0, pair) == -1 && errno == EOPNOTSUPP);
    CHECK(option(file, SOL_SOCKET, SO_DOMAIN) == AF_INET && option(file, SOL_SOCKET, SO_TYPE) == SOCK_STREAM);
    CHECK(option(file, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP && port_of(file) == 0);
    CHECK(events_of(file) == (POLLOUT | POLLHUP));
    CHECK(recv(file, pair, 1, 0) == -1 && errno == ENOTCONN);
    CHECK(send(file, pair, 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    CHECK(shutdown(file, SHUT_RDWR) == -1 && errno == ENOTCONN);
    CHECK(accept(file, NULL, NULL) == -1 && errno == EINVAL);
    CHECK(close(file) == 0);
}

static void test_names(void)
{
    unsigned port;
    struct sockaddr_in end = end_of("198.51.100.7", 0), short_end = {0};
    socklen_t length = sizeof(end);
    int file = listener(&port), other = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    CHECK(bind(other, ADDRESS(end), sizeof(end)) == -1 && errno == EADDRNOTAVAIL);
    end = end_of("127.0.0.1", port);
    CHECK(bind(other, ADDRESS(end), 8) == -1 && errno == EINVAL);
    CHECK(bind(other, ADDRESS(end), sizeof(end)) == -1 && errno == EADDRINUSE);
    CHECK(setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
    CHECK(option(other, SOL_SOCKET, SO_REUSEADDR) == 1);
    CHECK(bind(other, ADDRESS(end), sizeof(end)) == -1 && errno == EADDRINUSE);
    end = end_of("0.0.0.0", port);
    CHECK(bind(other, ADDRESS(end), sizeof(end)) == -1 && errno == EADDRINUSE);
    end.sin_family = AF_UNIX;
    CHECK(bind(other, ADDRESS(end), sizeof(end)) == -1 && errno == EAFNOSUPPORT);
    end = end_of("127.0.0.2", port);
    CHECK(bind(other, ADDRESS(end), sizeof(end)) == 0);
    CHECK(bind(other, ADDRESS(end), sizeof(end)) == -1 && errno == EINVAL);
    CHECK(getpeername(other, ADDRESS(end), &length) == -1 && errno == ENOTCONN);
    length = 4;
    CHECK(getsockname(other, ADDRESS(short_end), &length) == 0 && length == sizeof(end));
    CHECK(short_end.sin_port == htons((uint16_t)port) && short_end.sin_addr.s_addr == 0);
    CHECK(close(other) == 0 && close(file) == 0);
}

/* A connected pair over a listener. */
static void connected(int *client, int *server)
{
    unsigned port;
    int file = listener(&port);
    struct sockaddr_in end = end_of("127.0.0.1", port), from;
    socklen_t length = sizeof(from);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(events_of(file) == 0 && connect(*client, ADDRESS(end), sizeof(end)) == 0);
    CHECK(events_of(file) == POLLIN);
    *server = accept(file, ADDRESS(from), &length);
    CHECK(*server >= 0 && length == sizeof(from) && ntohs(from.sin_port) == port_of(*client));
    CHECK(from.sin_addr.s_addr == htonl(INADDR_LOOPBACK) && port_of(*server) == port);
    CHECK(getpeername(*client, ADDRESS(from), &length) == 0 && ntohs(from.sin_port) == port);
    CHECK(connect(*client, ADDRESS(end), sizeof(end)) == -1 && errno == EISCONN);
    CHECK(listen(*client, 1) == -1 && errno == EINVAL && close(file) == 0);
}

static void test_streams(void)
{
    char bytes[16];
    int client, server, value = 0;
    connected(&client, &server);
    CHECK(events_of(client) == POLLOUT && write(client, "hello", 5) == 5);
    struct pollfd entry = {server, POLLIN, 0};
    CHECK(poll(&entry, 1, 1000) == 1 && entry.revents == POLLIN);
    CHECK(ioctl(server, FIONREAD, &value) == 0 && value == 5);
    CHECK(ioctl(server, SIOCATMARK, &value) == 0 && value == 0);
    CHECK(recv(server, bytes, 2, MSG_PEEK) == 2 && memcmp(bytes, "he", 2) == 0);
    CHECK(send(client, "you", 3, 0) == 3);
    CHECK(recv(server, bytes, 8, MSG_WAITALL) == 8 && memcmp(bytes, "helloyou", 8) == 0);
    CHECK(recv(server, bytes, 8, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    CHECK(shutdown(client, SHUT_WR) == 0 && send(client, "a", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    CHECK(poll(&entry, 1, 1000) == 1 && events_of(server) == (POLLIN | POLLOUT | POLLRDHUP));
    CHECK(read(server, bytes, 8) == 0 && write(server, "back", 4) == 4);
    CHECK(recv(client, bytes, 4, MSG_WAITALL) == 4 && memcmp(bytes, "back", 4) == 0);
    CHECK(close(server) == 0 && read(client, bytes, 8) == 0 && close(client) == 0);
}

static void test_ends(void)
{
    char bytes[8];
    int client, server;
    struct linger linger = {1, 0};
    connected(&client, &server);
    CHECK(write(client, "unread", 6) == 6 && recv(server, bytes, 6, MSG_PEEK | MSG_WAITALL) == 6 && close(server) == 0);
    struct pollfd entry = {client, POLLIN, 0};
    CHECK(poll(&entry, 1, 1000) == 1 && (entry.revents & POLLERR) && (entry.revents & POLLHUP));
    CHECK(read(client, bytes, 8) == -1 && errno == ECONNRESET && read(client, bytes, 8) == 0);
    CHECK(send(client, "a", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE && close(client) == 0);
    connected(&client, &server);
    CHECK(setsockopt(server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0 && close(server) == 0);
    CHECK(poll(&entry, 1, 1000) == 1 && option(client, SOL_SOCKET, SO_ERROR) == ECONNRESET);
    CHECK(option(client, SOL_SOCKET, SO_ERROR) == 0 && close(client) == 0);
    connected(&client, &server);
    CHECK(close(server) == 0 && read(client, bytes, 8) == 0);
    CHECK(send(client, "lost", 4, MSG_NOSIGNAL) == 4);
    CHECK(poll(&entry, 1, 1000) == 1 && close(client) == 0);
}

static void test_connecting(void)
{
    unsigned port;
    int file = listener(&port), value = 0;
    struct sockaddr_in end = end_of("127.0.0.1", port);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct pollfd entry = {client, POLLOUT, 0};
    CHECK(accept4(client, NULL, NULL, 1) == -1 && errno == EINVAL);
    CHECK(connect(client, ADDRESS(end), sizeof(end)) == -1 && errno == EINPROGRESS);
    CHECK(poll(&entry, 1, 1000) == 1 && entry.revents == POLLOUT);
    CHECK(option(client, SOL_SOCKET, SO_ERROR) == 0);
    CHECK(connect(client, ADDRESS(end), sizeof(end)) == 0);
    CHECK(connect(client, ADDRESS(end), sizeof(end)) == -1 && errno == EISCONN);
    CHECK(ioctl(file, FIONREAD, &value) == -1 && errno == EINVAL);
    CHECK(close(client) == 0 && close(file) == 0);
    file = socket(AF_INET, SOCK_STREAM, 0); /* has a port, and does not listen */
    end = end_of("127.0.0.1", 0);
    CHECK(bind(file, ADDRESS(end), sizeof(end)) == 0);
    end = end_of("127.0.0.1", port_of(file));
    client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    entry.fd = client;
    CHECK(connect(client, ADDRESS(end), sizeof(end)) == -1 && errno == EINPROGRESS);
    CHECK(poll(&entry, 1, 1000) == 1 && entry.revents == (POLLOUT | POLLERR | POLLHUP));
    CHECK(option(client, SOL_SOCKET, SO_ERROR) == ECONNREFUSED && option(client, SOL_SOCKET, SO_ERROR) == 0);
    CHECK(close(client) == 0);
    client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(client, ADDRESS(end), sizeof(end)) == -1 && errno == ECONNREFUSED);
    CHECK(connect(client, ADDRESS(end), 8) == -1 && errno == EINVAL);
    end.sin_family = AF_UNIX;
    CHECK(connect(client, ADDRESS(end), sizeof(end)) == -1 && errno == EAFNOSUPPORT && close(client) == 0);
    CHECK(close(file) == 0);
}

static void test_datagrams(void)
{
    char bytes[16];
    static char large[65508];
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0), value = 0;
    struct sockaddr_in end = end_of("127.0.0.1", 0), from;
    socklen_t length = sizeof(from);
    CHECK(listen(a, 1) == -1 && errno == EOPNOTSUPP && accept(a, NULL, NULL) == -1 && errno == EOPNOTSUPP);
    CHECK(bind(a, ADDRESS(end), sizeof(end)) == 0);
    end = end_of("127.0.0.1", port_of(a));
    CHECK(bind(b, ADDRESS(end), sizeof(end)) == -1 && errno == EADDRINUSE);
    CHECK(send(b, "a", 1, 0) == -1 && errno == EDESTADDRREQ && events_of(b) == POLLOUT);
    CHECK(sendto(b, "first", 5, 0, ADDRESS(end), sizeof(end)) == 5);
    CHECK(sendto(b, "", 0, 0, ADDRESS(end), sizeof(end)) == 0);
    CHECK(sendto(b, large, sizeof(large), 0, ADDRESS(end), sizeof(end)) == -1 && errno == EMSGSIZE);
    CHECK(port_of(b) != 0 && ioctl(a, FIONREAD, &value) == 0 && value == 5);
    CHECK(recvfrom(a, bytes, 2, MSG_PEEK | MSG_TRUNC, ADDRESS(from), &length) == 5 && memcmp(bytes, "fi", 2) == 0);
    CHECK(length == sizeof(from) && ntohs(from.sin_port) == port_of(b));
    CHECK(from.sin_addr.s_addr == htonl(INADDR_LOOPBACK) && recv(a, bytes, 16, 0) == 5 && recv(a, bytes, 16, 0) == 0);
    CHECK(recv(a, bytes, 16, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    CHECK(getpeername(a, ADDRESS(end), &length) == -1 && errno == ENOTCONN);
    CHECK(connect(a, ADDRESS(from), sizeof(from)) == 0 && send(a, "ab", 2, 0) == 2 && recv(b, bytes, 16, 0) == 2);
    CHECK(close(b) == 0 && send(a, "a", 1, 0) == 1);
    CHECK(recv(a, bytes, 1, 0) == -1 && errno == ECONNREFUSED && close(a) == 0);
}

/* What is small takes room too: of packets of no bytes no queue takes many. */
static void test_small(void)
{
    int room = 8192, pair[2], value = 0, sent = 0, received = 0;
    int file = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in end = end_of("127.0.0.1", 0);
    CHECK(bind(file, ADDRESS(end), sizeof(end)) == 0);
    end = end_of("127.0.0.1", port_of(file));
    CHECK(setsockopt(file, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) == 0);
    for (int i = 0; i < 2000; i++)
        CHECK(sendto(file, "", 0, 0, ADDRESS(end), sizeof(end)) == 0);
    while (recv(file, &value, 1, MSG_DONTWAIT) == 0)
        received++;
    CHECK(errno == EAGAIN && received > 0 && received < 1000 && close(file) == 0);
    static const int kinds[] = {SOCK_DGRAM, SOCK_STREAM};
    for (unsigned i = 0; i < 2; i++) {
        CHECK(socketpair(AF_UNIX, kinds[i] | SOCK_NONBLOCK, 0, pair) == 0);
        CHECK(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0);
        for (sent = 0; sent < 2000 && send(pair[0], "a", i, 0) == (ssize_t)i;)
            sent++;
        CHECK(errno == EAGAIN && sent > 0 && sent < 1000);
        CHECK(ioctl(pair[1], FIONREAD, &value) == 0 && value == (i ? sent : 0));
        for (received = 0; recv(pair[1], &value, 1, 0) == (ssize_t)i;)
            received++;
        CHECK(errno == EAGAIN && received == sent && send(pair[0], "a", i, 0) == (ssize_t)i);
        CHECK(close(pair[0]) == 0 && close(pair[1]) == 0);
    }
}

static void test_options(void)
{
    int file = socket(AF_INET, SOCK_STREAM, 0), one = 1, none = 0;
    struct timeval time = {0, 20000}, wrong = {0, 1000000}, told = {9, 9};
    socklen_t length = sizeof(told);
    CHECK(option(file, IPPROTO_TCP, TCP_NODELAY) == 0 && option(file, SOL_SOCKET, SO_KEEPALIVE) == 0);
    CHECK(setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
    CHECK(option(file, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, 2) == -1 && errno == EINVAL);
    CHECK(setsockopt(file, IPPROTO_TCP, TCP_KEEPIDLE, &none, sizeof(none)) == -1 && errno == EINVAL);
    CHECK(setsockopt(file, IPPROTO_TCP, 9999, &one, sizeof(one)) == -1 && errno == ENOPROTOOPT);
    CHECK(setsockopt(file, SOL_SOCKET, 9999, &one, sizeof(one)) == -1 && errno == ENOPROTOOPT);
    one = 20000;
    CHECK(setsockopt(file, SOL_SOCKET, SO_RCVBUF, &one, sizeof(one)) == 0);
    CHECK(option(file, SOL_SOCKET, SO_RCVBUF) == 40000);
    CHECK(setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &wrong, sizeof(wrong)) == -1 && errno == EDOM);
    CHECK(setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &time, 8) == -1 && errno == EINVAL);
    CHECK(getsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &told, &length) == 0 && told.tv_sec == 0 && told.tv_usec == 0);
    CHECK(close(file) == 0);
    int client, server;
    char byte;
    connected(&client, &server);
    CHECK(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)) == 0);
    CHECK(getsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &told, &length) == 0 && told.tv_usec == 20000);
    CHECK(recv(client, &byte, 1, 0) == -1 && errno == EAGAIN);
    CHECK(close(client) == 0 && close(server) == 0);
}

static void test_interface(void)
{
    int file = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request = {.ifr_name = "lo"};
    CHECK(ioctl(file, SIOCGIFINDEX, &request) == 0 && request.ifr_ifindex == 1);
    CHECK(ioctl(file, SIOCGIFFLAGS, &request) == 0 &&
          (request.ifr_flags & (IFF_UP | IFF_LOOPBACK)) == (IFF_UP | IFF_LOOPBACK));
    CHECK(ioctl(file, SIOCGIFADDR, &request) == 0 &&
          ((struct sockaddr_in *)&request.ifr_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CHECK(ioctl(file, SIOCGIFMTU, &request) == 0 && (request.ifr_mtu == 65536 || getpid() != 1));
    request.ifr_ifindex = 1;
    CHECK(ioctl(file, SIOCGIFNAME, &request) == 0 && strcmp(request.ifr_name, "lo") == 0);
    strcpy(request.ifr_name, "none7");
    CHECK(ioctl(file, SIOCGIFFLAGS, &request) == -1 && errno == ENODEV && close(file) == 0);
    static const int families[] = {AF_UNIX, AF_NETLINK}; /* which ask for no address */
    for (unsigned i = 0; i < 2; i++) {
        file = socket(families[i], SOCK_DGRAM, 0);
        strcpy(request.ifr_name, "lo");
        CHECK(ioctl(file, SIOCGIFINDEX, &request) == 0 && request.ifr_ifindex == 1);
        CHECK(ioctl(file, SIOCGIFADDR, &request) == -1 && errno == ENOTTY);
        CHECK(ioctl(file, 0x5499, &request) == -1 && errno == ENOTTY && close(file) == 0);
    }
}

/* A host whose loopback interface is down is none that could say what is right. */
static bool loopback_is_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int file = socket(AF_INET, SOCK_DGRAM, 0);
    bool up = file >= 0 && ioctl(file, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
    close(file);
    return up || getpid() == 1;
}

void abi_test_loopback(void)
{
    if (!loopback_is_up())
        return;
    test_making();
    test_names();
    test_streams();
    test_ends();
    test_connecting();
    test_datagrams();
    test_small();
    test_options();
    test_interface();
}
