# SPDX-License-Identifier: GPL-2.0-or-later
DIRECT_MODEL_SOURCES := hv-core/mmu/direct.c hv-core/mmu/direct_batch.c hv-core/mmu/direct_frame.c \
	hv-core/mmu/guest_memory.c tests/unit/tlb_model.c tests/unit/direct_model.c tests/unit/direct_model_steps.c
UNIT_direct_SOURCES := $(DIRECT_MODEL_SOURCES)
UNIT_direct_random_SOURCES := $(DIRECT_MODEL_SOURCES)
