# SPDX-License-Identifier: GPL-2.0-or-later
#
# hv-core: one static ELF64 image from every .c and .asm of its rooms, and a copy as ELF32 for QEMU's -kernel.
# The image runs at a high address by RIP-relative code, see boot/hv-core.ld.

HV_CORE_FOLDERS := boot machine core cpu/svm cpu/vmx cpu/deprivileged mmu io io/emulated io/queue emulate lib
HV_CORE_C       := $(filter-out %/asm_offsets.c,$(foreach folder,$(HV_CORE_FOLDERS),$(wildcard hv-core/$(folder)/*.c)))
HV_CORE_ASM     := $(foreach folder,$(HV_CORE_FOLDERS),$(wildcard hv-core/$(folder)/*.asm))
HV_CORE_OFFSETS := $(foreach folder,$(HV_CORE_FOLDERS),$(wildcard hv-core/$(folder)/asm_offsets.c))
HV_CORE_OBJECTS := $(HV_CORE_C:%.c=$(BUILD)/%.o) $(HV_CORE_ASM:%.asm=$(BUILD)/%.asm.o)
HV_CORE_CFLAGS  := $(FREESTANDING_CFLAGS) -fpie -mcmodel=small -include coopvirt/hidden.h -Ihv-core
# Without -g: NASM would write the path of this checkout into the image.
HV_CORE_NASMFLAGS := -f elf64 -Werror $(addsuffix /,$(INCLUDES)) -Ihv-core/ -I$(BUILD)/hv-core/
HV_CORE_IMAGES  := $(BUILD)/hv-core/hv-core.elf $(BUILD)/hv-core/hv-core.elf32

# Sources that a variant of the image adds: the mutation build of tests/mutation/build.mk, whose headers are found first.
HV_CORE_EXTRA   :=
HV_CORE_OBJECTS += $(HV_CORE_EXTRA:%.c=$(BUILD)/%.o)

$(BUILD)/hv-core/hv-core.elf: $(HV_CORE_OBJECTS) hv-core/boot/hv-core.ld
	@echo "  LINK    $@"
	$(Q)$(LD) -m elf_x86_64 -static --no-dynamic-linker -z max-page-size=4096 -z noexecstack --build-id=none \
		--orphan-handling=error -T hv-core/boot/hv-core.ld -o $@ $(HV_CORE_OBJECTS)

$(BUILD)/hv-core/hv-core.elf32: $(BUILD)/hv-core/hv-core.elf
	$(Q)$(OBJCOPY) -O elf32-i386 --strip-all $< $@

# Another compiler or other flags build everything anew.
HV_CORE_FLAGS_FILE := $(BUILD)/hv-core/flags
$(shell mkdir -p $(BUILD)/hv-core; echo '$(CC) $(HV_CORE_CFLAGS) $(HV_CORE_NASMFLAGS)' | cmp -s - $(HV_CORE_FLAGS_FILE) || \
	echo '$(CC) $(HV_CORE_CFLAGS) $(HV_CORE_NASMFLAGS)' > $(HV_CORE_FLAGS_FILE))

$(BUILD)/hv-core/%.o: hv-core/%.c $(HV_CORE_FLAGS_FILE)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(HV_CORE_CFLAGS) -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.c $(HV_CORE_FLAGS_FILE)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(HV_CORE_CFLAGS) -c -o $@ $<

$(BUILD)/hv-core/%.asm.o: hv-core/%.asm $(BUILD)/hv-core/asm_offsets.inc $(HV_CORE_FLAGS_FILE)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	$(Q)$(NASM) $(HV_CORE_NASMFLAGS) -MD $(@:.o=.d) -MP -o $@ $<

# The C structures are the truth: each asm_offsets.c names what assembly needs (coopvirt/asm_offset.h).
$(BUILD)/hv-core/%/asm_offsets.s: hv-core/%/asm_offsets.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HV_CORE_CFLAGS) -MT $@ -S -o $@ $<

$(BUILD)/hv-core/asm_offsets.inc: $(HV_CORE_OFFSETS:%.c=$(BUILD)/%.s)
	@mkdir -p $(@D)
	$(Q)sed -n 's/.*"->\([A-Za-z0-9_]*\) \([0-9-]*\)".*/\1 equ \2/p' $^ /dev/null > $@

-include $(HV_CORE_OBJECTS:.o=.d) $(HV_CORE_OFFSETS:%.c=$(BUILD)/%.d)

# The bootable image: GRUB for BIOS and for UEFI, hypervisor and guest. (Its files carry the date of the build.)
ISO_MODULES := multiboot multiboot2 normal boot serial terminal iso9660 fat $(addprefix part_,acorn amiga apple bsd dfly dvh \
	gpt msdos plan sun sunpc)
ISO_FOLDER  := $(BUILD)/iso
ISO_FILES   := $(HV_CORE_IMAGES) $(BUILD)/guest-coop/guest-coop.elf32 $(BUILD)/bench/initramfs.cpio

$(BUILD)/coopvirt.iso: hv-core/boot/grub.cfg $(ISO_FILES)
	@echo "  ISO     $@"
	$(Q)rm -rf $(ISO_FOLDER) && mkdir -p $(ISO_FOLDER)/boot/grub
	$(Q)cp hv-core/boot/grub.cfg $(ISO_FOLDER)/boot/grub/grub.cfg
	$(Q)$(OBJCOPY) --strip-debug $(BUILD)/hv-core/hv-core.elf $(ISO_FOLDER)/boot/hv-core.elf
	$(Q)cp $(BUILD)/guest-coop/guest-coop.elf32 $(BUILD)/bench/initramfs.cpio $(ISO_FOLDER)/boot/
	$(Q)grub-mkrescue --fonts= --locales= --themes= --compress=no \
		--install-modules="$(ISO_MODULES)" -o $@ $(ISO_FOLDER) >$@.log 2>&1 || { cat $@.log >&2; exit 1; }
