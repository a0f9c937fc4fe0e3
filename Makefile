# SPDX-License-Identifier: GPL-2.0-or-later
#
# Coopvirt: `make bench` measures, `make check` tests, `make help` lists the rest. Each room has its
# own build.mk; everything that is made goes to build/, every result to out/.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

BUILD   := build
CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
LD      := ld
NASM    := nasm
OBJCOPY := objcopy
PYTHON  := /usr/bin/python3
MACHINE ?= qemu-svm
MODE    ?= full-nested
JOBS    ?= $(shell nproc)
Q       := $(if $(V),,@)

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
INCLUDES := -Ihv-core/include
# Reproducible: no path of this checkout and no date reaches an image.
PREFIX_MAP := -ffile-prefix-map=$(CURDIR)=.
FREESTANDING_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -nostdlib -fno-stack-protector -fno-strict-aliasing \
	-mno-red-zone -mgeneral-regs-only -fno-asynchronous-unwind-tables -fcf-protection=none -MMD -MP \
	$(PREFIX_MAP) $(WARNINGS) $(INCLUDES)

include hv-core/build.mk
include guest-coop/build.mk
include bench/build.mk
include bench/programs.mk
include tests/build.mk

.PHONY: all help deps peers images run debug iso bench bench-all demo claims report check clean

all: images

images: $(HV_CORE_IMAGES) $(GUEST_COOP_IMAGES) $(BENCH_IMAGES) ## Builds hypervisor, guest, programs and initramfs

help: ## Lists the targets
	@echo "Coopvirt: what does a way of virtualizing cost, and why?"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  MACHINE=$(MACHINE)  MODE=$(MODE)  V=1 shows commands  QUICK=1 shortens bench"
	@echo "  bench/coopbench --help has everything with options."

deps: ## Installs the Debian packages that are missing (needs root or sudo)
	@bench/install-deps.sh

peers: ## Fetches what others made (Linux, Xen, UML, LXC ...) from Debian, for coopbench peers, run --guest linux and some tests
	@bench/fetch-peers.sh

# Set-up runs first, by itself, so that a fresh machine needs nothing but the two commands.
bench: deps ## Measures the default rows on MACHINE and prints the comparison table
	@$(MAKE) --no-print-directory -j$(JOBS) images
	@bench/coopbench run --machine $(MACHINE) --workload default $(if $(QUICK),--quick)

bench-all: deps ## The same with every workload
	@$(MAKE) --no-print-directory -j$(JOBS) images
	@bench/coopbench run --machine $(MACHINE) --workload all

demo: deps ## Shows what happens in one fork, mode beside mode, and draws it as a timeline (under a minute)
	@$(MAKE) --no-print-directory -j$(JOBS) images
	@bench/coopbench demo --machine $(MACHINE)

claims: deps ## Measures what the README claims, and says which claims hold
	@$(MAKE) --no-print-directory -j$(JOBS) images
	@bench/coopbench claims

report: ## Makes a page with tables and plots of the latest result, or of the references
	@bench/coopbench report

check: deps ## Runs every test and ends with 'N passed, N failed'
	@bench/fetch-peers.sh || echo "the tests that boot other people's kernels are skipped"
	@$(MAKE) --no-print-directory -j$(JOBS) images test-programs mutation-build $(BUILD)/coopvirt.iso
	@tests/check.sh

run: images ## An interactive shell in the guest under MODE, left by Ctrl-A X
	@bench/coopbench shell --machine $(MACHINE) --mode $(MODE)

debug: images ## The same, stopped at its first instruction until gdb attaches
	@bench/coopbench shell --machine $(MACHINE) --mode $(MODE) --debug

iso: images $(BUILD)/coopvirt.iso ## A GRUB image that boots by BIOS and by UEFI
	@echo "$(BUILD)/coopvirt.iso"

clean: ## Removes build/
	$(Q)rm -rf $(BUILD)
