# SPDX-License-Identifier: GPL-2.0-or-later
#
# Programs that nobody here wrote, with which guest-coop is tried: shells and e2fsck as Debian has them, and three of
# Debian's libraries with a main() (built by bench/programs.mk). All static. They lie in an initramfs with the boot tests'
# scripts, and in one folder here, since this host is the oracle.

TEST_PROGRAMS := $(BUILD)/tests/programs
PROGRAM_BIN   := $(TEST_PROGRAMS)/bin
PROGRAM_TAKEN := bash-static=/bin/bash-static zsh-static=/bin/zsh-static sash=/bin/sash e2fsck=/sbin/e2fsck.static

# All that a program may include.
PROGRAM_HEADERS := $(patsubst /%,%,$(shell find /usr/include/x86_64-linux-musl -name '*.h' 2> /dev/null))

# Somebody at a pseudo-terminal: our own, for the scripts.
$(TEST_PROGRAMS)/inpty: tests/programs/inpty.c tests/programs/build.mk
	@mkdir -p $(@D)
	$(Q)musl-gcc -static -O1 -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -o $@ $<
PROGRAM_OWN := $(TEST_PROGRAMS)/inpty

PROGRAM_INITRAMFS := $(TEST_PROGRAMS)/initramfs.cpio
$(PROGRAM_INITRAMFS): $(INIT) $(PROGRAMS) $(PROGRAM_OWN) $(BOOT_SCRIPTS) bench/mkinitramfs.sh tests/programs/build.mk
	@mkdir -p $(PROGRAM_BIN)
	$(Q)for program in $(PROGRAM_TAKEN); do ln -sf $${program#*=} $(PROGRAM_BIN)/$${program%%=*}; done
	$(Q)ln -sf $(foreach program,$(PROGRAMS) $(PROGRAM_OWN),$(realpath $(program))) $(PROGRAM_BIN)
	$(Q)bench/mkinitramfs.sh $@ $(INIT) $(foreach program,$(PROGRAMS) $(PROGRAM_OWN),bin/$(notdir $(program))=$(program)) $(PROGRAM_TAKEN:%=bin/%) \
		$(foreach file,$(PROGRAM_LIBRARY) $(PROGRAM_HEADERS),$(file)=/$(file)) \
		$(foreach script,$(BOOT_SCRIPTS),tests/$(notdir $(script))=$(script))

# A disk with a file system that mke2fs made and filled.
PROGRAM_DISK := $(TEST_PROGRAMS)/ext2.img
$(PROGRAM_DISK): tests/programs/build.mk
	@mkdir -p $(@D)/tree/deep/er
	$(Q)seq 1 100000 > $(@D)/tree/numbers && seq 1 50 > $(@D)/tree/deep/er/few && ln -sf deep/er/few $(@D)/tree/link
	$(Q)rm -f $@ && PATH=$$PATH:/sbin:/usr/sbin mke2fs -q -t ext2 -b 4096 -d $(@D)/tree $@ 16M

BOOT_FILES += $(PROGRAM_INITRAMFS) $(PROGRAM_DISK)
