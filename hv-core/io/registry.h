/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one registry of a VM's ports and memory-mapped ranges: an access is looked up here and handed
 * to its device. Pure; the world (devices, interrupt lines) is passed in.
 */
#ifndef IO_REGISTRY_H
#define IO_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

enum io_space { IO_PORT, IO_MEMORY };

/* One access by the guest, naturally sized: 1, 2, 4 or 8 bytes. */
struct io_access {
    uint64_t address; /* port number, or guest-physical address */
    uint64_t value;   /* IN for a write, OUT for a read */
    uint8_t bytes;
    bool is_write;
    uint8_t vcpu; /* who asks (its local APIC) */
};

/* What the device has to say beside the value. */
enum io_result {
    IO_DONE,
    IO_STOP_VM, /* reset, power-off or exit port: the platform's stop reason says which */
};

typedef enum io_result (*io_handler)(void *device, struct io_access *access);

/* The same access several times over, as by REP INS and REP OUTS: the values of `access->bytes` bytes each lie one
 * after the other in `values`. Returns how many were performed; fewer than `count` when the VM stops. */
typedef uint64_t (*io_string_handler)(void *device, struct io_access *access, uint8_t *values, uint64_t count,
                                      enum io_result *result);

#define IO_REGISTRY_RANGES 64

struct io_range {
    uint64_t first, last; /* inclusive */
    io_handler handler;
    void *device;
    const char *name;
    io_string_handler string; /* NULL: one by one */
};

struct io_registry {
    struct io_range ports[IO_REGISTRY_RANGES];
    struct io_range memory[IO_REGISTRY_RANGES];
    unsigned port_count, memory_count;   /* sorted by first; ranges do not overlap */
    unsigned recent_port, recent_memory; /* the range that was accessed last: looked at first */
};

/* 0, -EEXIST for an overlap, -ENOSPC, -EINVAL. */
int io_registry_add(struct io_registry *registry, enum io_space space, uint64_t first, uint64_t count,
                    io_handler handler, void *device, const char *name);

/* The range that holds an address, or NULL. */
const struct io_range *io_registry_find(const struct io_registry *registry, enum io_space space, uint64_t address);

/* Performs an access. Where no device listens, a read gives all ones and a write is lost, as on a PC. */
enum io_result io_registry_access(struct io_registry *registry, enum io_space space, struct io_access *access);

/* Gives the range at an address a handler for repeated accesses. */
void io_registry_set_string(struct io_registry *registry, enum io_space space, uint64_t address,
                            io_string_handler handler);

/* Performs `count` equal accesses to a port with values in memory; as the handler above. A block of disk data costs one
 * copy. */
uint64_t io_registry_access_string(struct io_registry *registry, struct io_access *access, uint8_t *values,
                                   uint64_t count, enum io_result *result);

#endif
