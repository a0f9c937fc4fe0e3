/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions of programs: the right signal, code, address and trap number for each.
 */
#include "abi.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE      4096ul
#define VECTOR_PF 14
#define PF_WRITE  2u
#define PF_USER   4u

static void store(uint64_t address)
{
    *(volatile char *)address = 1;
}
static char load(uint64_t address)
{
    return *(volatile char *)address;
}

static bool caught(int signal, int code, uint64_t address)
{
    return abi_caught.signal == signal && abi_caught.code == code && abi_caught.address == address;
}

static void test_page_faults(void)
{
    char *page = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t start = (uint64_t)page;
    if (!ABI_TRY())
        store(8);
    CHECK(caught(SIGSEGV, SEGV_MAPERR, 8) && abi_caught.vector == VECTOR_PF &&
          abi_caught.error == (PF_USER | PF_WRITE));
    if (!ABI_TRY())
        store(start + 5);
    CHECK(caught(SIGSEGV, SEGV_ACCERR, start + 5));
    CHECK(load(start + PAGE) == 0);
    if (!ABI_TRY())
        ((void (*)(void))page)();
    CHECK(caught(SIGSEGV, SEGV_ACCERR, start));
    mprotect(page, PAGE, PROT_NONE);
    if (!ABI_TRY())
        load(start);
    CHECK(caught(SIGSEGV, SEGV_ACCERR, start));
    mprotect(page, PAGE, PROT_READ | PROT_WRITE);
    store(start);
    CHECK(load(start) == 1);
    munmap(page, 2 * PAGE);
    if (!ABI_TRY())
        load(start);
    CHECK(caught(SIGSEGV, SEGV_MAPERR, start));
}

/* The kernel's half of the address space, addresses that are none, and jumps to both. */
static void test_kernel_addresses(void)
{
    static const uint64_t addresses[] = {0xffff800000000000, 0xffffffff80000000, 0xffffffffffffffff,
                                         0x8000000000000000, 0x0000800000000000, 0x00007ffffffff000};
    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        if (!ABI_TRY())
            load(addresses[i]);
        CHECK(abi_caught.signal == SIGSEGV);
        if (!ABI_TRY())
            ((void (*)(void))addresses[i])();
        CHECK(abi_caught.signal == SIGSEGV);
        CHECK(write(STDOUT_FILENO, (void *)addresses[i], 1) == -1 && errno == EFAULT);
    }
}

static void test_instructions(void)
{
    if (!ABI_TRY())
        __asm__ volatile("xorl %%ecx, %%ecx; divl %%ecx" : : : "rax", "rcx", "rdx");
    CHECK(abi_caught.signal == SIGFPE && abi_caught.code == FPE_INTDIV && abi_caught.vector == 0);
    if (!ABI_TRY())
        __asm__ volatile("ud2");
    CHECK(abi_caught.signal == SIGILL && abi_caught.code == ILL_ILLOPN);
    if (!ABI_TRY())
        __asm__ volatile("int3");
    CHECK(abi_caught.signal == SIGTRAP);
    if (!ABI_TRY())
        __asm__ volatile("hlt");
    CHECK(abi_caught.signal == SIGSEGV && abi_caught.vector == 13);
    if (!ABI_TRY())
        __asm__ volatile("movq %%cr3, %%rax" : : : "rax");
    CHECK(abi_caught.signal == SIGSEGV);
    if (!ABI_TRY())
        __asm__ volatile("int $0x30");
    CHECK(abi_caught.signal == SIGSEGV);
    if (!ABI_TRY())
        __asm__ volatile("movw $0x40, %%ax; movw %%ax, %%ds" : : : "rax");
    CHECK(abi_caught.signal == SIGSEGV);
}

static void test_file_pages(void)
{
    char text[6] = "";
    int file = open("/tmp/abi-file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(file >= 0 && write(file, "hello", 5) == 5);
    char *shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    CHECK(memcmp(shared, "hello", 5) == 0 && private[1] == 'e');
    shared[0] = 'J';
    CHECK(pread(file, text, 5, 0) == 5 && strcmp(text, "Jello") == 0);
    private[0] = 'C';
    CHECK(shared[0] == 'J' && private[0] == 'C');
    if (!ABI_TRY())
        load((uint64_t)shared + PAGE);
    CHECK(caught(SIGBUS, BUS_ADRERR, (uint64_t)shared + PAGE));
    munmap(shared, 2 * PAGE);
    munmap(private, PAGE);
    close(file);
    unlink("/tmp/abi-file");
}

static __attribute__((noinline)) void use_stack(unsigned pages)
{
    volatile char page[PAGE];
    page[0] = (char)pages;
    if (pages)
        use_stack(pages - 1);
    page[1] = page[0];
}

static void overflow_stack(void)
{
    signal(SIGSEGV, SIG_DFL);
    use_stack(3000);
}

static void use_much_stack(void)
{
    signal(SIGSEGV, SIG_DFL);
    use_stack(1500);
}

static void overflow_to_other_stack(void)
{
    static char other[65536];
    stack_t stack = {.ss_sp = other, .ss_size = sizeof(other)};
    sigaltstack(&stack, NULL);
    abi_catch(SIGSEGV, SA_ONSTACK);
    if (!ABI_TRY())
        use_stack(1u << 30);
    _exit(abi_caught.signal == SIGSEGV ? 42 : 1);
}

static bool has_old_calls(void)
{
    char line[256];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof(line), maps))
        found = found || strstr(line, " --xp 00000000 00:00 0                  [vsyscall]");
    if (maps)
        fclose(maps);
    return found || getpid() == 1;
}

/* Calls at fixed addresses: who has no such page (Linux may be told so) is not asked. */
static void test_old_calls(void)
{
    const uint64_t page = 0xffffffffff600000;
    long (*old_gettimeofday)(void *, void *) = (long (*)(void *, void *))page;
    long (*old_time)(void *) = (long (*)(void *))(page + 1024);
    long (*old_getcpu)(void *, void *, void *) = (long (*)(void *, void *, void *))(page + 2048);
    struct timeval now = {0, -1};
    unsigned cpu = 77777, node = 77777;
    time_t stored = 0;
    if (!has_old_calls())
        return;
    time_t before = time(NULL), told = old_time(&stored);
    CHECK(told == stored && told >= before && told <= before + 5 && labs(old_time(NULL) - told) <= 5);
    CHECK(old_gettimeofday(&now, NULL) == 0 && now.tv_sec >= before && now.tv_usec >= 0 && now.tv_usec < 1000000);
    CHECK(old_getcpu(&cpu, &node, NULL) == 0 && cpu < 4096 && node < 4096);
    CHECK(!ABI_TRY() ? (load(page), false) : caught(SIGSEGV, SEGV_MAPERR, page));
    for (volatile unsigned offset = 1; offset < PAGE; offset = offset * 2 + 1)
        CHECK(!ABI_TRY() ? (((void (*)(void))(page + offset))(), false) : abi_caught.signal == SIGSEGV);
    CHECK(!ABI_TRY() ? (((void (*)(void))(page + 3072))(), false) : abi_caught.signal == SIGSEGV);
    CHECK(!ABI_TRY() ? (old_time((void *)8), false) : abi_caught.signal == SIGSEGV);
    CHECK(!ABI_TRY() ? (old_gettimeofday((void *)page, NULL), false) : abi_caught.signal == SIGSEGV);
}

void abi_test_faults(void)
{
    static const int signals[] = {SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGBUS};
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        abi_catch(signals[i], 0);
    test_page_faults();
    test_kernel_addresses();
    test_instructions();
    test_file_pages();
    test_old_calls();
    int status = abi_in_child(overflow_stack);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    CHECK(abi_in_child(use_much_stack) == 0);
    CHECK(abi_in_child(overflow_to_other_stack) == 42 << 8);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        signal(signals[i], SIG_DFL);
}
