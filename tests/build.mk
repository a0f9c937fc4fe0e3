# SPDX-License-Identifier: GPL-2.0-or-later
#
# Host unit tests: tests/unit/test_NAME.c is one Check program, tests/unit/NAME.mk lists the sources that it
# tests, the very files that the kernels are built from, compiled for the host under ASan and UBSan.

UNIT_NAMES := $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))
-include $(wildcard tests/unit/*.mk)

UNIT_CFLAGS := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-Wall -Wextra -Werror -MMD -MP -Ihv-core -Iguest-coop -Iguest-coop/include -Ihv-core/include -Itests/unit
UNIT_LIBS := -lcheck -lsubunit -lm -lrt -lpthread
UNIT_PROGRAMS := $(UNIT_NAMES:%=$(BUILD)/tests/unit/test_%)

# Every source is compiled anew for each test: their flags differ, and they are small.
define unit_rule
$(BUILD)/tests/unit/test_$(1): tests/unit/test_$(1).c $$(UNIT_$(1)_SOURCES) tests/build.mk $(wildcard tests/unit/$(1).mk)
	@mkdir -p $$(@D)/$(1).d
	@echo "  UNIT    $(1)"
	$$(Q)cd $$(@D)/$(1).d && $$(CC) $$(UNIT_CFLAGS:-I%=-I$(CURDIR)/%) $$(UNIT_$(1)_CFLAGS) -c \
		$$(addprefix $(CURDIR)/,tests/unit/test_$(1).c $$(UNIT_$(1)_SOURCES))
	$$(Q)$$(CC) -fsanitize=address,undefined -o $$@ $$(@D)/$(1).d/*.o $$(UNIT_$(1)_LIBS) $(UNIT_LIBS)
-include $(wildcard $(BUILD)/tests/unit/$(1).d/*.d)
endef
$(foreach name,$(UNIT_NAMES),$(eval $(call unit_rule,$(name))))

# Tiny guests for boot tests: one NASM file is one Multiboot image.
BOOT_GUESTS := $(patsubst tests/boot/guests/%.asm,$(BUILD)/tests/boot/guests/%.elf32,$(wildcard tests/boot/guests/*.asm))

.PHONY: unit test-programs lint boot-tests
test-programs: $(UNIT_PROGRAMS) $(BOOT_GUESTS)

unit: $(UNIT_PROGRAMS) ## Runs the host unit tests
	@tests/check.sh unit

lint: ## Checks the layering of the tree and the form of its files
	@tests/check.sh lint

boot-tests: images $(BOOT_GUESTS) ## Runs the boot tests in the emulator
	@tests/check.sh boot
