# SPDX-License-Identifier: GPL-2.0-or-later
#
# Programs of other people that some workloads run: Debian's libraries with a main(), linked statically. What these
# workloads boot with is the initramfs and these; all others boot the sooner for being without them.
PROGRAMS_BUILD     := $(WORKLOADS_BUILD)/program
PROGRAMS           := $(addprefix $(PROGRAMS_BUILD)/,lua sqlite tcc)
PROGRAMS_INITRAMFS := $(BUILD)/bench/programs.cpio

PROGRAM_LIBS_lua    := -I/usr/include/lua5.4 -llua5.4 -lm -ldl
PROGRAM_LIBS_sqlite := -lsqlite3 -lm -lpthread -ldl
PROGRAM_LIBS_tcc    := -ltcc -lm -ldl -lpthread

BENCH_IMAGES += $(PROGRAMS_INITRAMFS) $(PROGRAMS)

# Workloads of a user's own (coopbench run --workload-dir), built anew each time: another folder has others of that name.
WORKLOAD_DIR ?= /nonexistent
.PHONY: own-anew
own-anew:
$(BUILD)/bench/own/%: $(WORKLOAD_DIR)/%.c $(HARNESS_LIBRARY) own-anew
	$(Q)mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(filter-out -MMD -MP -Werror,$(MUSL_CFLAGS)) $< $(HARNESS_LIBRARY) $(MUSL_LDFLAGS) -o $@

# By gcc whatever CC is, as the workloads. glibc warns of what a static program cannot do (dlopen, getaddrinfo): none of it
# is used.
$(PROGRAMS_BUILD)/%: tests/programs/%.c bench/programs.mk
	$(Q)mkdir -p $(@D)
	$(Q)gcc -static -s -O2 -std=gnu11 -Wall -Wextra -Werror $(PREFIX_MAP) -Wl,--build-id=none -o $@ $< $(PROGRAM_LIBS_$*) \
		2> $(BUILD)/bench/program-$*.log || { cat $(BUILD)/bench/program-$*.log; exit 1; }

# The compiler's library, and the headers that the compiled programs include, which musl-tools has.
PROGRAM_LIBRARY := $(addprefix usr/lib/x86_64-linux-musl/,crt1.o crti.o crtn.o libc.a)
$(PROGRAMS_INITRAMFS): $(INITRAMFS) $(PROGRAMS_BUILD)/sqlite $(PROGRAMS_BUILD)/tcc bench/mkinitramfs.sh
	$(Q)headers=$$(printf '#include <stdio.h>\n#include <stdlib.h>\n' | $(MUSL_CC) -M -E - | tr -s ' \\\n' '\n' | grep '^/usr/include/.*h$$') && \
		bench/mkinitramfs.sh $@ $(INIT) $(INITRAMFS_FILES) bench/program/sqlite=$(PROGRAMS_BUILD)/sqlite \
		bench/program/tcc=$(PROGRAMS_BUILD)/tcc $(foreach file,$(PROGRAM_LIBRARY),$(file)=/$(file)) \
		$$(for header in $$headers; do echo "$${header#/}=$$header"; done)
