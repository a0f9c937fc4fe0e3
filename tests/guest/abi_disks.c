/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holes in files, and block devices: files as disks (loop(4)), their partitions, who may claim them. Devices are tried
 * by process 1 of a machine that nobody else uses: not on this host.
 */
#include "abi.h"
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PAGE       4096
#define PUNCH      (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)
#define DISK_BYTES (64 * 1024)

/* linux/fs.h and linux/blkpg.h, which musl has not */
#define BLKDISCARD             0x1277
#define BLKSECDISCARD          0x127d
#define BLKZEROOUT             0x127f
#define BLKPG                  0x1269
#define BLKPG_ADD_PARTITION    1
#define BLKPG_DEL_PARTITION    2
#define BLKPG_RESIZE_PARTITION 3
struct blkpg_partition {
    long long start, length;
    int pno;
    char names[128];
};
struct blkpg_ioctl_arg {
    int op, flags, datalen;
    void *data;
};

/* linux/loop.h */
#define LOOP_SET_FD        0x4c00
#define LOOP_CLR_FD        0x4c01
#define LOOP_SET_STATUS64  0x4c04
#define LOOP_GET_STATUS64  0x4c05
#define LOOP_CHANGE_FD     0x4c06
#define LOOP_SET_CAPACITY  0x4c07
#define LOOP_CONFIGURE     0x4c0a
#define LOOP_CTL_ADD       0x4c80
#define LOOP_CTL_REMOVE    0x4c81
#define LOOP_CTL_GET_FREE  0x4c82
#define LO_FLAGS_READ_ONLY 1
#define LO_FLAGS_AUTOCLEAR 4
#define LO_FLAGS_PARTSCAN  8
struct loop_info64 {
    uint64_t lo_device, lo_inode, lo_rdevice, lo_offset, lo_sizelimit;
    uint32_t lo_number, encryption, key_bytes, lo_flags;
    uint8_t lo_file_name[64], more[112];
};
struct loop_config {
    uint32_t fd, block_size;
    struct loop_info64 info;
    uint64_t reserved[8];
};

/* Says the errno of a call that has to fail, else 0. */
#define FAILS(call) ((call) == -1 ? errno : 0)

static int file_of(size_t pages)
{
    char page[PAGE];
    int file = memfd_create("disk", MFD_CLOEXEC);
    memset(page, 'x', sizeof(page));
    for (size_t i = 0; i < pages; i++)
        CHECK(write(file, page, PAGE) == PAGE);
    return file;
}

static char byte_at(int file, off_t place)
{
    char byte = '?';
    CHECK(pread(file, &byte, 1, place) == 1);
    return byte;
}

static void test_holes(void)
{
    int file = file_of(4), reader;
    struct stat status;
    char path[40];
    CHECK(fallocate(file, PUNCH, PAGE + 100, 2 * PAGE) == 0);
    CHECK(byte_at(file, PAGE + 99) == 'x' && byte_at(file, PAGE + 100) == 0 && byte_at(file, 2 * PAGE + 50) == 0);
    CHECK(byte_at(file, 3 * PAGE + 99) == 0 && byte_at(file, 3 * PAGE + 100) == 'x');
    CHECK(fstat(file, &status) == 0 && status.st_size == 4 * PAGE && status.st_blocks == 3 * PAGE / 512);
    CHECK(fallocate(file, PUNCH, 10, 10) == 0 && byte_at(file, 9) == 'x' && byte_at(file, 15) == 0 &&
          byte_at(file, 20) == 'x');

    volatile char *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(map != MAP_FAILED && map[0] == 'x' && map[2 * PAGE] == 0);
    CHECK(fallocate(file, PUNCH, 0, PAGE) == 0 && map[0] == 0);
    map[1] = 'y';
    CHECK(byte_at(file, 1) == 'y');
    munmap((void *)map, 4 * PAGE);
    CHECK(fallocate(file, PUNCH, 0, 100 * PAGE) == 0 && byte_at(file, 3 * PAGE + 100) == 0);
    CHECK(fstat(file, &status) == 0 && status.st_size == 4 * PAGE && status.st_blocks == 0);
    int small = file_of(1);
    CHECK(fallocate(small, PUNCH, PAGE, PAGE) == 0 && byte_at(small, 0) == 'x' && close(small) == 0);
    CHECK(FAILS(fallocate(file, FALLOC_FL_PUNCH_HOLE, 0, PAGE)) == EOPNOTSUPP);
    CHECK(FAILS(fallocate(file, PUNCH, 0, 0)) == EINVAL);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    reader = open(path, O_RDONLY | O_EXCL);
    CHECK(reader >= 0 && !(fcntl(reader, F_GETFL) & O_EXCL) && FAILS(fallocate(reader, PUNCH, 0, PAGE)) == EBADF);
    close(reader);
    close(file);
}

/* ---- only as process 1 ---- */

static int loop_open(int index, int flags)
{
    char path[20];
    snprintf(path, sizeof(path), "/dev/loop%d", index);
    return open(path, flags);
}

static void test_loop_control(void)
{
    int control = open("/dev/loop-control", O_RDWR);
    struct stat status;
    CHECK(control >= 0 && ioctl(control, LOOP_CTL_GET_FREE) == 0);
    CHECK(ioctl(control, LOOP_CTL_ADD, 40) == 40 && FAILS(ioctl(control, LOOP_CTL_ADD, 40)) == EEXIST);
    CHECK(stat("/dev/loop40", &status) == 0 && S_ISBLK(status.st_mode) && status.st_rdev == makedev(7, 40));
    int loop = loop_open(40, O_RDWR);
    CHECK(loop >= 0 && FAILS(ioctl(control, LOOP_CTL_REMOVE, 40)) == EBUSY && close(loop) == 0);
    CHECK(ioctl(control, LOOP_CTL_REMOVE, 40) == 0 && FAILS(stat("/dev/loop40", &status)) == ENOENT);
    CHECK(FAILS(ioctl(control, LOOP_CTL_REMOVE, 40)) == ENODEV && FAILS(ioctl(control, LOOP_CTL_REMOVE, -1)) == EINVAL);
    int made = ioctl(control, LOOP_CTL_ADD, -1); /* a new one, though others are free */
    CHECK(made > 0 && ioctl(control, LOOP_CTL_GET_FREE) == 0 && ioctl(control, LOOP_CTL_REMOVE, made) == 0);
    close(control);
}

static void test_loop_states(void)
{
    struct loop_info64 info;
    struct loop_config config = {0};
    int file = file_of(DISK_BYTES / PAGE), loop = loop_open(0, O_RDWR), other = loop_open(0, O_RDONLY), ends[2];
    CHECK(FAILS(ioctl(loop, LOOP_GET_STATUS64, &info)) == ENXIO && FAILS(ioctl(loop, LOOP_CLR_FD)) == ENXIO);
    CHECK(FAILS(ioctl(loop, LOOP_SET_CAPACITY)) == ENXIO && FAILS(ioctl(loop, LOOP_SET_FD, -1)) == EBADF);
    CHECK(pipe(ends) == 0 && FAILS(ioctl(loop, LOOP_SET_FD, ends[0])) == EINVAL &&
          FAILS(ioctl(loop, LOOP_SET_FD, loop)) == EINVAL);
    CHECK(ioctl(loop, LOOP_SET_FD, file) == 0 && FAILS(ioctl(loop, LOOP_SET_FD, file)) == EBUSY);
    CHECK(ioctl(loop, LOOP_GET_STATUS64, &info) == 0 && info.lo_number == 0 && info.lo_flags == 0 &&
          info.lo_offset == 0);
    info.lo_offset = 512;
    info.lo_sizelimit = 1024;
    CHECK(ioctl(loop, LOOP_SET_STATUS64, &info) == 0 && lseek(loop, 0, SEEK_END) == 1024);
    info.lo_offset = 1ull << 63;
    CHECK(FAILS(ioctl(loop, LOOP_SET_STATUS64, &info)) == EOVERFLOW &&
          FAILS(ioctl(loop, LOOP_SET_STATUS64, 8)) == EFAULT);
    CHECK(FAILS(ioctl(loop, LOOP_CHANGE_FD, file)) == EINVAL);                 /* it can be written */
    CHECK(FAILS(ioctl(loop, BLKRRPART)) == EINVAL);                            /* and has no partitions */
    CHECK(ioctl(loop, LOOP_CLR_FD) == 0 && lseek(other, 0, SEEK_END) == 1024); /* another one has it open */
    CHECK(close(loop) == 0 && ioctl(other, LOOP_GET_STATUS64, &info) == 0 && info.lo_flags == LO_FLAGS_AUTOCLEAR);
    CHECK(close(other) == 0 && (loop = loop_open(0, O_RDWR)) >= 0);
    CHECK(FAILS(ioctl(loop, LOOP_GET_STATUS64, &info)) == ENXIO && lseek(loop, 0, SEEK_END) == 0);

    config.fd = (uint32_t)file;
    config.info.lo_flags = 64;
    CHECK(FAILS(ioctl(loop, LOOP_CONFIGURE, &config)) == EINVAL);
    config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
    config.block_size = 100;
    CHECK(FAILS(ioctl(loop, LOOP_CONFIGURE, &config)) == EINVAL);
    config.block_size = 512;
    CHECK(ioctl(loop, LOOP_CONFIGURE, &config) == 0 && FAILS(write(loop, "x", 1)) == EPERM);
    CHECK(ioctl(loop, LOOP_CHANGE_FD, file) == 0);
    close(loop);
    close(ends[0]);
    close(ends[1]);
    close(file);
}

/* Devices upon each other: not on themselves, and not too high. */
static void test_loop_depth(void)
{
    int file = file_of(DISK_BYTES / PAGE), loops[3];
    char byte;
    for (int i = 0; i < 3; i++)
        loops[i] = loop_open(i, O_RDWR);
    CHECK(FAILS(ioctl(loops[1], LOOP_SET_FD, loops[0])) == EINVAL &&
          FAILS(ioctl(loops[0], LOOP_SET_FD, loops[0])) == EINVAL);
    CHECK(ioctl(loops[0], LOOP_SET_FD, file) == 0 && ioctl(loops[1], LOOP_SET_FD, loops[0]) == 0);
    CHECK(FAILS(ioctl(loops[2], LOOP_SET_FD, loops[1])) == ELOOP && read(loops[2], &byte, 1) == 0);
    CHECK(pwrite(loops[1], "deep", 4, 5000) == 4 && byte_at(file, 5003) == 'p' && byte_at(loops[1], 4999) == 'x');
    for (int i = 3; i--;) {
        ioctl(loops[i], LOOP_CLR_FD);
        close(loops[i]);
    }
    close(file);
}

/* A file that has no more room, and one that is cut while it is a disk. */
static void test_loop_file(void)
{
    int file = file_of(4), loop = loop_open(0, O_RDWR);
    char page[PAGE];
    uint64_t range[2] = {PAGE, PAGE};
    struct stat status;
    CHECK(ioctl(loop, LOOP_SET_FD, file) == 0 && ioctl(loop, BLKDISCARD, range) == 0 && byte_at(loop, PAGE) == 0);
    CHECK(fstat(file, &status) == 0 && status.st_blocks == 3 * PAGE / 512);
    CHECK(ioctl(loop, BLKZEROOUT, range) == 0 && byte_at(file, 2 * PAGE) == 'x' && byte_at(file, 2 * PAGE - 1) == 0);
    range[0] = 100;
    CHECK(FAILS(ioctl(loop, BLKDISCARD, range)) == EINVAL && FAILS(ioctl(loop, BLKZEROOUT, range)) == EINVAL);
    range[0] = 4 * PAGE;
    CHECK(FAILS(ioctl(loop, BLKDISCARD, range)) == EINVAL && FAILS(ioctl(loop, BLKSECDISCARD, range)) == EOPNOTSUPP);
    range[0] = -(uint64_t)PAGE;
    CHECK(FAILS(ioctl(loop, BLKZEROOUT, range)) == EINVAL);
    CHECK(ftruncate(file, 2 * PAGE) == 0 && FAILS(pread(loop, page, PAGE, 2 * PAGE)) == EIO);
    CHECK(pread(loop, page, PAGE, 0) == PAGE && page[0] == 'x' && lseek(loop, 0, SEEK_END) == 4 * PAGE);
    CHECK(ioctl(loop, LOOP_SET_CAPACITY) == 0 && lseek(loop, 0, SEEK_END) == 2 * PAGE);
    CHECK(ioctl(loop, LOOP_CLR_FD) == 0);
    close(loop);
    close(file);
}

static int change_partition(int loop, int operation, int number, long long start, long long length)
{
    struct blkpg_partition range = {.start = start, .length = length, .pno = number};
    struct blkpg_ioctl_arg argument = {.op = operation, .datalen = sizeof(range), .data = &range};
    return ioctl(loop, BLKPG, &argument);
}

static void test_partitions(void)
{
    struct loop_config config = {.fd = (uint32_t)file_of(DISK_BYTES / PAGE), .info = {.lo_flags = LO_FLAGS_PARTSCAN}};
    int loop = loop_open(0, O_RDWR), part, whole = -1;
    CHECK(ioctl(loop, LOOP_CONFIGURE, &config) == 0);
    CHECK(change_partition(loop, BLKPG_ADD_PARTITION, 2, 1024, 4096) == 0);
    CHECK(FAILS(change_partition(loop, BLKPG_ADD_PARTITION, 3, 4608, 512)) == EBUSY); /* they overlap */
    CHECK(FAILS(change_partition(loop, BLKPG_ADD_PARTITION, 2, 8192, 512)) == EBUSY);
    CHECK(FAILS(change_partition(loop, BLKPG_ADD_PARTITION, 3, DISK_BYTES - 512, 1024)) == EINVAL);
    CHECK(FAILS(change_partition(loop, BLKPG_ADD_PARTITION, 0, 8192, 512)) == EINVAL);
    CHECK(FAILS(change_partition(loop, BLKPG_DEL_PARTITION, 3, 0, 0)) == ENXIO);
    part = open("/dev/loop0p2", O_RDWR | O_EXCL);
    CHECK(part >= 0 && lseek(part, 0, SEEK_END) == 4096 && pwrite(part, "part", 4, 0) == 4 &&
          byte_at(loop, 1027) == 't');
    CHECK(FAILS(pwrite(part, "x", 1, 4096)) == ENOSPC && pread(part, &config, 1, 4096) == 0);
    CHECK(FAILS(loop_open(0, O_RDWR | O_EXCL)) == EBUSY && FAILS(open("/dev/loop0p2", O_RDWR | O_EXCL)) == EBUSY);
    CHECK(FAILS(change_partition(loop, BLKPG_DEL_PARTITION, 2, 0, 0)) == EBUSY &&
          FAILS(ioctl(loop, BLKRRPART)) == EBUSY);
    CHECK(FAILS(change_partition(part, BLKPG_ADD_PARTITION, 3, 0, 512)) == EINVAL);
    CHECK(change_partition(loop, BLKPG_RESIZE_PARTITION, 2, 1024, 8192) == 0 && lseek(part, 0, SEEK_END) == 8192);
    CHECK(close(part) == 0 && (whole = loop_open(0, O_RDWR | O_EXCL)) >= 0);
    CHECK(FAILS(open("/dev/loop0p2", O_RDWR | O_EXCL)) == EBUSY && (part = open("/dev/loop0p2", O_RDWR)) >= 0);
    CHECK(FAILS(mount("/dev/loop0p2", "/tmp", "ext2", 0, NULL)) == EBUSY);
    close(whole);
    close(part);
    CHECK(ioctl(loop, BLKRRPART) == 0 && FAILS(open("/dev/loop0p2", O_RDWR)) == ENOENT); /* its table names none */
    CHECK(change_partition(loop, BLKPG_ADD_PARTITION, 1, 0, 512) == 0 && ioctl(loop, LOOP_CLR_FD) == 0);
    CHECK(FAILS(open("/dev/loop0p1", O_RDWR)) == ENOENT);
    close(loop);
    close((int)config.fd);
}

/* A device that is cut shorter than its partition: what is behind its end is not the partition's. */
static void test_partition_cut(void)
{
    struct loop_config config = {.fd = (uint32_t)file_of(4), .info = {.lo_flags = LO_FLAGS_PARTSCAN}};
    int file = (int)config.fd, loop = loop_open(0, O_RDWR), part = -1;
    uint64_t range[2] = {0, 2 * PAGE};
    CHECK(ioctl(loop, LOOP_CONFIGURE, &config) == 0);
    CHECK(change_partition(loop, BLKPG_ADD_PARTITION, 1, PAGE, 2 * PAGE) == 0);
    CHECK((part = open("/dev/loop0p1", O_RDWR)) >= 0);
    config.info.lo_sizelimit = 2 * PAGE;
    CHECK(ioctl(loop, LOOP_SET_STATUS64, &config.info) == 0 && lseek(loop, 0, SEEK_END) == 2 * PAGE);
    CHECK(FAILS(ioctl(part, BLKDISCARD, range)) == EIO && byte_at(file, PAGE) == 'x' && byte_at(file, 2 * PAGE) == 'x');
    range[1] = PAGE;
    CHECK(ioctl(part, BLKDISCARD, range) == 0 && byte_at(file, PAGE) == 0 && byte_at(file, 2 * PAGE) == 'x');
    CHECK(FAILS(pwrite(part, "x", 1, PAGE)) == EIO && pwrite(part, "y", 1, PAGE - 1) == 1);
    CHECK(close(part) == 0 && ioctl(loop, LOOP_CLR_FD) == 0);
    close(loop);
    close(file);
}

void abi_test_disks(void)
{
    test_holes();
    if (getpid() != 1)
        return;
    test_loop_control();
    test_loop_states();
    test_loop_depth();
    test_loop_file();
    test_partitions();
    test_partition_cut();
}
