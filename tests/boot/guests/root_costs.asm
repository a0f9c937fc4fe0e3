; SPDX-License-Identifier: GPL-2.0-or-later
;
; What MOV to CR3 costs between two address spaces that have 16 pages in use each, and between the same two with 8,192,
; in steps of the TSC (instructions in an emulator). The cost must not grow with the size.

%include "guest.inc"

LOADS   equ 64
TABLES  equ 16
SPACES  equ 2
SPACE   equ 0x20000             ; of an address space's tables: root, what is below it, a directory, and its tables
FIRST   equ 0x400000
FRAMES  equ 0x600000
WINDOW  equ 1 << 39

LONG_MAIN
    mov edi, FIRST
    mov ecx, SPACES * SPACE / 8
    xor eax, eax
    rep stosq
    mov ebx, FIRST
    call space
    mov ebx, FIRST + SPACE
    call space
    mov r14, FIRST
    mov r15, FIRST + SPACE
    mov ebp, 16
    call measure
    mov r12, rax
    mov ebp, TABLES * 512
    call measure
    mov r13, rax
    PRINT "16 pages    "
    mov rax, r12
    call print_hex
    PRINT "8,192 pages "
    mov rax, r13
    call print_hex
    mov rax, r12
    shr rax, 4
    add rax, r12
    cmp r13, rax
    ja .grows
    PRINTLN "does not grow"
    EXIT EXIT_OK
.grows:
    PRINTLN "grows"
    EXIT EXIT_FAILED

; At RBX, an address space of TABLES full tables beside the program.
space:
    mov rax, [abs page_l4]
    mov [rbx], rax
    lea rax, [rbx + 0x1003]
    mov [rbx + 8], rax
    add rax, 0x1000
    mov [rbx + 0x1000], rax
    lea rdi, [rbx + 0x2000]
    mov ecx, TABLES
.table:
    add rax, 0x1000
    mov [rdi], rax
    add rdi, 8
    loop .table
    lea rdi, [rbx + 0x3000]
    mov ecx, TABLES * 512
    mov eax, FRAMES + 3
.page:
    mov [rdi], rax
    add rdi, 8
    add eax, 0x1000
    loop .page
    ret

; Uses EBP pages in both spaces; then the steps of a load to RAX.
measure:
    mov cr3, r14
    call use
    mov cr3, r15
    call use
    call loads                          ; what the use has left to do is done
loads:
    rdtsc
    mov esi, eax
    mov ecx, LOADS / SPACES
.load:
    mov cr3, r14
    mov cr3, r15
    dec ecx
    jnz .load
    rdtsc
    sub eax, esi
    xor edx, edx
    mov ecx, LOADS
    div ecx
    ret

use:
    mov rdi, WINDOW
    mov ecx, ebp
.page:
    mov [rdi], rcx
    add rdi, 4096
    loop .page
    ret
