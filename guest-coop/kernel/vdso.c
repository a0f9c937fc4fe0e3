/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two files without a name, of one page each: the clock's parameters and the code of vdso/vdso.c. A new space has both
 * implied (`has_vdso`): the first access maps them, exit takes them out (`vdso_touched`), a child of fork faults anew.
 * A call that could see or change them turns them into areas like others first.
 */
#include "kernel/vdso.h"
#include "fs/file.h"
#include "kernel/clock.h"
#include "memory/frame.h"
#include "memory/page_table.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

extern const uint8_t vdso_image[X86_PAGE_BYTES]; /* kernel/vdso_image.asm */

static coop_paddr vdso_clock_frame, vdso_code_frame;

static coop_paddr vdso_page(struct file *file, uint64_t index)
{
    coop_paddr frame = index ? 0 : *(const coop_paddr *)file->context;
    if (frame)
        frame_reference(frame);
    return frame;
}

static const struct file_operations vdso_operations = {.page = vdso_page};

/* Their first reference is never given back. */
static struct file vdso_clock_file = {.operations = &vdso_operations, .context = &vdso_clock_frame, .references = 1};
static struct file vdso_code_file = {.operations = &vdso_operations, .context = &vdso_code_frame, .references = 1};

void vdso_start(void)
{
    vdso_clock_frame = frame_allocate_zeroed();
    vdso_code_frame = frame_allocate_zeroed();
    if (!vdso_clock_frame || !vdso_code_frame)
        return; /* there is not even memory for a first program */
    memcpy(frame_address(vdso_code_frame), vdso_image, sizeof(vdso_image));
    clock_share(frame_address(vdso_clock_frame));
}

enum fault_result vdso_fault(struct address_space *space, uint64_t address, uint64_t error)
{
    if (!space->has_vdso || address < VDSO_START || address >= VDSO_END || !vdso_code_frame)
        return FAULT_UNMAPPED;
    if (error & X86_PF_WRITE || (error & X86_PF_INSTRUCTION && address < VDSO_BASE))
        return FAULT_REFUSED;
    pv_batch_begin();
    uint64_t *slot = page_table_make(space->root, VDSO_START);
    if (slot && !page_present(slot[0])) {
        frame_reference(vdso_clock_frame);
        frame_reference(vdso_code_frame);
        page_set(&slot[0], page_entry(vdso_clock_frame, PAGE_USER | X86_PTE_NX));
        page_set(&slot[1], page_entry(vdso_code_frame, PAGE_USER));
        space->resident_pages += 2;
        space->vdso_touched = true;
    } else if (slot) {
        pv.mmu.flush_page(address); /* another translation of it was cached */
    }
    pv_batch_end();
    return slot ? FAULT_RESOLVED : FAULT_OUT_OF_MEMORY;
}

/* Pages that are mapped stay so, and are the areas' from now on. */
int vdso_settle(struct address_space *space)
{
    struct area clock = {.start = VDSO_START,
                         .end = VDSO_BASE,
                         .protection = AREA_READ,
                         .flags = AREA_NO_WRITE,
                         .file = &vdso_clock_file};
    struct area code = {
        .start = VDSO_BASE, .end = VDSO_END, .protection = AREA_READ | AREA_EXEC, .file = &vdso_code_file};
    if (!space->has_vdso)
        return 0;
    int status = area_insert(&space->areas, &clock);
    if (status < 0)
        return status;
    status = area_insert(&space->areas, &code);
    if (status < 0) {
        area_remove(&space->areas, area_find(&space->areas, VDSO_START));
        return status;
    }
    space->has_vdso = false;
    space->vdso_touched = false;
    return 0;
}

void vdso_clear(struct address_space *space, struct page_gather *gather)
{
    page_table_clear(space->root, VDSO_START, VDSO_END, 0, 1ul << 47, gather);
}

const char *vdso_label(const struct file *file)
{
    if (file == &vdso_clock_file)
        return "[vvar]";
    return file == &vdso_code_file ? "[vdso]" : 0;
}
