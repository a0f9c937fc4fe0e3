; SPDX-License-Identifier: GPL-2.0-or-later
;
; Entries of exceptions and interrupts: one short stub a vector makes the stack uniform (struct trap_frame in
; trap.h), then one common path calls trap_handle. hv-core runs in ring 0 only, so GS is always its own.

VECTORS equ 256

extern trap_handle

section .text
bits 64
default rel

%macro trap_stub 1
align 16
trap_stub_%1:
%if %1 = 8 || (%1 >= 10 && %1 <= 14) || %1 = 17 || %1 = 21 || %1 = 29 || %1 = 30
    ; the CPU pushed an error code
%else
    push 0
%endif
    push %1
    jmp trap_common
%endmacro

%assign vector 0
%rep VECTORS
    trap_stub vector
%assign vector vector + 1
%endrep

align 16
trap_common:
    push rax
    push rbx
    push rcx
    push rdx
    push rsi
    push rdi
    push rbp
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    cld
    mov rdi, rsp
    mov rbx, rsp
    and rsp, -16
    call trap_handle
    mov rsp, rbx
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rbp
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
    add rsp, 16 ; vector, error
    iretq

section .data.rel.ro progbits alloc noexec write align=8
global trap_entries
trap_entries:
%assign vector 0
%rep VECTORS
    %xdefine stub trap_stub_ %+ vector
    dq stub
%assign vector vector + 1
%endrep
