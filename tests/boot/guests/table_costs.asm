; SPDX-License-Identifier: GPL-2.0-or-later
;
; What a kernel's own work on its page tables costs, in steps of the TSC an operation (instructions in QEMU): the last
; of some batches of PAGES pages each. The operations are those by which other hypervisors are commonly measured: a
; page mapped in the handler of its fault, taken away with INVLPG, made writable in the handler of a write, and MOV to
; CR3 between two roots.

%include "guest.inc"

PAGES     equ 240
BATCHES   equ 4
DIRECTORY equ 0x400000
TABLE     equ 0x401000
ROOT_2    equ 0x402000
FRAMES    equ 0x600000
WINDOW    equ 0x100000000

bits 32
main:
    LONG_MODE costs

; Steps since [started], by PAGES operations, to [%1].
%macro RESULT 1
    rdtsc
    shl rdx, 32
    or rax, rdx
    sub rax, [abs started]
    xor edx, edx
    mov ecx, PAGES
    div rcx
    mov [abs %1], rax
%endmacro

%macro BEGIN_BATCH 0
    rdtsc
    shl rdx, 32
    or rax, rdx
    mov [abs started], rax
    mov ecx, PAGES
    mov rdi, WINDOW
%endmacro

bits 64
costs:
    mov rdi, DIRECTORY
    mov ecx, 3 * 4096 / 8
    xor eax, eax
    rep stosq
    mov qword [abs DIRECTORY], TABLE | 7
    mov qword [abs page_l3 + 4 * 8], DIRECTORY | 7
    mov rax, [abs page_l4]
    mov [abs ROOT_2], rax
    mov rax, cr0
    bts rax, 16
    mov cr0, rax
    mov r14, page_l4
    mov r15, ROOT_2
    mov ebp, BATCHES
.batch:
    GATE 14, on_demand
    BEGIN_BATCH
.demand:
    mov [rdi], rax
    add rdi, 4096
    dec ecx
    jnz .demand
    RESULT demand

    GATE 14, on_write
    mov rsi, TABLE
    mov ecx, PAGES
.protect:
    and qword [rsi], ~2
    add rsi, 8
    dec ecx
    jnz .protect
    mov cr3, r14
    BEGIN_BATCH
.write:
    mov [rdi], rax
    add rdi, 4096
    dec ecx
    jnz .write
    RESULT write

    BEGIN_BATCH
    mov rsi, TABLE
.unmap:
    mov qword [rsi], 0
    invlpg [rdi]
    add rsi, 8
    add rdi, 4096
    dec ecx
    jnz .unmap
    RESULT unmap

    BEGIN_BATCH
.root:
    mov cr3, r15
    mov cr3, r14
    sub ecx, 2
    jnz .root
    RESULT root
    dec ebp
    jnz .batch

    PRINT "demand page fault   "
    mov rax, [abs demand]
    call print_hex
    PRINT "unmap and INVLPG    "
    mov rax, [abs unmap]
    call print_hex
    PRINT "write to read-only  "
    mov rax, [abs write]
    call print_hex
    PRINT "MOV to CR3          "
    mov rax, [abs root]
    call print_hex
    EXIT EXIT_OK

; The index of the page that faulted to RAX, times eight.
%macro FAULTING 0
    add rsp, 8
    push rax
    push rdx
    mov rax, cr2
    shr rax, 9
    and eax, 511 * 8
%endmacro

on_demand:
    FAULTING
    mov rdx, rax
    shl rdx, 9
    add rdx, FRAMES | 7
    mov [rax + TABLE], rdx
    pop rdx
    pop rax
    iretq

on_write:
    FAULTING
    or qword [rax + TABLE], 2
    mov rax, cr2
    invlpg [rax]
    pop rdx
    pop rax
    iretq

section .data
align 8
started: dq 0
demand: dq 0
unmap: dq 0
write: dq 0
root: dq 0
section .text
