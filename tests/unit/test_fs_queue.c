/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's drivers of queue devices against the hypervisor's devices: what a program sees, and how many kicks it
 * took.
 */
#include "fake_kernel.h"
#include "fake_queue_device.h"

#include "coopnet.h"
#include "drivers/queue_block.h"
#include "drivers/queue_console.h"
#include "drivers/queue_entropy.h"
#include "drivers/queue_net.h"
#include "drivers/upcall.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "pv/pv.h"
#include "suite.h"
#include <coopvirt/string.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 4096u

struct pv_operations pv;
struct pv_machine pv_machine;
void (*hypercall_entry)(void);

static struct coop_start_info info;
static struct coop_vcpu vcpu;
static bool panicking;

bool panic_is_running(void)
{
    return panicking;
}
coop_paddr pv_image_address(const void *object)
{
    return (coop_paddr)(uintptr_t)object;
}
int string_option(const char *text, const char *key, char *value, size_t size)
{
    (void)text, (void)key, (void)value, (void)size;
    return -1;
}

void timer_interrupt(void) {}

static void take_events(void)
{
    if (vcpu.upcall_pending)
        ck_assert(!upcall_dispatch());
}

/* Whoever sleeps is woken by an event. */
static int sleep_until_event(void)
{
    ck_assert_msg(fake_devices_run(), "nothing would wake the sleeper");
    take_events();
    return 0;
}

static void setup(void)
{
    fake_start(NULL, 0);
    fake_devices_start(&info, &vcpu);
    pv_machine.start_info = &info;
    panicking = false;
    fake_now_ns = 1000000000;
    for (unsigned i = 0; i < sizeof(fake_disk); i++)
        fake_disk[i] = (uint8_t)(i / 512 * 7 + i);
    upcall_start(&vcpu, 0);
    queue_console_start();
    queue_block_start();
    queue_net_start();
    queue_entropy_start();
}

static void teardown(void)
{
    fake_devices_stop();
    fake_stop();
}

static long open_file(const char *path)
{
    long descriptor = fake_call(open, path, ABI_O_RDWR, 0);
    ck_assert_int_ge(descriptor, 0);
    return descriptor;
}

/* A call of 32 blocks is 32 requests and one kick; the device works at once, or an event ends the wait. */
START_TEST(disk_depth)
{
    static uint8_t bytes[128 * BLOCK];
    fake_devices_lazy = _i;
    fake_sleep = sleep_until_event;
    long disk = open_file("/dev/hda");
    fake_kicks = fake_hypercalls = 0;
    ck_assert_int_eq(fake_call(pread64, disk, bytes, 32 * BLOCK, 0), 32 * BLOCK);
    ck_assert_uint_eq(fake_kicks, 1);
    ck_assert_uint_eq(fake_hypercalls, 1);
    ck_assert_int_eq(memcmp(bytes, fake_disk, 32 * BLOCK), 0);
    ck_assert_int_eq(fake_call(pread64, disk, bytes, sizeof(bytes) + 99, 0), sizeof(bytes));
    ck_assert_uint_eq(fake_kicks, 5);
    ck_assert_int_eq(memcmp(bytes, fake_disk, sizeof(bytes)), 0);
    ck_assert_int_eq(fake_call(read, disk, bytes, 0), 0);
    ck_assert_int_eq(fake_call(pwrite64, disk, bytes, 1, sizeof(bytes)), -ENOSPC);
}
END_TEST

START_TEST(disk_random)
{
    static uint8_t bytes[20 * BLOCK], model[FAKE_DISK_BYTES];
    fake_devices_lazy = _i;
    fake_sleep = sleep_until_event;
    memcpy(model, fake_disk, sizeof(model));
    long disk = open_file("/dev/hda");
    srand(5);
    for (unsigned round = 0; round < 300; round++) {
        size_t count = 1 + (size_t)rand() % sizeof(bytes), at = (size_t)rand() % (sizeof(model) - count);
        if (rand() % 2) {
            for (size_t i = 0; i < count; i++)
                bytes[i] = model[at + i] = (uint8_t)rand();
            ck_assert_int_eq(fake_call(pwrite64, disk, bytes, count, at), count);
        } else {
            ck_assert_int_eq(fake_call(pread64, disk, bytes, count, at), count);
            ck_assert_int_eq(memcmp(bytes, model + at, count), 0);
        }
        ck_assert_int_eq(memcmp(model, fake_disk, sizeof(model)), 0);
    }
    ck_assert_int_eq(fake_call(fsync, disk), 0);
}
END_TEST

/* A signal does not leave a request behind whose memory is given back. */
static int sleep_never(void)
{
    return -ERESTARTSYS;
}

START_TEST(disk_signal)
{
    static uint8_t bytes[32 * BLOCK];
    fake_devices_lazy = true;
    fake_sleep = sleep_never;
    long disk = open_file("/dev/hda");
    ck_assert_int_eq(fake_call(pread64, disk, bytes, sizeof(bytes), BLOCK), sizeof(bytes));
    ck_assert_int_eq(memcmp(bytes, fake_disk + BLOCK, sizeof(bytes)), 0);
}
END_TEST

START_TEST(disk_little_memory)
{
    static uint8_t bytes[32 * BLOCK];
    fake_sleep = sleep_until_event;
    long disk = open_file("/dev/hda");
    size_t used = fake_frames_used;
    fake_frames_left = 3;
    ck_assert_int_eq(fake_call(pread64, disk, bytes, sizeof(bytes), 100), sizeof(bytes));
    ck_assert_int_eq(memcmp(bytes, fake_disk + 100, sizeof(bytes)), 0);
    ck_assert_uint_eq(fake_frames_used, used);
    fake_frames_left = 0;
    ck_assert_int_eq(fake_call(pread64, disk, bytes, 1, 0), -ENOMEM);
}
END_TEST

START_TEST(disk_bad_address)
{
    fake_sleep = sleep_until_event;
    long disk = open_file("/dev/hda");
    ck_assert_int_eq(fake_call(pread64, disk, 8, 32 * BLOCK, 0), -EFAULT);
    ck_assert_int_eq(fake_call(pwrite64, disk, 8, 32 * BLOCK, 0), -EFAULT);
}
END_TEST

/* Quiet: at once. Then together, until there is enough, or a flush. */
START_TEST(console_output)
{
    long tty = open_file("/dev/ttyS0");
    fake_kicks = 0;
    ck_assert_int_eq(fake_call(write, tty, "hello\n", 6), 6);
    ck_assert_uint_eq(fake_kicks, 1);
    ck_assert_uint_eq(fake_text_bytes[0], 7);
    ck_assert_int_eq(memcmp(fake_text[0], "hello\r\n", 7), 0);
    for (unsigned i = 0; i < 15; i++)
        ck_assert_int_eq(fake_call(write, tty, "x", 1), 1);
    ck_assert_uint_eq(fake_kicks, 1);
    ck_assert_int_eq(fake_call(write, tty, "y", 1), 1);
    ck_assert_uint_eq(fake_kicks, 2);
    ck_assert_int_eq(memcmp(fake_text[0] + 7, "xxxxxxxxxxxxxxxy", 16), 0);
    ck_assert_int_eq(fake_call(write, tty, "z", 1), 1);
    ck_assert_uint_eq(fake_text_bytes[0], 23);
    queue_console_flush();
    ck_assert_uint_eq(fake_text_bytes[0], 24);
    fake_now_ns += 1000000;
    ck_assert_int_eq(fake_call(write, tty, "!", 1), 1);
    ck_assert_uint_eq(fake_text_bytes[0], 25);
}
END_TEST

/* More than all buffers hold, to a device that takes its time: nothing is lost or turned round. */
START_TEST(console_flood)
{
    static char text[50000];
    fake_devices_lazy = true;
    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    for (unsigned at = 0; at < sizeof(text); at += 1000)
        queue_console_write(PV_TEXT_CONSOLE, text + at, 1000);
    queue_console_drain();
    ck_assert_uint_eq(fake_text_bytes[0], sizeof(text));
    ck_assert_int_eq(memcmp(fake_text[0], text, sizeof(text)), 0);
}
END_TEST

START_TEST(log_at_once)
{
    queue_console_write(PV_TEXT_LOG, "line 1\n", 7);
    ck_assert_uint_eq(fake_text_bytes[1], 7);
    ck_assert_uint_eq(fake_polled_writes, 0);
    panicking = true;
    queue_console_write(PV_TEXT_LOG, "panic\n", 6);
    ck_assert_uint_eq(fake_polled_writes, 1);
    ck_assert_int_eq(memcmp(fake_text[1], "line 1\npanic\n", 13), 0);
}
END_TEST

START_TEST(console_input)
{
    char line[300];
    long tty = open_file("/dev/ttyS0");
    for (unsigned round = 0; round < 200; round++) {
        fake_type("some text\n");
        take_events();
        ck_assert_int_eq(fake_call(read, tty, line, sizeof(line)), 10);
        ck_assert_int_eq(memcmp(line, "some text\n", 10), 0);
    }
}
END_TEST

START_TEST(net)
{
    uint8_t frame[COOPNET_FRAME_MOST + 1], got[COOPNET_FRAME_MOST + 1], address[6] = {0};
    long net = open_file("/dev/net0");
    for (unsigned i = 0; i < sizeof(frame); i++)
        frame[i] = (uint8_t)(i * 3);
    fake_sleep = sleep_until_event;
    ck_assert_int_eq(fake_call(write, net, frame, 13), -EINVAL);
    ck_assert_int_eq(fake_call(write, net, frame, sizeof(frame)), -EINVAL);
    ck_assert_int_eq(fake_call(ioctl, net, COOPNET_ADDRESS, address), 0);
    ck_assert_int_eq(memcmp(address, &info.devices[3].config, 6), 0);
    for (unsigned round = 0; round < 100; round++) {
        size_t bytes = 14 + round * 15;
        ck_assert_int_eq(fake_call(write, net, frame, bytes), bytes);
        ck_assert_uint_eq(fake_wire_sent, bytes);
        ck_assert_int_eq(memcmp(fake_wire, frame, bytes), 0);
        fake_frame(frame, bytes);
        take_events();
        ck_assert_int_eq(fake_call(read, net, got, sizeof(got)), bytes);
        ck_assert_int_eq(memcmp(got, frame, bytes), 0);
    }
    fake_frame(frame, 100);
    take_events();
    ck_assert_int_eq(fake_call(read, net, got, 20), 20);
}
END_TEST

/* More frames than there are buffers, and nobody reads: the first ones are there, the others wait outside. */
START_TEST(net_flood)
{
    uint8_t frame[60] = {0}, got[60];
    long net = open_file("/dev/net0");
    for (frame[20] = 0; frame[20] < 32; frame[20]++)
        fake_frame(frame, sizeof(frame));
    take_events();
    for (unsigned i = 0; i < 32; i++) {
        ck_assert_int_eq(fake_call(read, net, got, sizeof(got)), sizeof(got));
        ck_assert_uint_eq(got[20], i);
    }
}
END_TEST

START_TEST(entropy)
{
    uint8_t first[64], second[64];
    fake_devices_lazy = _i;
    fake_sleep = sleep_until_event;
    long device = fake_call(open, "/dev/hwrng", ABI_O_RDONLY, 0);
    ck_assert_int_ge(device, 0);
    ck_assert_int_eq(fake_call(read, device, first, 0), 0);
    ck_assert_int_eq(fake_call(read, device, first, sizeof(first)), sizeof(first));
    ck_assert_int_eq(fake_call(read, device, second, sizeof(second)), sizeof(second));
    ck_assert_int_ne(memcmp(first, second, sizeof(first)), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs_queue");
    TCase *tests = tcase_create("drivers");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, disk_depth, 0, 2);
    tcase_add_loop_test(tests, disk_random, 0, 2);
    tcase_add_test(tests, disk_signal);
    tcase_add_test(tests, disk_little_memory);
    tcase_add_test(tests, disk_bad_address);
    tcase_add_test(tests, console_output);
    tcase_add_test(tests, console_flood);
    tcase_add_test(tests, log_at_once);
    tcase_add_test(tests, console_input);
    tcase_add_test(tests, net);
    tcase_add_test(tests, net_flood);
    tcase_add_loop_test(tests, entropy, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
