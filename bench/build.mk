# SPDX-License-Identifier: GPL-2.0-or-later
#
# The measured programs (every bench/workloads/GROUP/NAME.c), the guest's initramfs, and the counting plugin for QEMU.
# The programs are built with musl's wrapper of gcc whatever CC is: they are what is measured, and must not change with it.

MUSL_CC     := musl-gcc
MUSL_CFLAGS := -static -no-pie -fno-pie -O2 -std=gnu11 -D_GNU_SOURCE -fcf-protection=none -fno-asynchronous-unwind-tables \
	-MMD -MP $(PREFIX_MAP) $(WARNINGS) -Iguest-coop/include -Ihv-core/include -Ibench/workloads
MUSL_LDFLAGS := -s -Wl,--build-id=none -Wl,--gc-sections

WORKLOADS_BUILD   := $(BUILD)/bench/workloads
WORKLOADS_SOURCES := $(wildcard bench/workloads/*/*.c)
WORKLOADS         := $(WORKLOADS_SOURCES:bench/workloads/%.c=$(WORKLOADS_BUILD)/%)
WORKLOADS_SCRIPTS := $(patsubst bench/workloads/%,$(WORKLOADS_BUILD)/%,$(wildcard bench/workloads/*/*.sh))
HARNESS_SOURCES   := $(wildcard bench/workloads/*.c)
HARNESS_OBJECTS   := $(HARNESS_SOURCES:bench/workloads/%.c=$(BUILD)/bench/harness/%.o)
HARNESS_LIBRARY   := $(BUILD)/bench/harness/libharness.a

INIT          := $(BUILD)/guest-coop/user/init
INIT_SOURCES  := $(wildcard guest-coop/user/*.c)
INITRAMFS     := $(BUILD)/bench/initramfs.cpio
PLUGINS       := $(BUILD)/bench/plugin/libcoopcount.so $(BUILD)/bench/plugin/libcoopwalk.so
PLUGIN_COMMON := bench/plugin/instruction_class.c bench/plugin/regions.c
COUNT_SOURCES := bench/plugin/coopcount.c $(PLUGIN_COMMON)
WALK_SOURCES  := $(filter-out bench/plugin/coopcount.c,$(wildcard bench/plugin/*.c))

PMU_NAMES     := $(BUILD)/bench/pmu/pmu_names

BENCH_IMAGES := $(INITRAMFS) $(WORKLOADS) $(PLUGINS) $(PMU_NAMES)

$(BUILD)/bench/harness/%.o: bench/workloads/%.c bench/build.mk
	$(Q)mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(MUSL_CFLAGS) -c $< -o $@

$(HARNESS_LIBRARY): $(HARNESS_OBJECTS)
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $^

$(WORKLOADS_BUILD)/%: bench/workloads/%.c $(HARNESS_LIBRARY) bench/build.mk
	$(Q)mkdir -p $(@D) $(BUILD)/bench/depend/$(*D)
	$(Q)$(MUSL_CC) $(MUSL_CFLAGS) -MF $(BUILD)/bench/depend/$*.d -MT $@ $< $(HARNESS_LIBRARY) $(MUSL_LDFLAGS) -o $@

$(WORKLOADS_SCRIPTS): $(WORKLOADS_BUILD)/%.sh: bench/workloads/%.sh
	$(Q)mkdir -p $(@D)
	$(Q)install -m 755 $< $@

$(INIT): $(INIT_SOURCES) $(wildcard guest-coop/user/*.h) guest-coop/include/coopbench.h bench/build.mk
	$(Q)mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(filter-out -MMD -MP,$(MUSL_CFLAGS)) -Iguest-coop/user $(INIT_SOURCES) $(MUSL_LDFLAGS) -o $@

# INITRAMFS_EXTRA: more files for the image, as PATH=FILE words (tests add theirs).
INITRAMFS_EXTRA ?=
INITRAMFS_FILES := $(foreach file,$(WORKLOADS) $(WORKLOADS_SCRIPTS),bench/$(file:$(WORKLOADS_BUILD)/%=%)=$(file))
$(INITRAMFS): $(INIT) $(WORKLOADS) $(WORKLOADS_SCRIPTS) bench/mkinitramfs.sh $(foreach word,$(INITRAMFS_EXTRA),$(lastword $(subst =, ,$(word))))
	$(Q)bench/mkinitramfs.sh $@ $(INIT) $(INITRAMFS_FILES) $(INITRAMFS_EXTRA)

$(BUILD)/bench/plugin/libcoopcount.so: $(COUNT_SOURCES)
$(BUILD)/bench/plugin/libcoopwalk.so: $(WALK_SOURCES)
$(PLUGINS): $(wildcard bench/plugin/*.h) guest-coop/include/coopbench.h bench/build.mk
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g -fPIC -shared -fvisibility=hidden -pthread $(PREFIX_MAP) $(WARNINGS) \
		-Iguest-coop/include $(filter %.c,$^) -o $@

# Names of performance events, by libpfm4.
$(PMU_NAMES): bench/pmu/pmu_names.c bench/build.mk
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g $(PREFIX_MAP) $(WARNINGS) $< -lpfm -o $@

-include $(HARNESS_OBJECTS:.o=.d) $(WORKLOADS:$(WORKLOADS_BUILD)/%=$(BUILD)/bench/depend/%.d)
