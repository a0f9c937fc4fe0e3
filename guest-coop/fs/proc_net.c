/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/net: the sockets and the loopback interface, as network tools read them.
 */
#include "fs/inet_internal.h"
#include "fs/proc_internal.h"

#define NET_STATE_ESTABLISHED 1u
#define NET_STATE_CLOSED      7u
#define NET_STATE_CLOSE_WAIT  8u
#define NET_STATE_LISTEN      10u

/* An address as the machine keeps it in network order, and the port. */
static void proc_print_end(struct proc_text *text, struct inet_end end)
{
    proc_print(text, " %08X:%04X", __builtin_bswap32(end.address), end.port);
}

static unsigned proc_inet_state(const struct inet *inet)
{
    const struct socket *socket = &inet->socket;
    if (socket->listening)
        return NET_STATE_LISTEN;
    if (!inet->peer_known || (socket->kind == SOCKET_STREAM && socket->receive_shut && socket->send_shut))
        return NET_STATE_CLOSED;
    return socket->receive_shut ? NET_STATE_CLOSE_WAIT : NET_STATE_ESTABLISHED;
}

static void proc_print_socket(struct proc_text *text, unsigned line, const struct inet *inet)
{
    const struct socket *socket = &inet->socket;
    proc_print(text, "%4u:", line);
    proc_print_end(text, inet->own);
    proc_print_end(text, inet->peer_known ? inet->peer : (struct inet_end){0});
    proc_print(text, " %02X %08X:%08X 00:00000000 00000000 %5u        0 %lu 1 0000000000000000\n",
               proc_inet_state(inet), socket->peer ? (unsigned)socket_queued(socket->peer) : 0u,
               socket->listening ? socket->pending_count : (unsigned)socket_queued(socket), socket->inode.uid,
               (unsigned long)socket->inode.number);
}

/* Each with a port, and behind a stream's client the server's end, which has none of its own. */
static void proc_print_sockets(struct proc_text *text, uint32_t kind)
{
    unsigned line = 0;
    proc_print(text,
               "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n");
    for (const struct inet *inet = inet_ports_next(NULL); inet; inet = inet_ports_next(inet)) {
        const struct inet *server = (const struct inet *)inet->socket.peer;
        if (inet->socket.kind != kind)
            continue;
        proc_print_socket(text, line++, inet);
        if (server)
            proc_print_socket(text, line++, server);
    }
}

static void proc_print_tcp(struct proc_text *text, struct process *process)
{
    (void)process;
    proc_print_sockets(text, SOCKET_STREAM);
}

static void proc_print_udp(struct proc_text *text, struct process *process)
{
    (void)process;
    proc_print_sockets(text, SOCKET_DATAGRAM);
}

/* No packets are made, so none are counted. */
static void proc_print_dev(struct proc_text *text, struct process *process)
{
    (void)process;
    proc_print(text,
               "Inter-|   Receive                                                |  Transmit\n"
               " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo "
               "colls carrier compressed\n"
               "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0 "
               "    0       0          0\n");
}

#define PROC_HEADING(name, line)                                                                                       \
    static void proc_print_##name(struct proc_text *text, struct process *process)                                     \
    {                                                                                                                  \
        (void)process;                                                                                                 \
        proc_print(text, line "\n");                                                                                   \
    }

PROC_HEADING(route, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT")
PROC_HEADING(arp, "IP address       HW type     Flags       HW address            Mask     Device")
PROC_HEADING(raw, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode")

#define PROC_TEXT(file)                                                                                                \
    {                                                                                                                  \
        .name = #file, .mode = ABI_S_IFREG | 0444, .print = proc_print_##file                                          \
    }

static const struct proc_row proc_net_rows[] = {
    PROC_TEXT(arp),
    PROC_TEXT(dev),
    PROC_TEXT(raw),
    PROC_TEXT(route),
    PROC_TEXT(tcp),
    PROC_TEXT(udp),
    {.name = "unix", .mode = ABI_S_IFREG | 0444, .print = proc_print_local_sockets}};

const struct proc_folder proc_net_folder = {proc_net_rows, sizeof(proc_net_rows) / sizeof(proc_net_rows[0]), 5};
