/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Swapped-out pages: the map of a space, the slots of an area, and the header of one, which is not trusted.
 */
#include "drivers/block.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "kernel/process_private.h"
#include "memory/frame_internal.h"
#include "memory/heap.h"
#include "memory/swap_area.h"
#include "memory/swap_header.h"
#include "memory/swap_map.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

#define ARENA_FRAMES 1024ul
#define PAGES        300u
#define BASE         0x7f0000123000ul
#define DISK_PAGES   40u

static uint8_t *arena;
static size_t free_at_start;
static unsigned users[PAGES + 1];
static uint8_t disk[DISK_PAGES * FRAME_BYTES];
static int disk_status;
static struct process_private running_private;
static struct process running = {.private = &running_private};

struct process *process_current(void)
{
    return &running;
}

void log_line(enum log_level level, const char *format, ...)
{
    (void)level, (void)format;
}

static int disk_read(struct block_device *device, uint64_t sector, void *to, unsigned count)
{
    (void)device;
    ck_assert(running_private.uninterruptible);
    memcpy(to, disk + sector * BLOCK_SECTOR_BYTES, count * BLOCK_SECTOR_BYTES);
    return disk_status;
}

static int disk_write(struct block_device *device, uint64_t sector, const void *from, unsigned count)
{
    (void)device;
    if (disk_status == 0)
        memcpy(disk + sector * BLOCK_SECTOR_BYTES, from, count * BLOCK_SECTOR_BYTES);
    return disk_status;
}

static struct block_device device = {.read = disk_read, .write = disk_write, .sectors = DISK_PAGES * 8};

struct block_device *block_find(uint64_t number)
{
    return number ? NULL : &device;
}

static void start(void)
{
    const struct frame_extent_range range = {FRAME_BYTES, (ARENA_FRAMES - 1) * FRAME_BYTES};
    arena = aligned_alloc(FRAME_BYTES, ARENA_FRAMES * FRAME_BYTES);
    ck_assert(frame_start(&range, 1, arena, ~0ul));
    heap_free(heap_allocate(sizeof(struct swap_map))); /* slabs that stay */
    heap_free(heap_allocate(sizeof(struct swap_leaf)));
    free_at_start = frame_free_count();
    memset(users, 0, sizeof(users));
    disk_status = 0;
}

static void stop(void)
{
    free(arena);
}

static void use(uint32_t slot)
{
    users[slot]++;
}
static void give_up(uint32_t slot)
{
    ck_assert_uint_gt(users[slot], 0);
    users[slot]--;
}

static struct swap_map *map_of_pages(void)
{
    struct swap_map *map = NULL;
    for (uint32_t i = 1; i <= PAGES; i++) {
        ck_assert_int_eq(swap_map_set(&map, BASE + i * FRAME_BYTES, i), 0);
        users[i] = 1;
    }
    return map;
}

START_TEST(map_holds_and_forgets)
{
    struct swap_map *map = map_of_pages();
    uint64_t address;
    ck_assert_uint_eq(map->pages, PAGES);
    ck_assert_uint_eq(swap_map_get(map, BASE), 0);
    ck_assert_uint_eq(swap_map_get(map, BASE + 7 * FRAME_BYTES), 7);
    ck_assert_uint_eq(swap_map_get(NULL, BASE), 0);
    ck_assert_uint_eq(swap_map_find(map, 0, 1, &address), 0);
    ck_assert_uint_eq(swap_map_find(map, 200, 201, &address), 200);
    ck_assert_uint_eq(address, BASE + 200 * FRAME_BYTES);
    for (uint32_t i = 1; i <= PAGES; i++)
        ck_assert_uint_eq(swap_map_take(&map, BASE + i * FRAME_BYTES), i);
    ck_assert_ptr_null(map);
    ck_assert_uint_eq(swap_map_take(&map, BASE), 0);
}
END_TEST

START_TEST(map_drops_ranges)
{
    struct swap_map *map = map_of_pages();
    swap_map_drop(&map, BASE + 10 * FRAME_BYTES, BASE + 250 * FRAME_BYTES, give_up);
    ck_assert_uint_eq(map->pages, PAGES - 240);
    ck_assert_uint_eq(users[9] + users[250], 2);
    ck_assert_uint_eq(users[10] + users[249], 0);
    swap_map_drop(&map, 0, 1ul << 47, give_up); /* by what there is */
    ck_assert_ptr_null(map);
    for (uint32_t i = 1; i <= PAGES; i++)
        ck_assert_uint_eq(users[i], 0);
}
END_TEST

START_TEST(map_is_cloned_and_moved)
{
    struct swap_map *map = map_of_pages(), *copy = NULL;
    const uint64_t distance = 77 * FRAME_BYTES + (1ul << 32), end = BASE + (PAGES + 1) * FRAME_BYTES;
    ck_assert_int_eq(swap_map_clone(&copy, map, use), 0);
    ck_assert_uint_eq(copy->pages, PAGES);
    ck_assert_int_eq(swap_map_make_room(map, BASE + 100 * FRAME_BYTES, end, distance), 0);
    swap_map_move(&map, BASE + 100 * FRAME_BYTES, end, distance);
    for (uint32_t i = 1; i <= PAGES; i++) {
        ck_assert_uint_eq(swap_map_get(map, BASE + i * FRAME_BYTES + (i < 100 ? 0 : distance)), i);
        ck_assert_uint_eq(swap_map_get(copy, BASE + i * FRAME_BYTES), i);
        ck_assert_uint_eq(users[i], 2);
    }
    ck_assert_uint_eq(map->pages, PAGES);
    swap_map_drop(&map, 0, 1ul << 47, give_up);
    swap_map_drop(&copy, 0, 1ul << 47, give_up);
    ck_assert(!map && !copy);
    ck_assert_uint_ge(frame_free_count() + 2, free_at_start);
}
END_TEST

START_TEST(map_without_memory_stays_as_it_was)
{
    struct swap_map *map = NULL, *copy = NULL;
    for (uint32_t i = 1; i <= PAGES; i++)
        ck_assert_int_eq(swap_map_set(&map, (uint64_t)i << 19, i), 0);
    while (frame_allocate())
        ;
    ck_assert_int_eq(swap_map_clone(&copy, map, use), -ENOMEM);
    ck_assert_int_eq(swap_map_make_room(map, 0, 1ul << 40, 1ul << 40), -ENOMEM);
    swap_map_tidy(&map);
    ck_assert_uint_eq(map->leaves, PAGES);
    if (copy)
        swap_map_drop(&copy, 0, 1ul << 47, give_up);
    ck_assert_uint_eq(map->pages, PAGES);
}
END_TEST

/* An area on the disk with one bad page. */
static void add_area(int priority)
{
    const struct swap_area area = {.file = (struct file *)&disk, .device = &device, .pages = DISK_PAGES};
    const uint32_t bad[] = {5, 5};
    ck_assert_int_eq(swap_area_add(&area, bad, 2, priority), 0);
}

START_TEST(slots_are_written_and_read)
{
    uint32_t slots[SWAP_BATCH];
    coop_paddr frames[SWAP_BATCH], back = frame_allocate();
    add_area(3);
    ck_assert_uint_eq(swap_area_total(), DISK_PAGES - 2);
    size_t before = frame_free_count();
    for (unsigned i = 0; i < SWAP_BATCH; i++) {
        frames[i] = frame_allocate();
        memset(frame_address(frames[i]), (int)i + 1, FRAME_BYTES);
        slots[i] = swap_slot_take(frames[i]);
        ck_assert(slots[i] != 0 && slots[i] != 5);
    }
    ck_assert_uint_eq(swap_slot_frame(slots[3]), frames[3]); /* on its way it is taken from memory */
    frame_release(frames[3]);
    swap_slots_write(slots, SWAP_BATCH);
    ck_assert_uint_eq(frame_free_count(), before);
    ck_assert_uint_eq(swap_slot_frame(slots[3]), 0);
    for (unsigned i = 0; i < SWAP_BATCH; i++) {
        ck_assert_int_eq(swap_slot_read(slots[i], back), 0);
        ck_assert_uint_eq(*(uint8_t *)frame_address(back), i + 1);
        swap_slot_release(slots[i]);
    }
    ck_assert_uint_eq(swap_area_free(), swap_area_total());
    swap_area_remove(&swap_areas[0]);
}
END_TEST

START_TEST(pages_that_cannot_be_written_are_not_lost)
{
    coop_paddr frame = frame_allocate();
    add_area(0);
    disk_status = -EIO;
    uint32_t slot = swap_slot_take(frame);
    swap_slots_write(&slot, 1);
    ck_assert_uint_eq(swap_slot_take(frame), 0); /* nothing more goes there */
    ck_assert_uint_eq(swap_slot_frame(slot), frame);
    ck_assert_uint_eq(frame_references(frame), 2);
    swap_slot_release(slot);
    ck_assert_uint_eq(frame_references(frame), 1);
    ck_assert_uint_eq(swap_areas[0].used, 0);
    swap_area_remove(&swap_areas[0]);
}
END_TEST

START_TEST(areas_are_chosen_by_priority_until_they_are_full)
{
    coop_paddr frame = frame_allocate();
    add_area(1);
    add_area(2);
    unsigned second = 0, first = 0;
    for (uint32_t slot; (slot = swap_slot_take(frame)); frame_reference(frame)) {
        *(slot >> SWAP_AREA_SHIFT ? &second : &first) += 1;
        ck_assert(second == DISK_PAGES - 2 || first == 0);
    }
    ck_assert_uint_eq(first, second);
    ck_assert_uint_eq(swap_area_free(), 0);
    swap_area_remove(&swap_areas[0]);
    swap_area_remove(&swap_areas[1]);
}
END_TEST

static struct swap_header header_of(uint32_t last_page)
{
    struct swap_header header = {.version = 1, .last_page = last_page};
    memcpy(header.signature, "SWAPSPACE2", sizeof(header.signature));
    return header;
}

START_TEST(header_is_checked)
{
    struct swap_header header = header_of(99);
    ck_assert_uint_eq(swap_header_check(&header, 100), 100);
    ck_assert_uint_eq(swap_header_check(&header, 5000), 100);
    ck_assert_uint_eq(swap_header_check(&header, 99), 0);
    header.last_page = UINT32_MAX;
    ck_assert_uint_eq(swap_header_check(&header, 100), 0);
    header = header_of(0);
    ck_assert_uint_eq(swap_header_check(&header, 100), 0);
    header = header_of(99);
    header.version = 0x01000000;
    ck_assert_uint_eq(swap_header_check(&header, 100), 0);
    header = header_of(99);
    header.signature[9] = '1';
    ck_assert_uint_eq(swap_header_check(&header, 100), 0);
}
END_TEST

START_TEST(bad_pages_are_checked)
{
    struct swap_header header = header_of(99);
    header.bad_count = 2;
    header.bad[0] = 1;
    header.bad[1] = 99;
    ck_assert_uint_eq(swap_header_check(&header, 100), 100);
    header.bad[1] = 100;
    ck_assert_uint_eq(swap_header_check(&header, 100), 0);
    header.bad[1] = 0;
    ck_assert_uint_eq(swap_header_check(&header, 100), 0);
    header.bad[1] = 1;
    header.bad_count = SWAP_HEADER_BAD_MOST + 1;
    ck_assert_uint_eq(swap_header_check(&header, 100), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_swap");
    TCase *tcase = tcase_create("swap");
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, map_holds_and_forgets);
    tcase_add_test(tcase, map_drops_ranges);
    tcase_add_test(tcase, map_is_cloned_and_moved);
    tcase_add_test(tcase, map_without_memory_stays_as_it_was);
    tcase_add_test(tcase, slots_are_written_and_read);
    tcase_add_test(tcase, pages_that_cannot_be_written_are_not_lost);
    tcase_add_test(tcase, areas_are_chosen_by_priority_until_they_are_full);
    tcase_add_test(tcase, header_is_checked);
    tcase_add_test(tcase, bad_pages_are_checked);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
