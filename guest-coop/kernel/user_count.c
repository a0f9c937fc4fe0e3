/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of users of whom something is counted: few, and mostly none.
 */
#include "kernel/user_count.h"
#include "memory/heap.h"

static struct user_count *user_count_first;

struct user_count *user_count_get(uint32_t uid)
{
    struct user_count *user = user_count_first;
    while (user && user->uid != uid)
        user = user->next;
    if (user)
        return user;
    user = heap_allocate(sizeof(*user));
    if (!user)
        return 0;
    *user = (struct user_count){.next = user_count_first, .uid = uid};
    user_count_first = user;
    return user;
}

void user_count_settle(struct user_count *user)
{
    struct user_count **link = &user_count_first;
    if (user->signals || user->files || user->locked || user->instances)
        return;
    while (*link != user)
        link = &(*link)->next;
    *link = user->next;
    heap_free(user);
}
