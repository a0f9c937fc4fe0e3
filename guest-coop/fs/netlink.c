/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink sockets: ports, groups and options. Their messages are in netlink_data.c.
 */
#include "fs/netlink_internal.h"

#include "kernel/capability.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

#define NETLINK_DEVICE      9u /* st_dev */
#define NETLINK_FAMILY      16u
#define NETLINK_PROTOCOLS   32u
#define NETLINK_RAW         3u
#define NETLINK_NAME_BYTES  10u     /* struct sockaddr_nl behind its family */
#define NETLINK_ROOM        212992u /* of the system's defaults, and the most that anybody may ask for */
#define NETLINK_ROOM_LEAST  2304u
#define NETLINK_FORCED_MOST 0x3fffffffu
#define NETLINK_FIRST_FREE  0xfffff000u /* ports of those whose process has one already, downwards */
#define NETLINK_LAST_FREE   0x80000000u /* more than there can be sockets */

/* SOL_SOCKET, SOL_NETLINK and their options */
#define LEVEL_SOCKET      1
#define LEVEL_NETLINK     270
#define OPTION_TYPE       3u
#define OPTION_ERROR      4u
#define OPTION_SEND_ROOM  7u
#define OPTION_ROOM       8u
#define OPTION_ROOM_FORCE 33u
#define OPTION_LISTENING  30u
#define OPTION_PROTOCOL   38u
#define OPTION_DOMAIN     39u
#define OPTION_JOIN       1u
#define OPTION_LEAVE      2u
#define OPTION_SILENT     5u

/* struct sockaddr_nl behind its family */
struct netlink_address {
    uint16_t pad;
    uint32_t port, groups;
} __attribute__((packed));
_Static_assert(sizeof(struct netlink_address) == NETLINK_NAME_BYTES, "struct sockaddr_nl");

static struct netlink *netlink_sockets;

struct netlink *netlink_first(void)
{
    return netlink_sockets;
}

/* ---- making and closing ---- */

static void netlink_destroy(struct inode *inode)
{
    heap_free(inode->context);
}

static int netlink_create(uint32_t kind, uint32_t protocol, uint32_t flags, struct file **file)
{
    static const struct inode_operations inode_operations = {.destroy = netlink_destroy};
    static uint64_t number;
    if (kind != SOCKET_DATAGRAM && kind != NETLINK_RAW)
        return -ESOCKTNOSUPPORT;
    if (protocol != NETLINK_ROUTE && protocol != NETLINK_UEVENT)
        return -EPROTONOSUPPORT;
    struct netlink *netlink = heap_allocate(sizeof(*netlink));
    if (!netlink)
        return -ENOMEM;
    uint64_t now = clock_realtime_ns();
    const struct process *process = process_current();
    netlink->inode = (struct inode){.operations = &inode_operations,
                                    .references = 1,
                                    .mode = ABI_S_IFSOCK | 0777,
                                    .uid = process->euid,
                                    .gid = process->egid,
                                    .links = 1,
                                    .file_system = NETLINK_DEVICE,
                                    .number = ++number,
                                    .times = {now, now, now},
                                    .context = netlink};
    netlink->kind = kind;
    netlink->protocol = protocol;
    netlink->room = NETLINK_ROOM;
    *file = file_create(&netlink_operations, &netlink->inode, netlink, flags | ABI_O_RDWR);
    if (*file) {
        netlink->next = netlink_sockets;
        netlink_sockets = netlink;
    }
    inode_release(&netlink->inode);
    return *file ? 0 : -ENFILE;
}

void netlink_release(struct file *file)
{
    struct netlink *netlink = netlink_of(file), **link = &netlink_sockets;
    while (*link != netlink)
        link = &(*link)->next;
    *link = netlink->next;
    while (netlink->first) {
        struct netlink_packet *packet = netlink->first;
        netlink->first = packet->next;
        heap_free(packet);
    }
}

/* ---- names ---- */

static bool netlink_port_taken(uint32_t protocol, uint32_t port)
{
    for (const struct netlink *other = netlink_sockets; other; other = other->next)
        if (other->protocol == protocol && other->port == port)
            return true;
    return false;
}

/* Where the last search ended the next one goes on: ports below are mostly taken by those who came before. */
void netlink_take_port(struct netlink *netlink)
{
    static uint32_t next = NETLINK_FIRST_FREE;
    uint32_t port = (uint32_t)process_current()->leader_pid;
    while (netlink_port_taken(netlink->protocol, port)) {
        port = next;
        next = next == NETLINK_LAST_FREE ? NETLINK_FIRST_FREE : next - 1;
    }
    netlink->port = port;
}

int netlink_name_read(const struct socket_name *name, uint32_t *port, uint32_t *groups)
{
    struct netlink_address address;
    if (name->length < sizeof(address) || name->family != NETLINK_FAMILY)
        return -EINVAL;
    memcpy(&address, name->text, sizeof(address));
    *port = address.port;
    *groups = address.groups;
    return 0;
}

void netlink_name_write(struct socket_name *name, uint32_t port, uint32_t groups)
{
    struct netlink_address address = {0, port, groups};
    name->family = NETLINK_FAMILY;
    name->length = sizeof(address);
    memcpy(name->text, &address, sizeof(address));
}

static int netlink_bind(struct file *file, const struct socket_name *name)
{
    struct netlink *netlink = netlink_of(file);
    uint32_t port, groups;
    int status = netlink_name_read(name, &port, &groups);
    if (status)
        return status;
    if (netlink->port && port != netlink->port)
        return -EINVAL;
    if (!netlink->port && port && netlink_port_taken(netlink->protocol, port))
        return -EADDRINUSE;
    if (!netlink->port && port)
        netlink->port = port;
    else if (!netlink->port)
        netlink_take_port(netlink);
    netlink->groups = groups;
    return 0;
}

/* Nobody but the kernel is to be written to by who may not. */
static int netlink_connect(struct file *file, const struct socket_name *name)
{
    struct netlink *netlink = netlink_of(file);
    uint32_t port = 0, groups = 0;
    if (name->family) {
        int status = netlink_name_read(name, &port, &groups);
        if (status)
            return status;
        if ((port || groups) && !capability_held(CAPABILITY_NET_ADMIN))
            return -EPERM;
        if (!netlink->port)
            netlink_take_port(netlink);
    }
    netlink->to_port = port;
    netlink->to_groups = groups;
    return 0;
}

static int netlink_own_name(struct file *file, struct socket_name *name)
{
    const struct netlink *netlink = netlink_of(file);
    netlink_name_write(name, netlink->port, netlink->groups);
    return 0;
}

static int netlink_peer_name(struct file *file, struct socket_name *name)
{
    const struct netlink *netlink = netlink_of(file);
    netlink_name_write(name, netlink->to_port, netlink->to_groups);
    return 0;
}

/* ---- options ---- */

/* What is asked for counts double, for heads, as on Linux. */
static int netlink_set_room(struct netlink *netlink, uint32_t bytes, uint32_t most)
{
    bytes = bytes > most ? most : bytes;
    netlink->room = 2 * bytes < NETLINK_ROOM_LEAST ? NETLINK_ROOM_LEAST : 2 * bytes;
    return 0;
}

static int netlink_set_group(struct netlink *netlink, uint32_t group, bool join)
{
    if (group == 0 || group > 32)
        return -EINVAL;
    uint32_t bit = 1u << (group - 1);
    netlink->groups = join ? netlink->groups | bit : netlink->groups & ~bit;
    return 0;
}

static int netlink_option_set(struct file *file, int level, uint32_t option, const void *value, uint32_t bytes)
{
    struct netlink *netlink = netlink_of(file);
    uint32_t number;
    if (level != LEVEL_SOCKET && level != LEVEL_NETLINK)
        return -ENOPROTOOPT;
    if (bytes < sizeof(number))
        return -EINVAL;
    memcpy(&number, value, sizeof(number));
    if (level == LEVEL_SOCKET && option == OPTION_ROOM)
        return netlink_set_room(netlink, number, NETLINK_ROOM);
    if (level == LEVEL_SOCKET && option == OPTION_ROOM_FORCE)
        return capability_held(CAPABILITY_NET_ADMIN) ? netlink_set_room(netlink, number, NETLINK_FORCED_MOST) : -EPERM;
    if (level == LEVEL_NETLINK && (option == OPTION_JOIN || option == OPTION_LEAVE))
        return netlink_set_group(netlink, number, option == OPTION_JOIN);
    if (level != LEVEL_NETLINK || option != OPTION_SILENT)
        return -ENOPROTOOPT;
    netlink->silent = number;
    return 0;
}

static int netlink_option_get(struct file *file, int level, uint32_t option, void *value, uint32_t *bytes)
{
    struct netlink *netlink = netlink_of(file);
    uint32_t number = 0;
    if (level != LEVEL_SOCKET && (level != LEVEL_NETLINK || option != OPTION_SILENT))
        return -ENOPROTOOPT;
    switch (level == LEVEL_SOCKET ? option : OPTION_LISTENING) {
    case OPTION_TYPE:
        number = netlink->kind;
        break;
    case OPTION_ERROR:
        number = (uint32_t)-netlink->error;
        netlink->error = 0;
        break;
    case OPTION_SEND_ROOM:
        number = NETLINK_ROOM;
        break;
    case OPTION_ROOM:
        number = netlink->room;
        break;
    case OPTION_LISTENING:
        number = level == LEVEL_NETLINK && netlink->silent;
        break;
    case OPTION_PROTOCOL:
        number = netlink->protocol;
        break;
    case OPTION_DOMAIN:
        number = NETLINK_FAMILY;
        break;
    default:
        return -ENOPROTOOPT;
    }
    memcpy(value, &number, sizeof(number));
    *bytes = sizeof(number);
    return 0;
}

const struct socket_family netlink_family = {
    .number = NETLINK_FAMILY,
    .create = netlink_create,
    .bind = netlink_bind,
    .connect = netlink_connect,
    .own_name = netlink_own_name,
    .peer_name = netlink_peer_name,
    .option_set = netlink_option_set,
    .option_get = netlink_option_get,
    .send = netlink_send,
    .receive = netlink_receive,
};
