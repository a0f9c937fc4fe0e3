/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vDSO: found by the auxiliary vector, read as an ELF file, its functions called beside the system calls. That
 * they agree is asked from moment to moment: neither may be behind what the other has just said.
 */
#include "abi.h"
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURNS 2000

typedef int clock_function(clockid_t, struct timespec *);
typedef int day_function(struct timeval *, void *);
typedef time_t time_function(time_t *);
typedef long cpu_function(unsigned *, unsigned *, void *);

/* The tables of the mapped object; the first segment is mapped where its addresses are from `base` on. */
static struct {
    const uint8_t *base;
    const Elf64_Sym *symbols;
    const char *strings;
    const Elf64_Half *versions;
    const Elf64_Verdef *definitions;
    uint32_t symbol_count;
} object;

static void vdso_read_dynamic(const Elf64_Dyn *entry, const uint8_t *base)
{
    for (; entry->d_tag != DT_NULL; entry++) {
        const uint8_t *at = base + entry->d_un.d_ptr;
        if (entry->d_tag == DT_SYMTAB)
            object.symbols = (const Elf64_Sym *)at;
        else if (entry->d_tag == DT_STRTAB)
            object.strings = (const char *)at;
        else if (entry->d_tag == DT_VERSYM)
            object.versions = (const Elf64_Half *)at;
        else if (entry->d_tag == DT_VERDEF)
            object.definitions = (const Elf64_Verdef *)at;
        else if (entry->d_tag == DT_HASH)
            object.symbol_count = ((const uint32_t *)at)[1];
    }
}

static bool vdso_open(void)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
    const Elf64_Dyn *dynamic = NULL;
    CHECK(header && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_type == ET_DYN);
    if (!header)
        return false;
    const Elf64_Phdr *segment = (const Elf64_Phdr *)((const uint8_t *)header + header->e_phoff);
    object.base = (const uint8_t *)header;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segment[i].p_type == PT_LOAD)
            object.base = (const uint8_t *)header + segment[i].p_offset - segment[i].p_vaddr;
        if (segment[i].p_type == PT_DYNAMIC)
            dynamic = (const Elf64_Dyn *)((const uint8_t *)header + segment[i].p_offset);
    }
    if (dynamic)
        vdso_read_dynamic(dynamic, object.base);
    return dynamic && object.symbols && object.strings && object.versions && object.definitions;
}

static bool vdso_has_version(unsigned index)
{
    const Elf64_Verdef *definition = object.definitions;
    for (;;) {
        const Elf64_Verdaux *name = (const Elf64_Verdaux *)((const uint8_t *)definition + definition->vd_aux);
        if ((definition->vd_ndx & 0x7fff) == index)
            return strcmp(object.strings + name->vda_name, "LINUX_2.6") == 0;
        if (!definition->vd_next)
            return false;
        definition = (const Elf64_Verdef *)((const uint8_t *)definition + definition->vd_next);
    }
}

/* A function of version LINUX_2.6, or NULL. */
static void *vdso_function(const char *name)
{
    for (uint32_t i = 0; i < object.symbol_count; i++) {
        const Elf64_Sym *symbol = &object.symbols[i];
        if (symbol->st_shndx != SHN_UNDEF && strcmp(object.strings + symbol->st_name, name) == 0 &&
            vdso_has_version(object.versions[i] & 0x7fff))
            return (void *)(object.base + symbol->st_value);
    }
    return NULL;
}

static int64_t nanoseconds(const struct timespec *time)
{
    return time->tv_sec * 1000000000l + time->tv_nsec;
}

/* Function and call in turn: neither is behind the other. */
static void clocks_agree(clock_function *gettime, clockid_t clock)
{
    struct timespec time;
    int64_t last = 0;
    unsigned behind = 0, failed = 0;
    for (unsigned i = 0; i < TURNS; i++) {
        failed += i % 2 ? syscall(SYS_clock_gettime, clock, &time) != 0 : gettime(clock, &time) != 0;
        behind += nanoseconds(&time) < last;
        last = nanoseconds(&time);
    }
    CHECK(failed == 0);
    CHECK(behind == 0);
}

static void test_clocks(void)
{
    clock_function *gettime = (clock_function *)vdso_function("__vdso_clock_gettime");
    clock_function *getres = (clock_function *)vdso_function("__vdso_clock_getres");
    static const clockid_t clocks[] = {CLOCK_REALTIME,           CLOCK_MONOTONIC,        CLOCK_MONOTONIC_RAW,
                                       CLOCK_REALTIME_COARSE,    CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
                                       CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    CHECK(gettime && getres);
    if (!gettime || !getres)
        return;
    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        struct timespec one = {-1, -1}, other = {-2, -2};
        clocks_agree(gettime, clocks[i]);
        CHECK(getres(clocks[i], &one) == 0 && syscall(SYS_clock_getres, clocks[i], &other) == 0);
        CHECK(nanoseconds(&one) == nanoseconds(&other) && getres(clocks[i], NULL) == 0);
    }
    struct timespec time;
    CHECK(gettime(99, &time) == -EINVAL && getres(99, &time) == -EINVAL && gettime(-1, &time) == -EINVAL);
}

static void test_day(void)
{
    day_function *day = (day_function *)vdso_function("__vdso_gettimeofday");
    time_function *seconds = (time_function *)vdso_function("__vdso_time");
    cpu_function *getcpu = (cpu_function *)vdso_function("__vdso_getcpu");
    struct timeval one, other, third;
    int zone[2] = {-1, -1};
    CHECK(day && seconds && getcpu);
    if (!day || !seconds || !getcpu)
        return;
    CHECK(day(&one, NULL) == 0 && syscall(SYS_gettimeofday, &other, NULL) == 0 && day(&third, zone) == 0);
    CHECK(!timercmp(&other, &one, <) && !timercmp(&third, &other, <));
    CHECK(zone[0] != -1 && day(NULL, zone) == 0);
    time_t now = 0, before = syscall(SYS_time, NULL);
    CHECK(seconds(&now) >= before && now >= before && syscall(SYS_time, NULL) >= now && seconds(NULL) >= now);
    unsigned cpu = 99999, node = 99999;
    CHECK(getcpu(&cpu, &node, NULL) == 0 && cpu < 99999 && node < 99999 && getcpu(NULL, NULL, NULL) == 0);
}

static void use_in_child(void)
{
    clock_function *gettime = (clock_function *)vdso_function("__vdso_clock_gettime");
    struct timespec time;
    EXPECT(gettime && gettime(CLOCK_MONOTONIC, &time) == 0);
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)object.base;
    size_t bytes = (header->e_shoff + header->e_shnum * header->e_shentsize + 4095) & ~4095ul;
    uint8_t *code = (uint8_t *)((uintptr_t)object.base & ~4095ul);
    EXPECT(munmap(code, bytes) == 0); /* as a whole: Linux does not split it */
    EXPECT(mprotect(code, 4096, PROT_READ) == -1 && errno == ENOMEM);
    EXPECT(mmap(code, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == code);
    EXPECT(*code == 0 && (*code = 1) == 1 && syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time) == 0);
}

/* The names of the mappings that hold the first byte of each, in /proc/self/maps. */
static bool maps_show(const char *name, const char *protection, unsigned long *start)
{
    char line[256], kind[8] = "";
    bool shown = false;
    FILE *file = fopen("/proc/self/maps", "r");
    while (file && fgets(line, sizeof(line), file))
        if (strstr(line, name))
            shown = sscanf(line, "%lx-%*x %4s", start, kind) == 2 && strcmp(kind, protection) == 0;
    if (file)
        fclose(file);
    return shown;
}

/* Nobody's pages come to lie where it is: they could be written. */
static void move_upon(void)
{
    uint8_t *code = (uint8_t *)getauxval(AT_SYSINFO_EHDR);
    uint8_t first = *code;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    CHECK(mremap(page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, code) != code && *code == first);
}

static void test_mapping(void)
{
    unsigned long code = 0, data = 0;
    unsigned char resident = 0;
    uint8_t *page = (uint8_t *)((uintptr_t)object.base & ~4095ul);
    CHECK(mincore(page, 4096, &resident) == 0);
    CHECK(mmap(page, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
          errno == EEXIST);
    if (access("/proc/self/maps", R_OK) == 0) {
        CHECK(maps_show("[vdso]", "r-xp", &code) && code == getauxval(AT_SYSINFO_EHDR));
        CHECK(maps_show("[vvar]", "r--p", &data) && data < code);
        CHECK(mprotect((void *)data, 4096, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
        abi_catch(SIGSEGV, 0);
        if (!ABI_TRY())
            *(volatile uint8_t *)data = 1;
        CHECK(abi_caught.signal == SIGSEGV && abi_caught.address == data);
    }
    abi_catch(SIGSEGV, 0);
    if (!ABI_TRY())
        *(volatile uint8_t *)page = 1;
    CHECK(abi_caught.signal == SIGSEGV && abi_caught.code == SEGV_ACCERR && abi_caught.address == (uintptr_t)page);
    signal(SIGSEGV, SIG_DFL);
}

void abi_test_vdso(void)
{
    if (!vdso_open()) {
        CHECK(false);
        return;
    }
    test_clocks();
    test_day();
    CHECK(abi_in_child(test_day) == 0);
    CHECK(abi_in_child(move_upon) == 0);
    CHECK(abi_in_child(use_in_child) == 0);
    test_mapping();
    test_clocks();
    CHECK(abi_in_child(use_in_child) == 0);
}
