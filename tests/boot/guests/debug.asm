; SPDX-License-Identifier: GPL-2.0-or-later
;
; Debug exceptions, which the hypervisor takes and gives back: single steps, also over instructions that exit, and a
; data breakpoint. The handler counts them and collects DR6.

%include "guest.inc"

LONG_MAIN
    GATE 1, debug
    pushfq
    or qword [rsp], 1 << 8  ; TF
    popfq
    nop                     ; 1
    xor eax, eax            ; 2
    cpuid                   ; 3
    in al, 0x61             ; 4
    pushfq                  ; 5
    and qword [rsp], ~(1 << 8) ; 6
    popfq                   ; 7
    cmp dword [abs count], 7
    jne wrong
    bt dword [abs status], 14 ; DR6.BS
    jnc wrong
    PRINTLN "single steps"
    mov dword [abs count], 0
    mov dword [abs status], 0
    mov rax, watched
    mov dr0, rax
    mov rax, 0x400 | 1 << 0 | 0xd << 16 ; four bytes, writes
    mov dr7, rax
    mov dword [abs watched], 1
    nop
    xor eax, eax
    mov dr7, rax
    cmp dword [abs count], 1
    jne wrong
    bt dword [abs status], 0 ; DR6.B0
    jnc wrong
    PRINTLN "data breakpoint"
    EXIT EXIT_OK
wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED

debug:
    push rax
    inc dword [abs count]
    mov rax, dr6
    or [abs status], eax
    mov eax, 0xffff0ff0
    mov dr6, rax
    pop rax
    iretq

section .data
align 4
count: dd 0
status: dd 0
watched: dd 0
