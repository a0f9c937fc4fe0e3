# SPDX-License-Identifier: GPL-2.0-or-later
#
# Host unit tests: tests/unit/test_NAME.c is one Check program, tests/unit/NAME.mk lists the sources that it
# tests, the very files that the kernels are built from, compiled for the host under ASan and UBSan.

UNIT_NAMES := $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))
-include $(wildcard tests/unit/*.mk)

# Headers that are found first, and sources that every program gets: none but in the mutation build.
UNIT_FIRST :=
UNIT_EXTRA :=
UNIT_CFLAGS := $(UNIT_FIRST) -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-Wall -Wextra -Werror -MMD -MP -Ihv-core -Iguest-coop -Iguest-coop/include -Ihv-core/include -Itests/unit
UNIT_LIBS := -lcheck -lsubunit -lm -lrt -lpthread
UNIT_PROGRAMS := $(UNIT_NAMES:%=$(BUILD)/tests/unit/test_%)

# Every source is compiled anew for each test: their flags differ, and they are small.
define unit_rule
$(BUILD)/tests/unit/test_$(1): tests/unit/test_$(1).c $$(UNIT_$(1)_SOURCES) $$(UNIT_EXTRA) tests/build.mk $(wildcard tests/unit/$(1).mk)
	@mkdir -p $$(@D)/$(1).d
	@echo "  UNIT    $(1)"
	$$(Q)cd $$(@D)/$(1).d && $$(CC) $$(UNIT_CFLAGS:-I%=-I$(CURDIR)/%) $$(UNIT_$(1)_CFLAGS) -c \
		$$(addprefix $(CURDIR)/,tests/unit/test_$(1).c $$(UNIT_$(1)_SOURCES) $$(UNIT_EXTRA))
	$$(Q)$$(CC) -fsanitize=address,undefined -o $$@ $$(@D)/$(1).d/*.o $$(UNIT_$(1)_LIBS) $(UNIT_LIBS)
-include $(wildcard $(BUILD)/tests/unit/$(1).d/*.d)
endef
$(foreach name,$(UNIT_NAMES),$(eval $(call unit_rule,$(name))))

# Tiny guests for boot tests: one NASM file is one Multiboot image.
BOOT_BUILD  := $(BUILD)/tests/boot
BOOT_GUESTS := $(patsubst tests/boot/guests/%.asm,$(BOOT_BUILD)/guests/%.elf32,$(wildcard tests/boot/guests/*.asm))

$(BOOT_BUILD)/guests/%.elf32: tests/boot/guests/%.asm $(wildcard tests/boot/guests/*.inc) tests/boot/guests/guest.lds
	@mkdir -p $(@D)
	$(Q)$(NASM) -f elf32 -w-zext-reloc -Itests/boot/guests/ -o $(@:.elf32=.o) $<
	$(Q)$(LD) -m elf_i386 -static --build-id=none -z noexecstack --no-warn-rwx-segments -T tests/boot/guests/guest.lds -o $@ \
		$(@:.elf32=.o)

# The scripts that guest-coop's shell is tried with lie in an initramfs of their own, as /tests/NAME.
BOOT_SCRIPTS   := $(wildcard tests/boot/scripts/*)
BOOT_INITRAMFS := $(BOOT_BUILD)/initramfs.cpio
$(BOOT_INITRAMFS): $(INIT) $(BOOT_SCRIPTS) bench/mkinitramfs.sh
	@mkdir -p $(@D)
	$(Q)bench/mkinitramfs.sh $@ $(INIT) $(foreach script,$(BOOT_SCRIPTS),tests/$(notdir $(script))=$(script))

# BusyBox' own init in place of ours.
BOOT_INITTAB := $(BOOT_BUILD)/inittab.cpio
$(BOOT_INITTAB): tests/boot/inittab tests/boot/scripts/end.sh $(INIT) bench/mkinitramfs.sh
	@mkdir -p $(@D)
	$(Q)bench/mkinitramfs.sh $@ $(INIT) bin/init=/bin/busybox bin/linuxrc=/bin/busybox etc/inittab=$< \
		tests/end.sh=tests/boot/scripts/end.sh

# What Debian's 32-bit Linux starts with; nothing without `make peers`.
BOOT_LINUX_686 := $(if $(wildcard $(BUILD)/peers/busybox-686),$(BOOT_BUILD)/linux-686.cpio)
$(BOOT_BUILD)/linux-686.cpio: tests/boot/linux-686-init.sh $(BUILD)/peers/busybox-686 bench/mkinitramfs.sh
	@mkdir -p $(@D)
	$(Q)BUSYBOX=$(BUILD)/peers/busybox-686 bench/mkinitramfs.sh $@ $<

# Boot files that are broken in one way each.
BOOT_BROKEN := $(BOOT_BUILD)/broken/made
$(BOOT_BROKEN): tests/boot/broken.sh $(BUILD)/guest-coop/guest-coop.elf32 $(BOOT_INITRAMFS)
	$(Q)tests/boot/broken.sh $(@D) $(BUILD)/guest-coop/guest-coop.elf32 $(BOOT_INITRAMFS)
	$(Q)touch $@

BOOT_FILES := $(BOOT_GUESTS) $(BOOT_INITRAMFS) $(BOOT_INITTAB) $(BOOT_LINUX_686) $(BOOT_BROKEN)
include tests/programs/build.mk

# Fuzzers: tests/fuzz/fuzz_NAME.c is a libFuzzer program, tests/fuzz/NAME.mk lists the sources that it tries. gcc has no
# libFuzzer, so they are built with clang whatever CC is, each at once from all its sources.
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
-include $(wildcard tests/fuzz/*.mk)
FUZZ_CFLAGS := -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Wall -Wextra -Werror \
	-Ihv-core -Iguest-coop -Iguest-coop/include -Ihv-core/include -Itests/unit
FUZZ_PROGRAMS := $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/fuzz_%)
FUZZ_SECONDS  ?= 60

define fuzz_rule
$(BUILD)/tests/fuzz/fuzz_$(1): tests/fuzz/fuzz_$(1).c $$(FUZZ_$(1)_SOURCES) $(wildcard tests/fuzz/$(1).mk)
	@mkdir -p $$(@D)
	@echo "  FUZZ    $(1)"
	$$(Q)clang $$(FUZZ_CFLAGS) -o $$@ tests/fuzz/fuzz_$(1).c $$(FUZZ_$(1)_SOURCES)
endef
$(foreach name,$(FUZZ_NAMES),$(eval $(call fuzz_rule,$(name))))

include tests/hostile/build.mk
include tests/costs/build.mk
include tests/mutation/build.mk

.PHONY: unit test-programs lint boot-tests check-machines fuzz
# The image is tried where it can be made.
test-programs: $(UNIT_PROGRAMS) $(BOOT_FILES) $(HOSTILE_IMAGE) $(FUZZ_PROGRAMS) \
	$(if $(shell command -v grub-mkrescue),$(BUILD)/coopvirt.iso)

unit: $(UNIT_PROGRAMS) ## Runs the host unit tests
	@tests/check.sh unit

lint: ## Checks the layering of the tree and the form of its files
	@tests/check.sh lint

boot-tests: images $(BOOT_FILES) ## Runs the boot tests in the emulator
	@tests/check.sh boot

check-machines: images test-programs ## Runs every boot test on every machine, in every mode (hours)
	@tests/boot/run.sh --all-machines

fuzz: $(FUZZ_PROGRAMS) images $(BUILD)/tests/guest/fuzz_calls.cpio ## Fuzzes the readers of foreign bytes, each for FUZZ_SECONDS, then system calls
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/calls.sh
