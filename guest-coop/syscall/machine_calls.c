/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine as a whole: its name, its memory, limits, random numbers, its end.
 */
#include "fs/device.h"
#include "fs/ext2.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "kernel/capability.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/log.h"
#include "kernel/machine_names.h"
#include "kernel/power.h"
#include "kernel/process_list.h"
#include "memory/frame.h"
#include "memory/swap_area.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"
#include "syscall/time_values.h"
#include <coopvirt/string.h>

#define REBOOT_MAGIC1    0xfee1deadu
#define REBOOT_MAGIC2    672274793u
#define REBOOT_POWER_OFF 0x4321fedcu
#define REBOOT_HALT      0xcdef0123u
#define REBOOT_RESTART   0x01234567u
#define REBOOT_CAD_ON    0x89abcdefu
#define REBOOT_CAD_OFF   0u

/* syslog(2) */
#define LOG_CLOSE       0u
#define LOG_OPEN        1u
#define LOG_READ        2u
#define LOG_READ_ALL    3u
#define LOG_READ_CLEAR  4u
#define LOG_CLEAR       5u
#define LOG_SIZE_UNREAD 9u
#define LOG_SIZE_BUFFER 10u

struct machine_information {
    int64_t uptime;
    uint64_t loads[3], total, free, shared, buffers, swap_total, swap_free;
    uint16_t processes, pad;
    uint32_t pad2;
    uint64_t high_total, high_free;
    uint32_t unit, pad3;
};
_Static_assert(sizeof(struct machine_information) == 112, "struct sysinfo");

long kernel_sys_uname(const struct syscall_arguments *a)
{
    static const char machine_32[] = "i686";
    if (user_copy_out(a->a0, &machine_names, sizeof(machine_names)))
        return -EFAULT;
    if ((process_current()->private->rules.personality & PERSONALITY_KIND) != PERSONALITY_32)
        return 0;
    return user_copy_out(a->a0 + offsetof(struct machine_names, machine), machine_32, sizeof(machine_32));
}

static long machine_set_name(const struct syscall_arguments *a, char *to)
{
    char name[MACHINE_NAME_BYTES] = {0};
    if (!capability_held(CAPABILITY_SYS_ADMIN))
        return -EPERM;
    if (a->a1 >= MACHINE_NAME_BYTES)
        return -EINVAL;
    if (user_copy_in(name, a->a0, a->a1))
        return -EFAULT;
    memcpy(to, name, sizeof(name));
    return 0;
}

long kernel_sys_sethostname(const struct syscall_arguments *a)
{
    return machine_set_name(a, machine_names.node);
}

long kernel_sys_setdomainname(const struct syscall_arguments *a)
{
    return machine_set_name(a, machine_names.domain);
}

long kernel_sys_sysinfo(const struct syscall_arguments *a)
{
    struct machine_information information;
    memset(&information, 0, sizeof(information));
    information.uptime = (int64_t)(clock_monotonic_ns() / TIME_NS_PER_SECOND);
    information.total = frame_total_count() * FRAME_BYTES;
    information.free = frame_free_count() * FRAME_BYTES;
    information.swap_total = swap_area_total() * FRAME_BYTES;
    information.swap_free = swap_area_free() * FRAME_BYTES;
    information.processes = (uint16_t)process_count();
    information.unit = 1;
    return user_copy_out(a->a0, &information, sizeof(information));
}

/* What a process may wish: only the superuser more than the hard limit, nobody more files than a table holds. */
static long machine_limit_set(struct process *process, unsigned which, const struct limit *wanted)
{
    if (wanted->soft > wanted->hard)
        return -EINVAL;
    bool more = wanted->hard > limits_of(process, which)->hard;
    if ((more && !capability_held(CAPABILITY_SYS_RESOURCE)) || (which == LIMIT_FILES && wanted->hard > FILES_LIMIT))
        return -EPERM;
    return limits_set(process, which, wanted);
}

long kernel_sys_prlimit64(const struct syscall_arguments *a)
{
    const struct process *current = process_current();
    struct limit wanted, old;
    if (a->a1 >= LIMIT_COUNT)
        return -EINVAL;
    /* The other process may be gone when this has slept. */
    if (a->a2 && user_copy_in(&wanted, a->a2, sizeof(wanted)))
        return -EFAULT;
    struct process *process = a->a0 ? process_find((int)a->a0) : process_current();
    if (!process)
        return -ESRCH;
    bool own = capability_same_user(process) || process->leader_pid == current->leader_pid;
    if (!own && !capability_held(CAPABILITY_SYS_RESOURCE))
        return -EPERM;
    old = *limits_of(process, (unsigned)a->a1);
    long status = a->a2 ? machine_limit_set(process, (unsigned)a->a1, &wanted) : 0;
    if (status == 0 && a->a3 && user_copy_out(a->a3, &old, sizeof(old)))
        return -EFAULT;
    return status;
}

long kernel_sys_getrlimit(const struct syscall_arguments *a)
{
    struct syscall_arguments all = {.a1 = a->a0, .a3 = a->a1};
    return kernel_sys_prlimit64(&all);
}

long kernel_sys_setrlimit(const struct syscall_arguments *a)
{
    struct syscall_arguments all = {.a1 = a->a0, .a2 = a->a1};
    return kernel_sys_prlimit64(&all);
}

/* The log goes to its serial port whatever a console level would be: there is none to set. */
long kernel_sys_syslog(const struct syscall_arguments *a)
{
    if (!capability_held(CAPABILITY_SYSLOG) && a->a0 != LOG_READ_ALL && a->a0 != LOG_SIZE_BUFFER)
        return -EPERM;
    long status = 0;
    switch ((uint32_t)a->a0) {
    case LOG_CLOSE:
    case LOG_OPEN:
        return 0;
    case LOG_READ:
    case LOG_READ_ALL:
    case LOG_READ_CLEAR:
        if (!a->a1 || (int)a->a2 < 0)
            return -EINVAL;
        if ((uint32_t)a->a0 == LOG_READ)
            return log_unread(a->a1, (uint32_t)a->a2);
        status = log_kept(a->a1, (uint32_t)a->a2);
        break;
    case LOG_CLEAR:
        break;
    case LOG_SIZE_UNREAD:
        return (long)log_unread_bytes();
    case LOG_SIZE_BUFFER:
        return LOG_KEPT_BYTES;
    default:
        return -EINVAL;
    }
    if (status >= 0 && a->a0 != LOG_READ_ALL)
        log_kept_clear();
    return status;
}

long kernel_sys_getcpu(const struct syscall_arguments *a)
{
    uint32_t zero = 0;
    if ((a->a0 && user_copy_out(a->a0, &zero, sizeof(zero))) || (a->a1 && user_copy_out(a->a1, &zero, sizeof(zero))))
        return -EFAULT;
    return 0;
}

long kernel_sys_getrandom(const struct syscall_arguments *a)
{
    return memory_devices_random(a->a0, a->a1);
}

long kernel_sys_reboot(const struct syscall_arguments *a)
{
    if (!capability_held(CAPABILITY_SYS_BOOT))
        return -EPERM;
    if ((uint32_t)a->a0 != REBOOT_MAGIC1 || (uint32_t)a->a1 != REBOOT_MAGIC2)
        return -EINVAL;
    ext2_sync_all();
    mount_end_detached();
    switch ((uint32_t)a->a2) {
    case REBOOT_POWER_OFF:
        power_end(true, "power off");
    case REBOOT_HALT:
        power_end(false, "halted by a program");
    case REBOOT_RESTART:
        power_end(true, "restart");
    case REBOOT_CAD_ON:
    case REBOOT_CAD_OFF:
        return 0;
    default:
        return -EINVAL;
    }
}
