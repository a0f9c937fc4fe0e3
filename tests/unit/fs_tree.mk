# SPDX-License-Identifier: GPL-2.0-or-later
FAKE_KERNEL_SOURCES := tests/unit/fake_kernel.c tests/unit/fake_clock.c hv-core/lib/format.c \
	$(wildcard guest-coop/fs/*.c) $(wildcard guest-coop/syscall/file_*.c) guest-coop/syscall/user_path.c \
	$(wildcard guest-coop/drivers/block*.c) $(wildcard guest-coop/drivers/partition*.c) $(wildcard guest-coop/drivers/loop*.c) \
	guest-coop/kernel/user_count.c guest-coop/kernel/machine_names.c guest-coop/kernel/groups.c \
	guest-coop/memory/swap_area.c guest-coop/drivers/swap_device.c guest-coop/kernel/process_handle.c
UNIT_fs_tree_SOURCES = $(FAKE_KERNEL_SOURCES)
