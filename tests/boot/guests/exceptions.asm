; SPDX-License-Identifier: GPL-2.0-or-later
;
; What a guest is allowed, and exceptions that it must get as on the bare machine: each line is an instruction and the
; vector of the exception that it raised, `--` for none.

%include "guest.inc"

LONG_MAIN
    CATCH_EXCEPTIONS

    ; MSRs and control registers as far as they are the guest's own.
    mov ecx, 0xc0000080
    rdmsr
    bts eax, 1
    REPORT "EFER bit 1 on", wrmsr
    rdmsr
    REPORT "EFER as it is", wrmsr
    mov rax, cr4
    bts rax, 2
    REPORT "CR4.TSD on", mov cr4, rax
    mov rax, cr4
    bt rax, 2
    setc al
    movzx eax, al
    call print_hex

    ; Counters that this machine does not show; caches that may be emptied.
    xor ecx, ecx
    REPORT "rdpmc", rdpmc
    REPORT "wbinvd", wbinvd
    REPORT "invd", invd

    ; Ordinary exceptions reach the guest's table.
    xor edx, edx
    xor ecx, ecx
    REPORT "divide by zero", div ecx
    REPORT "ud2", ud2
    REPORT "int3", int3
    mov rsi, 0x8000000000000000
    REPORT "load from no canonical address", mov al, [rsi]
    mov rsi, 0x200000000000
    REPORT "load from an absent page", mov al, [rsi]
    mov rax, cr2
    call print_hex
    mov ax, 0x1000
    REPORT "selector beyond the table", mov ds, ax
    TRY call single_step
    PRINT_CAUGHT "single step"

    EXIT EXIT_OK

bits 64
single_step:
    pushfq
    or qword [rsp], 1 << 8
    popfq
    nop
    nop
    ret
