; SPDX-License-Identifier: GPL-2.0-or-later
;
; Nano operations: each loop between two time stamps, those between two markers (kernel/benchmark_nano.h).
; A marker is an OUT, preceded by a NOP that an observer of the instruction stream recognises.

%include "offsets.inc"

bits 64
default rel
global benchmark_marker_begin, benchmark_marker_end

section .text

%macro MARKER 1
    mov edx, MARKER_PORT
    db 0x0f, 0x1f, 0x80             ; nopl imm32(%rax)
    dd %1
    out dx, eax
%endmacro

%macro FIXUP 2
    section .fixups progbits alloc noexec nowrite align=8
    dq %1, %2
    section .text
%endmacro

; RDI iterations, ESI begin, EDX end, RCX argument, R8 second argument, R9 function.
; In the loop: R12 left to do, R14 argument, RBP second argument, [RSP] function. The body may use RAX to RDX, RSI, RDI.
%macro NANO_BEGIN 1
global %1
align 16
%1:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    push r9
    mov r12, rdi
    mov r13d, edx
    mov r14, rcx
    mov rbp, r8
    mov eax, esi
    MARKER NOP_BEGIN
    rdtsc
    shl rdx, 32
    or rax, rdx
    mov r15, rax
align 16
.loop:
%endmacro

%macro NANO_END 0
    dec r12
    jnz .loop
    rdtsc
    shl rdx, 32
    or rax, rdx
    sub rax, r15
    mov rbx, rax
    mov eax, r13d
    MARKER NOP_END
    mov rax, rbx
    add rsp, 8
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
%endmacro

NANO_BEGIN benchmark_nano_empty
NANO_END

NANO_BEGIN benchmark_nano_in
    in al, 0x80
NANO_END

NANO_BEGIN benchmark_nano_cr8wr
    mov cr8, r14
NANO_END

NANO_BEGIN benchmark_nano_pgfault
.fault:
    mov al, [r14]
.after:
FIXUP benchmark_nano_pgfault.fault, benchmark_nano_pgfault.after
NANO_END

NANO_BEGIN benchmark_nano_divzero
    xor ecx, ecx
.fault:
    div ecx
.after:
FIXUP benchmark_nano_divzero.fault, benchmark_nano_divzero.after
NANO_END

NANO_BEGIN benchmark_nano_ptemod
    xor rbp, 2                      ; write permission
    mov rdi, r14
    mov rsi, rbp
    call [rsp]
NANO_END

NANO_BEGIN benchmark_nano_cpuid
    xor eax, eax
    cpuid
NANO_END

NANO_BEGIN benchmark_nano_vmmcall
    mov eax, HYPERCALL_VERSION
    vmmcall
NANO_END

NANO_BEGIN benchmark_nano_vmcall
    mov eax, HYPERCALL_VERSION
    vmcall
NANO_END

NANO_BEGIN benchmark_nano_hypercall_page
    mov eax, HYPERCALL_VERSION
    call [rsp]
NANO_END

NANO_BEGIN benchmark_nano_rdmsr
    mov ecx, 0x1b                   ; APIC_BASE
    rdmsr
NANO_END

NANO_BEGIN benchmark_nano_call
    call [rsp]
NANO_END

align 16
benchmark_marker_begin:
    mov eax, edi
    MARKER NOP_BEGIN
    ret

align 16
benchmark_marker_end:
    mov eax, edi
    MARKER NOP_END
    ret
