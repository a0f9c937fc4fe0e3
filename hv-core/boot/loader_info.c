/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses the reader by the loader's magic number.
 */
#include "boot/loader_info.h"
#include "boot/multiboot1.h"
#include "boot/multiboot2.h"
#include "machine/boot_info_fill.h"
#include "machine/frame.h"
#include "machine/image.h"

#include <coopvirt/multiboot.h>
#include <coopvirt/multiboot2.h>

const char *loader_info_read(uint32_t magic, coop_paddr information)
{
    const struct physical_window window = {frame_address(0), IMAGE_BOOT_SPAN};

    switch (magic) {
    case MULTIBOOT_BOOT_MAGIC:
        return multiboot1_read(&window, information, boot_info_fill());
    case MULTIBOOT2_BOOT_MAGIC:
        return multiboot2_read(&window, information, boot_info_fill());
    default:
        return "not started by a Multiboot loader";
    }
}
