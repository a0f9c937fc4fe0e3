# SPDX-License-Identifier: GPL-2.0-or-later
# Both sides of the queues in one program. A hypercall is a call that the compiler does not see: no red zone.
UNIT_fs_queue_SOURCES = $(FAKE_KERNEL_SOURCES) tests/unit/fake_queue_device.c $(wildcard guest-coop/drivers/queue*.c) \
	guest-coop/drivers/virtqueue.c guest-coop/drivers/upcall.c
UNIT_fs_queue_CFLAGS := -mno-red-zone

# The files of the hypervisor's side have the names of the guest's: they become one object in a folder of their own.
UNIT_fs_queue_DEVICES := $(BUILD)/tests/unit/fs_queue_devices/devices.o
UNIT_fs_queue_LIBS := $(UNIT_fs_queue_DEVICES)
$(BUILD)/tests/unit/test_fs_queue: $(UNIT_fs_queue_DEVICES)
$(UNIT_fs_queue_DEVICES): $(wildcard hv-core/io/queue/*.[ch]) tests/build.mk tests/unit/fs_queue.mk
	@mkdir -p $(@D)
	$(Q)cd $(@D) && rm -f *.o && $(CC) $(UNIT_CFLAGS:-I%=-I$(CURDIR)/%) -c $(addprefix $(CURDIR)/,$(filter %.c,$^))
	$(Q)$(LD) -r -o $@ $(@D)/queue*.o
