/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sockets tell of the network interfaces (netdevice(7)): the loopback interface is the only one, always up. Its
 * addresses are told by those of the Internet family alone.
 */
#include "fs/inet_interface.h"

#include "fs/inet_internal.h"
#include "kernel/errno.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

#define INET_AT_MARK       0x8905u /* SIOCATMARK */
#define INET_QUEUED        0x5411u /* SIOCOUTQ */
#define INET_WAITING       0x541bu /* FIONREAD */
#define INTERFACE_NAME     0x8910u /* SIOCGIFNAME */
#define INTERFACE_LIST     0x8912u /* SIOCGIFCONF */
#define INTERFACE_FLAGS    0x8913u
#define INTERFACE_ADDRESS  0x8915u
#define INTERFACE_PEER     0x8917u
#define INTERFACE_SHOUT    0x8919u /* SIOCGIFBRDADDR */
#define INTERFACE_MASK     0x891bu
#define INTERFACE_METRIC   0x891du
#define INTERFACE_MTU      0x8921u
#define INTERFACE_HARDWARE 0x8927u
#define INTERFACE_INDEX    0x8933u
#define INTERFACE_MAP      0x8970u
#define INTERFACE_QUEUE    0x8942u /* SIOCGIFTXQLEN */

#define INTERFACE_UP_LOOPBACK_RUNNING 0x49u
#define INTERFACE_KIND_LOOPBACK       772u /* ARPHRD_LOOPBACK */

#define INTERFACE_NAME_BYTES 16u

/* struct ifreq */
struct inet_interface {
    char name[INTERFACE_NAME_BYTES];
    union {
        int32_t number;
        uint16_t flags;
        struct {
            uint16_t family, port;
            uint8_t address[4];
        } end;
        uint8_t bytes[24];
    };
};
_Static_assert(sizeof(struct inet_interface) == 40, "struct ifreq");

/* struct ifconf */
struct inet_interface_list {
    int32_t bytes, pad;
    uint64_t place;
};

static void inet_interface_end(struct inet_interface *interface, uint32_t address)
{
    memset(interface->bytes, 0, sizeof(interface->bytes));
    interface->end.family = INET_FAMILY;
    for (unsigned i = 0; i < 4; i++)
        interface->end.address[i] = (uint8_t)(address >> (24 - 8 * i));
}

static long inet_interface_list(uint64_t argument)
{
    struct inet_interface_list list;
    struct inet_interface interface = {.name = "lo"};
    if (user_copy_in(&list, argument, sizeof(list)))
        return -EFAULT;
    inet_interface_end(&interface, INET_LOOPBACK);
    bool fits = !list.place || list.bytes >= (int32_t)sizeof(interface);
    if (list.place && fits && user_copy_out(list.place, &interface, sizeof(interface)))
        return -EFAULT;
    list.bytes = fits ? (int32_t)sizeof(interface) : 0;
    return user_copy_out(argument, &list, sizeof(list)) ? -EFAULT : 0;
}

/* What is asked of the interface, into its request: 0 or -errno. */
static int inet_interface_tell(uint32_t request, struct inet_interface *interface)
{
    switch (request) {
    case INTERFACE_FLAGS:
        interface->flags = INTERFACE_UP_LOOPBACK_RUNNING;
        return 0;
    case INTERFACE_ADDRESS:
    case INTERFACE_PEER:
        inet_interface_end(interface, INET_LOOPBACK);
        return 0;
    case INTERFACE_SHOUT:
        inet_interface_end(interface, 0);
        return 0;
    case INTERFACE_MASK:
        inet_interface_end(interface, 0xff000000u);
        return 0;
    case INTERFACE_METRIC:
        interface->number = 0;
        return 0;
    case INTERFACE_MTU:
        interface->number = 65536;
        return 0;
    case INTERFACE_HARDWARE:
        memset(interface->bytes, 0, sizeof(interface->bytes));
        interface->end.family = INTERFACE_KIND_LOOPBACK;
        return 0;
    case INTERFACE_INDEX:
        interface->number = 1;
        return 0;
    case INTERFACE_QUEUE:
        interface->number = 1000;
        return 0;
    case INTERFACE_MAP:
        memset(interface->bytes, 0, sizeof(interface->bytes));
        return 0;
    default:
        return -EINVAL;
    }
}

static long inet_interface_request(uint32_t request, uint64_t argument)
{
    struct inet_interface interface;
    int status = 0;
    if (user_copy_in(&interface, argument, sizeof(interface)))
        return -EFAULT;
    interface.name[INTERFACE_NAME_BYTES - 1] = 0;
    if (request == INTERFACE_NAME) {
        if (interface.number != 1)
            return -ENODEV;
        memset(interface.name, 0, sizeof(interface.name));
        memcpy(interface.name, "lo", 2);
    } else {
        bool known = strcmp(interface.name, "lo") == 0;
        status = known ? inet_interface_tell(request, &interface) : -ENODEV;
    }
    if (status < 0)
        return status;
    return user_copy_out(argument, &interface, sizeof(interface)) ? -EFAULT : 0;
}

static bool inet_interface_among(uint32_t request, const uint16_t *requests, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (requests[i] == request)
            return true;
    return false;
}

long inet_interface_ioctl(uint32_t request, uint64_t argument)
{
    static const uint16_t requests[] = {INTERFACE_NAME, INTERFACE_FLAGS,    INTERFACE_METRIC, INTERFACE_MTU,
                                        INTERFACE_MAP,  INTERFACE_HARDWARE, INTERFACE_INDEX,  INTERFACE_QUEUE};
    if (request == INTERFACE_LIST)
        return inet_interface_list(argument);
    bool asked = inet_interface_among(request, requests, sizeof(requests) / sizeof(requests[0]));
    return asked ? inet_interface_request(request, argument) : -ENOTTY;
}

long inet_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    static const uint16_t addresses[] = {INTERFACE_ADDRESS, INTERFACE_PEER, INTERFACE_MASK, INTERFACE_SHOUT};
    const struct socket *socket = socket_of(file);
    int32_t value = 0;
    if (inet_interface_among(request, addresses, sizeof(addresses) / sizeof(addresses[0])))
        return inet_interface_request(request, argument);
    if (request != INET_AT_MARK && request != INET_QUEUED)
        return request == INET_WAITING && socket->listening ? -EINVAL : socket_ioctl(file, request, argument);
    if (request == INET_AT_MARK && socket->kind != SOCKET_STREAM)
        return -ENOTTY;
    if (request == INET_QUEUED && socket->listening)
        return -EINVAL;
    if (request == INET_QUEUED && socket->peer)
        value = (int32_t)socket_queued(socket->peer);
    return user_copy_out(argument, &value, sizeof(value));
}
