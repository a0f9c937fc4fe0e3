# SPDX-License-Identifier: GPL-2.0-or-later
# guest-coop: every C and NASM file of its rooms, linked high, and the same image as ELF32 for QEMU's -kernel.

GUEST_BUILD := $(BUILD)/guest-coop
GUEST_ROOMS := boot pv memory kernel syscall drivers fs
GUEST_C := $(sort $(foreach room,$(GUEST_ROOMS),$(wildcard guest-coop/$(room)/*.c)))
GUEST_ASM := $(sort $(foreach room,$(GUEST_ROOMS),$(wildcard guest-coop/$(room)/*.asm)))
GUEST_LIB := hv-core/lib/string.c hv-core/lib/format.c
GUEST_OFFSETS := $(GUEST_BUILD)/offsets.inc
GUEST_OBJECTS := $(GUEST_C:guest-coop/%.c=$(GUEST_BUILD)/%.o) $(GUEST_ASM:guest-coop/%.asm=$(GUEST_BUILD)/%.asm.o) \
	$(GUEST_LIB:hv-core/%.c=$(GUEST_BUILD)/shared/%.o)
GUEST_OBJECTS := $(filter-out $(GUEST_BUILD)/kernel/offsets.o,$(GUEST_OBJECTS))
GUEST_CFLAGS := $(FREESTANDING_CFLAGS) -mcmodel=kernel -fno-pic -fno-omit-frame-pointer -Iguest-coop -Iguest-coop/include

GUEST_COOP_IMAGES := $(GUEST_BUILD)/guest-coop.elf $(GUEST_BUILD)/guest-coop.elf32

# Without -g: NASM would write the path of this checkout into the image.
GUEST_NASMFLAGS := -f elf64 -Werror -Iguest-coop/ -I$(GUEST_BUILD)/

# Other flags or another compiler build everything anew.
GUEST_FLAGS_FILE := $(GUEST_BUILD)/flags
$(shell mkdir -p $(GUEST_BUILD); echo '$(CC) $(GUEST_CFLAGS) $(GUEST_NASMFLAGS)' | cmp -s - $(GUEST_FLAGS_FILE) || \
	echo '$(CC) $(GUEST_CFLAGS) $(GUEST_NASMFLAGS)' > $(GUEST_FLAGS_FILE))

.PHONY: guest-coop
guest-coop: $(GUEST_BUILD)/guest-coop.elf32

$(GUEST_BUILD)/guest-coop.elf: $(GUEST_OBJECTS) guest-coop/guest-coop.lds
	@echo "  LD      $@"
	$(Q)$(CC) -nostdlib -static -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack \
		-Wl,-T,guest-coop/guest-coop.lds -o $@ $(GUEST_OBJECTS)

$(GUEST_BUILD)/guest-coop.elf32: $(GUEST_BUILD)/guest-coop.elf
	$(Q)objcopy -O elf32-i386 $< $@

$(GUEST_BUILD)/shared/%.o: hv-core/%.c $(GUEST_FLAGS_FILE)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(GUEST_CFLAGS) -c -o $@ $<

# The C structures are the truth; NASM gets their offsets.
$(GUEST_OFFSETS): guest-coop/kernel/offsets.c $(GUEST_FLAGS_FILE)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -g,$(GUEST_CFLAGS)) -MF $(GUEST_BUILD)/offsets.d -MT $@ -S -o $(GUEST_BUILD)/offsets.s $<
	$(Q)sed -n 's/.*"->\([A-Z0-9_]*\) \(-*[0-9]*\)".*/\1 equ \2/p' $(GUEST_BUILD)/offsets.s > $@

# The shared object that processes find mapped: code of user mode that the kernel's image carries.
GUEST_VDSO := $(GUEST_BUILD)/vdso/vdso.so

$(GUEST_VDSO): guest-coop/vdso/vdso.c guest-coop/vdso/vdso_clock.h guest-coop/vdso/vdso.lds $(GUEST_FLAGS_FILE)
	@mkdir -p $(@D)
	@echo "  VDSO    $@"
	$(Q)$(CC) $(filter-out -g -MMD -MP,$(FREESTANDING_CFLAGS)) -fPIC -shared -Iguest-coop -Wl,-soname=linux-vdso.so.1 \
		-Wl,--hash-style=both -Wl,-Bsymbolic -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,-s \
		-Wl,-T,guest-coop/vdso/vdso.lds -o $@ $<

$(GUEST_BUILD)/kernel/vdso_image.asm.o: $(GUEST_VDSO)

$(GUEST_BUILD)/%.asm.o: guest-coop/%.asm $(GUEST_OFFSETS) $(GUEST_FLAGS_FILE)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	$(Q)$(NASM) $(GUEST_NASMFLAGS) -MD $(@:.o=.d) -MP -o $@ $<

$(GUEST_BUILD)/%.o: guest-coop/%.c $(GUEST_FLAGS_FILE)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(GUEST_CFLAGS) -c -o $@ $<

# Programs that test the kernel from inside, each as process 1 of a file system of its own (tests/boot/tests.list boots
# them). abi must also pass on Linux; fuzz_calls, devices, pressure, swap and vectors are not for a machine that anybody needs.
GUEST_TESTS := $(BUILD)/tests/guest
GUEST_TEST_CFLAGS := -static -no-pie -fno-pie -O1 -std=gnu11 -D_GNU_SOURCE -fno-stack-protector -fcf-protection=none \
	$(WARNINGS) -Wno-array-bounds -Wno-infinite-recursion

.PHONY: guest-tests
guest-tests test-programs: $(GUEST_TESTS)/abi.cpio $(GUEST_TESTS)/fuzz_calls.cpio $(GUEST_TESTS)/devices.cpio \
	$(GUEST_TESTS)/pressure.cpio $(GUEST_TESTS)/swap.cpio $(GUEST_TESTS)/vectors.cpio

$(GUEST_TESTS)/abi: $(wildcard tests/guest/abi*.[ch]) guest-coop/build.mk
	@mkdir -p $(@D)
	$(Q)musl-gcc $(GUEST_TEST_CFLAGS) -o $@ $(filter %.c,$^)

$(GUEST_TESTS)/fuzz_calls $(GUEST_TESTS)/pressure $(GUEST_TESTS)/swap $(GUEST_TESTS)/vectors: $(GUEST_TESTS)/%: tests/guest/%.c guest-coop/build.mk
	@mkdir -p $(@D)
	$(Q)musl-gcc $(GUEST_TEST_CFLAGS) -o $@ $(filter %.c,$^)

$(GUEST_TESTS)/devices: tests/guest/devices.c guest-coop/include/coopnet.h guest-coop/build.mk
	@mkdir -p $(@D)
	$(Q)musl-gcc $(GUEST_TEST_CFLAGS) -Iguest-coop/include -o $@ $(filter %.c,$^)

$(GUEST_TESTS)/%.cpio: $(GUEST_TESTS)/% bench/mkinitramfs.sh
	$(Q)bench/mkinitramfs.sh $@ $<

-include $(GUEST_OBJECTS:.o=.d) $(GUEST_BUILD)/offsets.d
