; SPDX-License-Identifier: GPL-2.0-or-later
;
; Entries of exceptions and interrupts: one short stub a vector makes the stack uniform (struct trap_frame in
; trap.h), then one common path calls trap_handle. In ring 0 GS is always hv-core's own, but for the first and last
; instructions of the entries from ring 3 (cpu/deprivileged), where only what has a stack of its own can arrive.

VECTORS equ 256

extern trap_handle, trap_user_entry

%include "asm_offsets.inc"

MSR_GS_BASE equ 0xc0000101

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
%if %1 = 1
    jmp trap_debug
%elif %1 = 2 || %1 = 8 || %1 = 18
    jmp trap_own_stack
%else
    jmp trap_common
%endif
%endmacro

%macro PUSH_REGISTERS 0
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
%endmacro

%macro POP_REGISTERS 0
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
%endmacro

%assign vector 0
%rep VECTORS
    trap_stub vector
%assign vector vector + 1
%endrep

align 16
trap_common:
    test byte [rsp + 24], 3 ; CS
    jnz .from_user
    PUSH_REGISTERS
    cld
    mov rdi, rsp
    mov rbx, rsp
    and rsp, -16
    call trap_handle
    mov rsp, rbx
    POP_REGISTERS
    add rsp, 16 ; vector, error
    iretq
.from_user:
    jmp [trap_user_entry]

; NMI, #DF, #MC come at any instruction, also where GS and RSP are still ring 3's: the stack of their own names the CPU.
; #DB does when MOV SS held it back until SYSCALL; from ring 3 itself it goes on as any exception.
align 16
trap_debug:
    test byte [rsp + 24], 3
    jz trap_own_stack
    push rax
    mov rax, rsp
    mov rsp, [rax + 64]             ; struct cpu
    mov rsp, [rsp + CPU_TASK_STACK]
    push qword [rax + 56]           ; SS
    push qword [rax + 48]
    push qword [rax + 40]
    push qword [rax + 32]
    push qword [rax + 24]
    push qword [rax + 16]
    push qword [rax + 8]            ; vector
    mov rax, [rax]
    jmp trap_common
trap_own_stack:
    PUSH_REGISTERS
    cld
    mov rbx, rsp
    mov ecx, MSR_GS_BASE
    rdmsr
    mov r12d, eax
    mov r13d, edx
    mov rax, [rsp + 15 * 8 + 56]    ; struct cpu
    mov rdx, rax
    shr rdx, 32
    wrmsr
    mov rdi, rsp
    call trap_handle
    mov ecx, MSR_GS_BASE
    mov eax, r12d
    mov edx, r13d
    wrmsr
    mov rsp, rbx
    POP_REGISTERS
    add rsp, 16
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
