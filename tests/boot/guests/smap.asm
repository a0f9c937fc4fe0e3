; SPDX-License-Identifier: GPL-2.0-or-later
;
; Supervisor-mode access prevention: what a kernel may do to a users' page with EFLAGS.AC set and clear, with a page
; that the CPU has just used, with rights that change, with CR0.WP clear, in large and small pages. Error codes and
; values go to the console: the bare machine's are the truth. For a CPU with SMAP.

%include "guest.inc"

%define LARGE  0x800000        ; a users' page of 2 MiB
%define SMALL  0xa00000        ; one of 4 KiB, which TABLE maps
%define TABLE  0x600000
%define FRAME  0x601000

LONG_MAIN
    mov rdi, page_l2           ; the program, its stack and TABLE are the kernel's
    mov ecx, 4
.kernel:
    and qword [rdi], ~4
    add rdi, 8
    loop .kernel
    mov rdi, TABLE
    mov ecx, 2 * 4096 / 8
    xor eax, eax
    rep stosq
    mov qword [abs TABLE], FRAME | 7
    mov qword [abs page_l2 + 5 * 8], TABLE | 7
    mov rax, cr3
    mov cr3, rax
    mov rax, cr0
    bts rax, 16
    mov cr0, rax
    mov byte [abs LARGE], 0xc3 ; RET
    mov byte [abs SMALL], 0xc3
    GATE 14, on_page_fault
    mov eax, 7
    xor ecx, ecx
    cpuid
    bt ebx, 20
    jnc .none
    mov r8, LARGE
    mov r9, page_l2 + 4 * 8
    call matrix
    mov r8, SMALL
    mov r9, TABLE
    call matrix
    EXIT EXIT_OK
.none:
    PRINTLN "no SMAP"
    EXIT EXIT_FAILED

; Tries an instruction, and prints %1 with the error code of its page fault.
%macro CASE 2+
    mov qword [abs resume], %%after
    mov qword [abs code], 0
    %2
%%after:
    PRINT %1
    mov rax, [abs code]
    call print_hex
%endmacro

%macro CR4_BIT 2
    mov rax, cr4
    %1 rax, %2
    mov cr4, rax
%endmacro

matrix:
    CASE "off, read            ", mov rax, [r8]
    CR4_BIT bts, 21
    CASE "read                 ", mov rax, [r8]
    CASE "write                ", mov [r8 + 8], rax
    stac
    CASE "AC, read             ", mov rax, [r8]
    CASE "AC, write            ", mov [r8 + 8], rax
    clac
    CASE "read again           ", mov rax, [r8]
    CASE "write again          ", mov [r8 + 8], rax
    CASE "fetch                ", call r8
    and qword [r9], ~4
    invlpg [r8]
    CASE "the kernel's, read   ", mov rax, [r8]
    or qword [r9], 4
    invlpg [r8]
    CASE "the users' again     ", mov rax, [r8]
    stac
    CASE "AC, once more        ", mov rax, [r8]
    clac
    and qword [r9], ~2
    invlpg [r8]
    stac
    CASE "read-only, AC, write ", mov [r8 + 8], rax
    mov rax, cr0
    btr rax, 16
    mov cr0, rax
    mov eax, 0x77
    CASE "no WP, AC, write     ", mov [r8 + 8], rax
    CASE "value                ", mov rax, [r8 + 8]
    mov rax, [r8 + 8]
    call print_hex
    clac
    CASE "no WP, read          ", mov rax, [r8]
    CASE "no WP, write         ", mov [r8 + 8], rax
    mov rax, cr0
    bts rax, 16
    mov cr0, rax
    or qword [r9], 2
    invlpg [r8]
    CR4_BIT btr, 21
    CASE "off, write           ", mov [r8 + 8], rax
    ret

on_page_fault:
    pop qword [abs code]
    or qword [abs code], 0x100
    push rax
    mov rax, [abs resume]
    mov [rsp + 8], rax
    pop rax
    iretq

section .data
align 8
code: dq 0
section .text
