# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest that measures hypercalls on page tables: tests/costs beside what the hostile guest does not try, but needs.

COSTS_BUILD   := $(BUILD)/tests/costs
COSTS_OBJECTS := $(COSTS_BUILD)/costs.o $(HOSTILE_BUILD)/entry.asm.o \
	$(patsubst %,$(HOSTILE_BUILD)/%.o,machine memory ring0 lib/string lib/format)
COSTS_IMAGE   := $(COSTS_BUILD)/costs.elf
BOOT_FILES    += $(COSTS_IMAGE)

$(COSTS_IMAGE): $(COSTS_OBJECTS) tests/hostile/hostile.lds
	@echo "  LINK    $@"
	$(Q)$(LD) -m elf_x86_64 -static --build-id=none -z max-page-size=4096 -z noexecstack -T tests/hostile/hostile.lds -o $@ \
		$(COSTS_OBJECTS)

$(COSTS_BUILD)/costs.o: tests/costs/costs.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(HOSTILE_CFLAGS) -c -o $@ $<

-include $(COSTS_BUILD)/costs.d
