# SPDX-License-Identifier: GPL-2.0-or-later
#
# Programs that nobody here wrote, with which guest-coop is tried: shells and e2fsck as Debian has them, and three of
# Debian's libraries with a main(). All static. They lie in an initramfs with the boot tests' scripts, and in one folder
# here, since this host is the oracle.

PROGRAMS      := $(BUILD)/tests/programs
PROGRAM_BIN   := $(PROGRAMS)/bin
PROGRAM_MADE  := lua sqlite tcc
PROGRAM_TAKEN := bash-static=/bin/bash-static zsh-static=/bin/zsh-static sash=/bin/sash e2fsck=/sbin/e2fsck.static

PROGRAM_LIBS_lua    := -I/usr/include/lua5.4 -llua5.4 -lm -ldl
PROGRAM_LIBS_sqlite := -lsqlite3 -lm -lpthread -ldl
PROGRAM_LIBS_tcc    := -ltcc -lm -ldl -lpthread

# glibc warns of what a static program cannot do (dlopen, getaddrinfo): none of it is used.
$(PROGRAM_BIN)/%: tests/programs/%.c tests/programs/build.mk
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) -static -O1 -std=gnu11 -Wall -Wextra -Werror -o $@ $< $(PROGRAM_LIBS_$*) 2> $@.log || { cat $@.log; exit 1; }

# For the compiler: musl's library and headers, where musl-tools has them.
PROGRAM_LIBRARY := $(addprefix usr/lib/x86_64-linux-musl/,crt1.o crti.o crtn.o libc.a)
PROGRAM_HEADERS := $(patsubst /%,%,$(shell find /usr/include/x86_64-linux-musl -name '*.h' 2> /dev/null))

PROGRAM_INITRAMFS := $(PROGRAMS)/initramfs.cpio
$(PROGRAM_INITRAMFS): $(INIT) $(PROGRAM_MADE:%=$(PROGRAM_BIN)/%) $(BOOT_SCRIPTS) bench/mkinitramfs.sh tests/programs/build.mk
	$(Q)for program in $(PROGRAM_TAKEN); do ln -sf $${program#*=} $(PROGRAM_BIN)/$${program%%=*}; done
	$(Q)bench/mkinitramfs.sh $@ $(INIT) $(foreach program,$(PROGRAM_MADE),bin/$(program)=$(PROGRAM_BIN)/$(program)) $(PROGRAM_TAKEN:%=bin/%) \
		$(foreach file,$(PROGRAM_LIBRARY) $(PROGRAM_HEADERS),$(file)=/$(file)) \
		$(foreach script,$(BOOT_SCRIPTS),tests/$(notdir $(script))=$(script))

# A disk with a file system that mke2fs made and filled.
PROGRAM_DISK := $(PROGRAMS)/ext2.img
$(PROGRAM_DISK): tests/programs/build.mk
	@mkdir -p $(@D)/tree/deep/er
	$(Q)seq 1 100000 > $(@D)/tree/numbers && seq 1 50 > $(@D)/tree/deep/er/few && ln -sf deep/er/few $(@D)/tree/link
	$(Q)rm -f $@ && PATH=$$PATH:/sbin:/usr/sbin mke2fs -q -t ext2 -b 4096 -d $(@D)/tree $@ 16M

BOOT_FILES += $(PROGRAM_INITRAMFS) $(PROGRAM_DISK)
