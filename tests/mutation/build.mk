# SPDX-License-Identifier: GPL-2.0-or-later
#
# The mutation build: the same sources once more, with a <coopvirt/mutation.h> that is found first and can leave out what
# a boot word or the environment names. tests/mutation/run.sh uses it.

MUTATION_BUILD := $(BUILD)/mutation
MUTATION_FIRST := -Itests/mutation/include
# The host tests that link a source with a name in it.
MUTATION_UNITS = for source in $$(grep -rl --include='*.c' 'MUTATED(' hv-core); do \
	grep -F " $$source " $(MUTATION_BUILD)/units.txt; done | cut -d' ' -f1 | sort -u | sed 's|^|$(MUTATION_BUILD)/tests/unit/test_|'

.PHONY: mutation mutation-build
mutation-build:
	$(Q)mkdir -p $(MUTATION_BUILD)
	$(Q)printf '%s \n' $(foreach name,$(UNIT_NAMES),'$(name) $(UNIT_$(name)_SOURCES)') > $(MUTATION_BUILD)/units.txt
	$(Q)$(MAKE) --no-print-directory BUILD=$(MUTATION_BUILD) INCLUDES='$(MUTATION_FIRST) -Ihv-core/include' \
		HV_CORE_EXTRA='tests/mutation/mutation.c tests/mutation/mutation_core.c' UNIT_FIRST='$(MUTATION_FIRST)' \
		UNIT_EXTRA='tests/mutation/mutation.c tests/mutation/mutation_host.c' \
		$(MUTATION_BUILD)/hv-core/hv-core.elf32 $$($(MUTATION_UNITS))

mutation: $(HOSTILE_IMAGE) mutation-build ## Leaves out each check that isolation needs: some test must fail
	@tests/mutation/run.sh --all
