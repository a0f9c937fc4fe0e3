/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's functions are looked up when the plugin is loaded, so that one without them is refused in one line.
 */
#include "qemu_state.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct qemu_state_bytes { /* GLib's GByteArray */
    uint8_t *data;
    unsigned len;
};

static struct {
    void *(*get_cpu)(int index);
    int (*read_register)(void *cpu, struct qemu_state_bytes *bytes, int number);
    void (*memory)(uint64_t address, void *buffer, uint64_t size, bool is_write);
    struct qemu_state_bytes *(*bytes_new)(void);
    struct qemu_state_bytes *(*bytes_set_size)(struct qemu_state_bytes *bytes, unsigned size);
} qemu_state;

static struct qemu_state_bytes *qemu_state_bytes;

const char *qemu_state_bind(void)
{
    const struct {
        const char *name;
        void *place;
    } wanted[] = {
        {"qemu_get_cpu", &qemu_state.get_cpu},
        {"x86_cpu_gdb_read_register", &qemu_state.read_register},
        {"cpu_physical_memory_rw", &qemu_state.memory},
        {"g_byte_array_new", &qemu_state.bytes_new},
        {"g_byte_array_set_size", &qemu_state.bytes_set_size},
    };

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        void *found = dlsym(RTLD_DEFAULT, wanted[i].name);

        if (!found)
            return wanted[i].name;
        memcpy(wanted[i].place, &found, sizeof(found)); /* ISO C has no conversion to a function's address */
    }
    qemu_state_bytes = qemu_state.bytes_new();
    return NULL;
}

uint64_t qemu_state_register(unsigned cpu, unsigned number)
{
    uint64_t value = 0;

    qemu_state.bytes_set_size(qemu_state_bytes, 0);
    qemu_state.read_register(qemu_state.get_cpu((int)cpu), qemu_state_bytes, (int)number);
    memcpy(&value, qemu_state_bytes->data,
           qemu_state_bytes->len < sizeof(value) ? qemu_state_bytes->len : sizeof(value));
    return value;
}

uint64_t qemu_state_general(unsigned cpu, unsigned number)
{
    static const uint8_t by_hardware[8] = {0, 2, 3, 1, 7, 6, 4, 5}; /* gdb has RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP */

    return qemu_state_register(cpu, number < sizeof(by_hardware) ? by_hardware[number] : number);
}

uint64_t qemu_state_memory(uint64_t machine)
{
    uint64_t value = 0;

    qemu_state.memory(machine, &value, sizeof(value), false);
    return value;
}
