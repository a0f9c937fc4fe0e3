; SPDX-License-Identifier: GPL-2.0-or-later
;
; What a guest may not do gives it the exception that a machine without it would give: virtualization instructions,
; MONITOR, counters, unknown MSRs, reserved bits. Each attempt is one line, with the vector.

%include "guest.inc"

LONG_MAIN
    CATCH_EXCEPTIONS
    ; RAX is 0: a misaligned address would be #GP before anything is intercepted.
    xor eax, eax
    REPORT "vmrun", vmrun
    REPORT "vmload", vmload
    REPORT "vmsave", vmsave
    REPORT "clgi", clgi
    REPORT "stgi", stgi
    REPORT "skinit", skinit
    REPORT "invlpga", invlpga
    mov eax, page_l4
    xor ecx, ecx
    xor edx, edx
    REPORT "monitor", monitor
    REPORT "mwait", mwait
    mov ecx, 0x12345678
    REPORT "rdmsr of an unknown register", rdmsr
    xor eax, eax
    xor edx, edx
    REPORT "wrmsr of an unknown register", wrmsr
    mov ecx, 0xc0010117
    REPORT "rdmsr of VM_HSAVE_PA", rdmsr
    mov ecx, 0xc001001f
    REPORT "rdmsr of NB_CFG", rdmsr
    mov ecx, 0xfe
    REPORT "rdmsr of MTRR_CAP", rdmsr
    REPORT "wrmsr of MTRR_CAP", wrmsr
    mov ecx, 0xc0000080
    rdmsr
    bt eax, 12
    jc wrong
    PRINTLN "EFER.SVME is not seen"
    bts eax, 12
    REPORT "EFER.SVME", wrmsr
    rdmsr
    btc eax, 8
    REPORT "EFER.LME while paging", wrmsr
    mov ecx, 0x277
    mov eax, 0x02020202
    mov edx, eax
    REPORT "PAT with a reserved type", wrmsr
    mov rax, cr4
    bts rax, 22
    REPORT "CR4.PKE", mov cr4, rax
    mov rax, cr4
    bts rax, 13
    REPORT "CR4.VMXE", mov cr4, rax
    mov rax, cr4
    btr rax, 5
    REPORT "CR4 without PAE in long mode", mov cr4, rax
    mov rax, cr4
    bts rax, 7
    REPORT "CR4.PGE", mov cr4, rax
    mov rbx, cr4
    bt ebx, 7
    jnc wrong
    EXIT EXIT_OK
wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED
