/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the cpio reader and the unpacking into ramfs: whatever the archive, the work ends, nothing outside of it is
 * read, a failure comes with a reason, and a tree that came out can be removed.
 * clang -fsanitize=fuzzer,address,undefined -Ihv-core/include -Iguest-coop -Iguest-coop/include -Itests/unit
 * tests/fuzz/fuzz_cpio.c tests/unit/fake_kernel.c hv-core/lib/format.c guest-coop/fs/[a-z]*.c
 * guest-coop/syscall/file_*.c guest-coop/syscall/user_path.c
 */
#include "fake_kernel.h"

#include "fs/initramfs.h"
#include "fs/ramfs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void empty(struct inode *directory)
{
    struct ramfs_entry *entry;

    while ((entry = ((struct ramfs_inode *)directory)->directory.first)) {
        struct inode *inode = entry->inode;
        struct inode_name name = {entry->name, entry->length};
        if (inode_is_directory(inode))
            empty(inode);
        if (directory->operations->remove(directory, name, inode))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    char reason[192] = "";

    if (!started)
        fake_start(NULL, 0);
    started = true;
    struct inode *root = ramfs_create_root();
    ramfs_usage.frame_limit = 256;
    int status = initramfs_unpack(root, data, size, reason, sizeof(reason));
    if (status && !reason[0])
        abort();
    empty(root);
    if (root->references != 1 || root->links != 2)
        abort();
    inode_release(root);
    return 0;
}
