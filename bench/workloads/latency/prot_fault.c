/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A write to a read-only page, whose SIGSEGV handler returns and so meets the fault again: the
 * fault, the delivery and the sigreturn. The last handler makes the page writable.
 */
#include "harness.h"

#include <signal.h>
#include <sys/mman.h>

#define PROT_FAULT_PAGE_BYTES 4096

static struct harness_parameter prot_fault_parameters[] = {{"iterations", 500, 1, 1000000}, HARNESS_PARAMETERS_END};
static volatile char *prot_fault_page;
static volatile uint64_t prot_fault_left;

static void prot_fault_handler(int number)
{
    (void)number;
    if (prot_fault_left == 0)
        harness_wrong("one fault too many");
    if (--prot_fault_left == 0 && mprotect((void *)prot_fault_page, PROT_FAULT_PAGE_BYTES, PROT_READ | PROT_WRITE) != 0)
        harness_fail("mprotect failed");
}

static void prot_fault_setup(void)
{
    struct sigaction action = {.sa_handler = prot_fault_handler};

    prot_fault_page = mmap(NULL, PROT_FAULT_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (prot_fault_page == MAP_FAILED)
        harness_fail("mmap failed");
    if (sigaction(SIGSEGV, &action, NULL) != 0)
        harness_fail("sigaction failed");
}

static void prot_fault_prepare(void)
{
    *prot_fault_page = 0;
    prot_fault_left = prot_fault_parameters[0].value;
    if (mprotect((void *)prot_fault_page, PROT_FAULT_PAGE_BYTES, PROT_READ) != 0)
        harness_fail("mprotect failed");
}

static void prot_fault_work(void)
{
    *prot_fault_page = 1;
}

static void prot_fault_cleanup(void)
{
    if (prot_fault_left != 0 || *prot_fault_page != 1)
        harness_wrong("%llu faults did not happen", (unsigned long long)prot_fault_left);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/prot_fault",
        .parameters = prot_fault_parameters,
        .setup = prot_fault_setup,
        .prepare = prot_fault_prepare,
        .cleanup = prot_fault_cleanup,
        .work = prot_fault_work,
    };

    return harness_main(&workload, argc, argv);
}
