/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel answers to rtnetlink(7): the loopback interface, its address and routes can be asked for. Nothing can
 * be changed.
 */
#include "fs/netlink_internal.h"

#include "kernel/capability.h"
#include "kernel/errno.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

#define ROUTE_ANSWER_BYTES 1024u /* all that is there to be told */

/* struct nlmsghdr */
struct route_header {
    uint32_t bytes;
    uint16_t type, flags;
    uint32_t sequence, port;
};
#define ROUTE_REQUEST 0x1u
#define ROUTE_MULTI   0x2u
#define ROUTE_ACK     0x4u
#define ROUTE_DUMP    0x300u
#define ROUTE_ERROR   2u
#define ROUTE_DONE    3u

/* Messages: groups of four, to make, delete, get and set something. */
#define ROUTE_FIRST     16u
#define ROUTE_LINK      16u
#define ROUTE_ADDRESS   20u
#define ROUTE_ROUTE     24u
#define ROUTE_NEIGHBOUR 28u
#define ROUTE_LAST      123u
#define ROUTE_GET       2u

/* struct rtattr */
struct route_attribute {
    uint16_t bytes, type;
};

/* struct ifinfomsg, ifaddrmsg and rtmsg */
struct route_link {
    uint8_t family, pad;
    uint16_t type;
    int32_t index;
    uint32_t flags, changed;
};
struct route_address {
    uint8_t family, prefix_bits, flags, scope;
    uint32_t index;
};
struct route_route {
    uint8_t family, to_bits, from_bits, tos, table, protocol, scope, type;
    uint32_t flags;
};
_Static_assert(sizeof(struct route_header) == 16 && sizeof(struct route_link) == 16 &&
                   sizeof(struct route_address) == 8 && sizeof(struct route_route) == 12,
               "rtnetlink(7)");

#define FAMILY_INTERNET  2u
#define LOOPBACK_INDEX   1u
#define LOOPBACK_TYPE    772u     /* ARPHRD_LOOPBACK */
#define LOOPBACK_FLAGS   0x10049u /* IFF_UP, LOOPBACK, RUNNING, LOWER_UP */
#define LOOPBACK_MTU     65536u
#define LOOPBACK_QUEUE   1000u
#define LOOPBACK_NET     0x0000007fu /* 127.0.0.0, in the order of the network */
#define LOOPBACK_ADDRESS 0x0100007fu
#define LOOPBACK_ALL     0xffffff7fu

/* IFLA_*, IFA_* and RTA_* */
enum {
    LINK_ADDRESS = 1,
    LINK_BROADCAST = 2,
    LINK_NAME = 3,
    LINK_MTU = 4,
    LINK_QDISC = 6,
    LINK_QUEUE = 13,
    LINK_STATE = 16
};
enum { ADDRESS_ADDRESS = 1, ADDRESS_LOCAL = 2, ADDRESS_LABEL = 3 };
enum { ROUTE_TO = 1, ROUTE_INTERFACE = 4, ROUTE_SOURCE = 7, ROUTE_TABLE = 15 };

#define TABLE_LOCAL     255u
#define PROTOCOL_KERNEL 2u
#define SCOPE_LINK      253u
#define SCOPE_HOST      254u
#define TYPE_LOCAL      2u
#define TYPE_BROADCAST  3u

/* ---- writing ---- */

/* An answer to `request`, which grows in a packet that has room for all. */
struct route_answer {
    const struct route_header *request;
    uint32_t port;
    struct netlink_packet *packet;
    struct route_header *message; /* the last one */
};

static void *route_add(struct route_answer *answer, const void *bytes, size_t count)
{
    uint8_t *at = answer->packet->data + answer->packet->bytes;
    memcpy(at, bytes, count);
    answer->packet->bytes += (uint32_t)(count + 3) & ~3u;
    if (answer->message)
        answer->message->bytes = (uint32_t)(answer->packet->data + answer->packet->bytes - (uint8_t *)answer->message);
    return at;
}

static void route_begin(struct route_answer *answer, uint16_t type, const void *body, size_t count)
{
    bool dump = (answer->request->flags & ROUTE_DUMP) == ROUTE_DUMP;
    struct route_header header = {0, type, dump ? ROUTE_MULTI : 0, answer->request->sequence, answer->port};
    answer->message = NULL;
    answer->message = route_add(answer, &header, sizeof(header));
    route_add(answer, body, count);
}

static void route_attribute(struct route_answer *answer, uint16_t type, const void *value, size_t count)
{
    struct route_attribute attribute = {(uint16_t)(sizeof(attribute) + count), type};
    route_add(answer, &attribute, sizeof(attribute));
    route_add(answer, value, count);
}

static void route_number(struct route_answer *answer, uint16_t type, uint32_t value)
{
    route_attribute(answer, type, &value, sizeof(value));
}

/* ---- what there is ---- */

static void route_tell_link(struct route_answer *answer)
{
    static const uint8_t hardware[6], up = 6;
    struct route_link link = {.type = LOOPBACK_TYPE, .index = LOOPBACK_INDEX, .flags = LOOPBACK_FLAGS};
    route_begin(answer, ROUTE_LINK, &link, sizeof(link));
    route_attribute(answer, LINK_NAME, "lo", sizeof("lo"));
    route_number(answer, LINK_QUEUE, LOOPBACK_QUEUE);
    route_attribute(answer, LINK_STATE, &up, sizeof(up));
    route_number(answer, LINK_MTU, LOOPBACK_MTU);
    route_attribute(answer, LINK_QDISC, "noqueue", sizeof("noqueue"));
    route_attribute(answer, LINK_ADDRESS, hardware, sizeof(hardware));
    route_attribute(answer, LINK_BROADCAST, hardware, sizeof(hardware));
}

static void route_tell_address(struct route_answer *answer)
{
    struct route_address address = {FAMILY_INTERNET, 8, 0x80, SCOPE_HOST, LOOPBACK_INDEX};
    route_begin(answer, ROUTE_ADDRESS, &address, sizeof(address));
    route_number(answer, ADDRESS_ADDRESS, LOOPBACK_ADDRESS);
    route_number(answer, ADDRESS_LOCAL, LOOPBACK_ADDRESS);
    route_attribute(answer, ADDRESS_LABEL, "lo", sizeof("lo"));
}

/* The routes that an address brings with it: to its net, to itself, and to all in the net. */
static void route_tell_routes(struct route_answer *answer)
{
    static const struct {
        uint8_t bits, scope, type;
        uint32_t to;
    } routes[] = {{8, SCOPE_HOST, TYPE_LOCAL, LOOPBACK_NET},
                  {32, SCOPE_HOST, TYPE_LOCAL, LOOPBACK_ADDRESS},
                  {32, SCOPE_LINK, TYPE_BROADCAST, LOOPBACK_ALL}};
    for (unsigned i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        struct route_route route = {.family = FAMILY_INTERNET,
                                    .to_bits = routes[i].bits,
                                    .table = TABLE_LOCAL,
                                    .protocol = PROTOCOL_KERNEL,
                                    .scope = routes[i].scope,
                                    .type = routes[i].type};
        route_begin(answer, ROUTE_ROUTE, &route, sizeof(route));
        route_number(answer, ROUTE_TABLE, TABLE_LOCAL);
        route_number(answer, ROUTE_TO, routes[i].to);
        route_number(answer, ROUTE_SOURCE, LOOPBACK_ADDRESS);
        route_number(answer, ROUTE_INTERFACE, LOOPBACK_INDEX);
    }
}

/* ---- answering ---- */

/* All of a kind: each interface, address, route or neighbour, of which there is none. */
static int route_dump(struct route_answer *answer, uint8_t family)
{
    const int32_t done = 0;
    bool internet = family == 0 || family == FAMILY_INTERNET;
    switch (answer->request->type & ~3u) {
    case ROUTE_LINK:
        route_tell_link(answer);
        break;
    case ROUTE_ADDRESS:
        if (internet)
            route_tell_address(answer);
        break;
    case ROUTE_ROUTE:
        if (internet)
            route_tell_routes(answer);
        break;
    case ROUTE_NEIGHBOUR:
        break;
    default:
        return -EOPNOTSUPP;
    }
    route_begin(answer, ROUTE_DONE, &done, sizeof(done));
    return 0;
}

/* One interface, by number or name. */
static int route_get_link(struct route_answer *answer)
{
    const uint8_t *at = (const uint8_t *)(answer->request + 1), *end;
    struct route_link wanted;
    if (answer->request->bytes < sizeof(*answer->request) + sizeof(wanted))
        return -EINVAL;
    end = (const uint8_t *)answer->request + answer->request->bytes;
    memcpy(&wanted, at, sizeof(wanted));
    bool found = wanted.index == LOOPBACK_INDEX;
    at += sizeof(wanted);
    while (wanted.index == 0 && !found && (size_t)(end - at) >= sizeof(struct route_attribute)) {
        struct route_attribute attribute;
        memcpy(&attribute, at, sizeof(attribute));
        if (attribute.bytes < sizeof(attribute) || attribute.bytes > end - at)
            return -EINVAL;
        found = attribute.type == LINK_NAME && attribute.bytes == sizeof(attribute) + sizeof("lo") &&
                memcmp(at + sizeof(attribute), "lo", sizeof("lo")) == 0;
        size_t step = (attribute.bytes + 3u) & ~3u;
        at += step < (size_t)(end - at) ? step : (size_t)(end - at);
    }
    if (!found)
        return -ENODEV;
    route_tell_link(answer);
    return 0;
}

static int route_answer(struct netlink *netlink, const struct route_header *request)
{
    struct route_answer answer = {.request = request, .port = netlink->port};
    int status;
    if (request->type < ROUTE_FIRST || request->type > ROUTE_LAST)
        return request->type < ROUTE_FIRST ? 0 : -EOPNOTSUPP;
    if (request->bytes == sizeof(*request))
        return 0; /* not even a family */
    if ((request->type & 3u) != ROUTE_GET)
        return capability_held(CAPABILITY_NET_ADMIN) ? -EOPNOTSUPP : -EPERM;
    answer.packet = netlink_packet_make(ROUTE_ANSWER_BYTES);
    if (!answer.packet)
        return -ENOBUFS;
    answer.packet->bytes = 0;
    if ((request->flags & ROUTE_DUMP) == ROUTE_DUMP)
        status = route_dump(&answer, *(const uint8_t *)(request + 1));
    else
        status = (request->type & ~3u) == ROUTE_LINK ? route_get_link(&answer) : -EOPNOTSUPP;
    if (status == 0)
        return netlink_queue(netlink, answer.packet);
    heap_free(answer.packet);
    return status;
}

/* Says how it went: what failed comes back as a whole. */
static void route_acknowledge(struct netlink *netlink, const struct route_header *request, int32_t status)
{
    size_t echoed = status ? request->bytes : sizeof(*request);
    size_t bytes = sizeof(*request) + sizeof(status) + echoed;
    struct netlink_packet *packet = netlink_packet_make(bytes);
    if (!packet)
        return;
    struct route_header header = {(uint32_t)bytes, ROUTE_ERROR, 0, request->sequence, netlink->port};
    memcpy(packet->data, &header, sizeof(header));
    memcpy(packet->data + sizeof(header), &status, sizeof(status));
    memcpy(packet->data + sizeof(header) + sizeof(status), request, echoed);
    netlink_queue(netlink, packet);
}

int netlink_ask(struct netlink *netlink, const uint8_t *bytes, size_t count)
{
    if (netlink->protocol != NETLINK_ROUTE)
        return -ECONNREFUSED; /* of devices the kernel only tells */
    while (count >= sizeof(struct route_header)) {
        const struct route_header *request = (const struct route_header *)bytes;
        if (request->bytes < sizeof(*request) || request->bytes > count)
            break;
        int status = request->flags & ROUTE_REQUEST ? route_answer(netlink, request) : 0;
        bool dumped = status == 0 && (request->flags & ROUTE_DUMP) == ROUTE_DUMP;
        if (status || (request->flags & ROUTE_ACK && !dumped))
            route_acknowledge(netlink, request, status);
        size_t step = (request->bytes + 3ul) & ~3ul;
        step = step < count ? step : count;
        bytes += step;
        count -= step;
    }
    return 0;
}
