/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeping shadow entries in step with the guest's. Tables are watched (write-protected) from the moment they are
 * shadowed. A last-level table that the guest writes may go out of sync: it is written without traps until the guest
 * does what would also empty a TLB, and only then are its entries compared.
 */
#ifndef MMU_SHADOW_SYNC_H
#define MMU_SHADOW_SYNC_H

#include "mmu/shadow_page.h"

/* Whether the guest may write a frame directly. With is_write, tables on it are let go out of sync, or forgotten when
 * nothing uses them, if that makes it possible. */
bool shadow_sync_may_write(struct shadow *shadow, struct shadow_frame *frame, bool is_write);

/* Brings every table that is out of sync, or those on one frame, in step and watches them again. */
void shadow_sync_all_of_them(struct shadow *shadow);
static inline void shadow_sync_all(struct shadow *shadow)
{
    if (shadow->unsync_count)
        shadow_sync_all_of_them(shadow);
}
void shadow_sync_frame(struct shadow *shadow, struct shadow_frame *frame);

/* The page is going: takes it off the list. */
void shadow_sync_forget(struct shadow *shadow, struct shadow_page *page);

#endif
