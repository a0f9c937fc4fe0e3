/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is mounted where, as /proc/PID/mounts and /proc/PID/mountinfo tell it: the same for all, from the reader's root
 * on.
 */
#include "fs/proc_internal.h"

#include "fs/mount.h"
#include <coopvirt/string.h>

#define PROC_MOUNT_OPTIONS 96

/* A field: what would end it stands there in octal. */
static void proc_print_field(struct proc_text *text, const char *field)
{
    for (; *field; field++) {
        unsigned byte = (uint8_t)*field;
        if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\\' || byte == '#')
            proc_print(text, "\\%u%u%u", byte >> 6, byte >> 3 & 7, byte & 7);
        else
            proc_print(text, "%c", *field);
    }
    proc_print(text, " ");
}

/* Access times are not kept, wherever. */
static void proc_print_mount_flags(struct proc_text *text, uint32_t flags)
{
    proc_print(text, "%s%s%s%s,noatime", flags & VOLUME_READ_ONLY ? "ro" : "rw",
               flags & VOLUME_NO_SET_ID ? ",nosuid" : "", flags & VOLUME_NO_DEVICES ? ",nodev" : "",
               flags & VOLUME_NO_EXECUTE ? ",noexec" : "");
}

static void proc_print_mount_options(struct proc_text *text, const struct mount *mount)
{
    char options[PROC_MOUNT_OPTIONS] = "";
    if (mount->type->print_options)
        mount->type->print_options(mount->root, options, sizeof(options));
    proc_print(text, "%s%s", mount->type->options, options);
}

static void proc_print_mount(struct proc_text *text, const struct mount *mount, const char *path)
{
    proc_print_field(text, mount->source);
    proc_print_field(text, path);
    proc_print(text, "%s ", mount->type->name);
    proc_print_mount_flags(text, mount->flags);
    proc_print_mount_options(text, mount);
    proc_print(text, " 0 0\n");
}

static void proc_print_mount_info(struct proc_text *text, const struct mount *mount, const char *path)
{
    const struct mount *above = mount->covered ? mount_holding(mount->covered) : mount;
    uint32_t device = mount->root->file_system;
    proc_print(text, "%u %u %u:%u / ", mount->number, above ? above->number : 0, ABI_DEVICE_MAJOR(device),
               ABI_DEVICE_MINOR(device));
    proc_print_field(text, path);
    proc_print_mount_flags(text, mount->flags);
    proc_print(text, " - %s ", mount->type->name);
    proc_print_field(text, mount->source);
    proc_print(text, "%s", mount->flags & VOLUME_READ_ONLY ? "ro" : "rw");
    proc_print_mount_options(text, mount);
    proc_print(text, "\n");
}

typedef void proc_mount_printer(struct proc_text *text, const struct mount *mount, const char *path);

/* A path may be waited for: while it is, the reference to its root keeps the mount in memory; what was taken out of the
 * list meanwhile ends the text. */
static void proc_print_all_mounts(struct proc_text *text, proc_mount_printer *print)
{
    for (struct mount *mount = mount_first(), *next; mount; mount = next) {
        char path[ABI_PATH_BYTES / 16];
        struct inode *root = mount->root;
        inode_reference(root);
        int status = inode_path(root, path, sizeof(path)); /* some are above the reader's root */
        next = NULL;
        if (mount_of_root(root) == mount) {
            if (status == 0)
                print(text, mount, path);
            next = mount->next;
        }
        inode_release(root);
    }
}

void proc_print_mounts(struct proc_text *text, struct process *process)
{
    (void)process;
    proc_print_all_mounts(text, proc_print_mount);
}

void proc_print_mountinfo(struct proc_text *text, struct process *process)
{
    (void)process;
    proc_print_all_mounts(text, proc_print_mount_info);
}
