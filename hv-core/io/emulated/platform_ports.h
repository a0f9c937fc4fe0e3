/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the platform: a row of the address map, and the functions that rows name where they stand in files of their
 * own.
 */
#ifndef IO_EMULATED_PLATFORM_PORTS_H
#define IO_EMULATED_PLATFORM_PORTS_H

#include "io/emulated/platform_state.h"

typedef uint8_t (*platform_reader)(struct platform *platform, unsigned port);
typedef enum io_result (*platform_writer)(struct platform *platform, unsigned port, uint8_t value);

/* Byte-wide devices give read and write; a wider access falls into bytes. Others give access. */
struct platform_row {
    enum io_space space;
    uint64_t first;
    unsigned count;
    const char *name;
    platform_reader read;
    platform_writer write;
    enum io_result (*access)(struct platform *platform, struct io_access *access);
};

/* Ports that more than one line of code knows. */
#define PORT_CONTROL_B    0x61 /* system control port B: the PIT's gate and output */
#define PORT_DISK         0x1f0
#define PORT_COM2         0x2f8
#define PORT_DISK_CONTROL 0x3f6
#define PORT_COM1         0x3f8

/* A byte-wide device under an access of any width: the bus makes single cycles of it. */
enum io_result platform_ports_split(struct platform *platform, platform_reader read, platform_writer write,
                                    struct io_access *access);

/* platform_timers.c */
uint8_t platform_timers_read_pit(struct platform *platform, unsigned port);
enum io_result platform_timers_write_pit(struct platform *platform, unsigned port, uint8_t value);
uint8_t platform_timers_read_rtc(struct platform *platform, unsigned port);
enum io_result platform_timers_write_rtc(struct platform *platform, unsigned port, uint8_t value);
uint8_t platform_timers_read_power(struct platform *platform, unsigned port);
enum io_result platform_timers_write_power(struct platform *platform, unsigned port, uint8_t value);
enum io_result platform_timers_access_power_timer(struct platform *platform, struct io_access *access);

/* platform_disk.c */
uint8_t platform_disk_read(struct platform *platform, unsigned port);
enum io_result platform_disk_write(struct platform *platform, unsigned port, uint8_t value);
enum io_result platform_disk_access(struct platform *platform, struct io_access *access);
uint64_t platform_disk_string(void *device, struct io_access *access, uint8_t *values, uint64_t count,
                              enum io_result *result);

#endif
