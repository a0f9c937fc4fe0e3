# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hostile guest: one image from tests/hostile, its table of cases made from cases.list.

HOSTILE_BUILD   := $(BUILD)/tests/hostile
HOSTILE_C       := $(filter-out tests/hostile/offsets.c,$(wildcard tests/hostile/*.c))
HOSTILE_LIB     := hv-core/lib/string.c hv-core/lib/format.c
HOSTILE_OBJECTS := $(HOSTILE_C:tests/hostile/%.c=$(HOSTILE_BUILD)/%.o) $(HOSTILE_LIB:hv-core/lib/%.c=$(HOSTILE_BUILD)/lib/%.o) \
	$(HOSTILE_BUILD)/cases_table.o $(HOSTILE_BUILD)/entry.asm.o
HOSTILE_CFLAGS  := $(FREESTANDING_CFLAGS) -mcmodel=kernel -fno-pic -I$(HOSTILE_BUILD) -Itests/hostile
HOSTILE_IMAGE   := $(HOSTILE_BUILD)/hostile.elf

$(HOSTILE_IMAGE): $(HOSTILE_OBJECTS) tests/hostile/hostile.lds
	@echo "  LINK    $@"
	$(Q)$(LD) -m elf_x86_64 -static --build-id=none -z max-page-size=4096 -z noexecstack -T tests/hostile/hostile.lds -o $@ \
		$(HOSTILE_OBJECTS)

$(HOSTILE_BUILD)/cases.h: tests/hostile/cases.list tests/hostile/cases.awk
	@mkdir -p $(@D)
	$(Q)awk -v make=header -f tests/hostile/cases.awk $< > $@

$(HOSTILE_BUILD)/cases_table.c: tests/hostile/cases.list tests/hostile/cases.awk
	@mkdir -p $(@D)
	$(Q)awk -v make=table -f tests/hostile/cases.awk $< > $@

$(HOSTILE_BUILD)/cases_table.o: $(HOSTILE_BUILD)/cases_table.c
	$(Q)$(CC) $(HOSTILE_CFLAGS) -c -o $@ $<

$(HOSTILE_BUILD)/lib/%.o: hv-core/lib/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOSTILE_CFLAGS) -c -o $@ $<

$(HOSTILE_BUILD)/%.o: tests/hostile/%.c $(HOSTILE_BUILD)/cases.h
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(HOSTILE_CFLAGS) -c -o $@ $<

$(HOSTILE_BUILD)/offsets.inc: tests/hostile/offsets.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -g,$(HOSTILE_CFLAGS)) -MF $(@:.inc=.d) -MT $@ -S -o $(@:.inc=.s) $<
	$(Q)sed -n 's/.*"->\([A-Z0-9_]*\) \(-*[0-9]*\)".*/\1 equ \2/p' $(@:.inc=.s) > $@

$(HOSTILE_BUILD)/entry.asm.o: tests/hostile/entry.asm $(HOSTILE_BUILD)/offsets.inc
	@echo "  NASM    $<"
	$(Q)$(NASM) -f elf64 -Werror -I$(HOSTILE_BUILD)/ -o $@ $<

-include $(HOSTILE_OBJECTS:.o=.d) $(HOSTILE_BUILD)/offsets.d
