; SPDX-License-Identifier: GPL-2.0-or-later
;
; Interrupts of the local APIC's timer: while the guest runs, into HLT, held back by RFLAGS.IF, by an
; interrupt shadow, and by CR8; and one of its own that comes at the same moment as an exception, which goes first.

%include "guest.inc"

%define VECTOR 0x51

bits 32
main:
    LONG_MODE main64

bits 64
; Arms the timer for RAX ticks.
arm:
    mov edi, LAPIC
    mov [rdi + 0x380], eax
    ret

%macro WAIT_COUNT 1
%%again:
    pause
    cmp dword [abs count], %1
    jne %%again
%endmacro

main64:
    GATE VECTOR, interrupt
    mov edi, LAPIC
    mov dword [rdi + 0xf0], 0x1ff
    mov dword [rdi + 0x3e0], 0x0b
    mov dword [rdi + 0x320], VECTOR
    sti
    mov eax, 20000
    call arm
    WAIT_COUNT 1
    PRINTLN "while running"

    mov eax, 20000
    cli
    call arm
    sti
    hlt
    cmp dword [abs count], 2
    jne wrong
    PRINTLN "into hlt"

    cli
    mov eax, 2000
    call arm
    mov ecx, 20000
.spin:
    loop .spin
    cmp dword [abs count], 2
    jne wrong
    sti
    nop                     ; the shadow: not before this
    nop
    cmp dword [abs count], 3
    jne wrong
    PRINTLN "after cli"

    mov eax, 15             ; above VECTOR
    mov cr8, rax
    mov eax, 2000
    call arm
    mov ecx, 20000
.spin8:
    loop .spin8
    xor eax, eax
    cpuid                   ; an exit while it is held back
    mov rax, cr8
    cmp eax, 15
    jne wrong
    cmp dword [abs count], 3
    jne wrong
    mov eax, 4
    mov cr8, rax            ; below VECTOR: now it comes, without an exit of ours
    nop
    nop
    cmp dword [abs count], 4
    jne wrong
    mov edi, LAPIC
    cmp dword [rdi + 0x80], 0x40 ; the task priority register shows it
    jne wrong
    mov dword [rdi + 0x80], 0
    mov rax, cr8
    test eax, eax
    jnz wrong
    PRINTLN "after cr8"

    GATE 1, step
    pushfq
    or qword [rsp], 1 << 8  ; TF: the instruction behind POPFQ is stepped
    popfq
    mov dword [rdi + LAPIC_ICR], 1 << 18 | VECTOR ; to oneself
    mov ecx, 100000
.behind:
    cmp dword [abs count], 5 ; nothing here exits
    loopne .behind
    jne wrong
    cmp dword [abs count_at_step], 4
    jne wrong
    PRINTLN "behind an exception"
    EXIT EXIT_OK
wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED

step:
    push rax
    mov eax, [abs count]
    mov [abs count_at_step], eax
    pop rax
    btr qword [rsp + 16], 8
    iretq

interrupt:
    push rdi
    inc dword [abs count]
    mov edi, LAPIC
    mov dword [rdi + 0xb0], 0
    pop rdi
    iretq

section .data
align 4
count: dd 0
count_at_step: dd 0
