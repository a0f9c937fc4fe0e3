/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries have a bit for each right, so that a page may be executed without being readable; present is what has any
 * right. SDM vol. 3, "EPT Translation Mechanism", "EPT and Memory Typing", "Extended-Page-Table Pointer (EPTP)".
 */
#include "cpu/vmx/vmx_ept.h"
#include "cpu/vmx/vmcs.h"

#define EPT_ALL (VMX_EPT_READ | VMX_EPT_WRITE | VMX_EPT_EXECUTE)

struct nested_format vmx_ept_format(uint64_t capabilities)
{
    return (struct nested_format){
        .present = EPT_ALL,
        .table = EPT_ALL,
        .read = VMX_EPT_READ | VMX_MEMORY_WRITE_BACK << VMX_EPT_MEMORY_SHIFT,
        .write = VMX_EPT_WRITE,
        .execute = VMX_EPT_EXECUTE,
        .large = VMX_EPT_LARGE,
        .accessed = capabilities & VMX_EPT_CAN_DIRTY ? VMX_EPT_ACCESSED : 0,
        .has_1g = capabilities & VMX_EPT_CAN_1G,
    };
}

uint64_t vmx_ept_pointer(coop_paddr root, uint64_t capabilities)
{
    uint64_t type = capabilities & VMX_EPT_CAN_WRITE_BACK ? VMX_MEMORY_WRITE_BACK : VMX_MEMORY_UNCACHED;
    return root | VMX_EPTP_WALK_4 | type | (capabilities & VMX_EPT_CAN_DIRTY ? VMX_EPTP_DIRTY : 0);
}
