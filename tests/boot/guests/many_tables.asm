; SPDX-License-Identifier: GPL-2.0-or-later
;
; More page tables than a hypervisor has memory to shadow: TABLES of them, each with a page of its own in 2 MiB and
; with itself. All are used in turn, edited at their own address, used again; every other one becomes data while its
; neighbours stay tables, and a table again. Nothing old may be seen, and the data must be what was written.

%include "guest.inc"

TABLES    equ 600
ROUNDS    equ 3
DIRECTORY equ 0x700000          ; two,
UPPER     equ 0x702000          ; and what is above them
FIRST     equ 0x800000
FRAMES    equ 0xc00000
COUNT     equ 64                ; frames, each with its address in it
WINDOW    equ 1 << 39

LONG_MAIN
    mov edi, DIRECTORY
    mov ecx, 3 * 4096 / 8
    xor eax, eax
    rep stosq
    mov edi, FIRST
    mov ecx, TABLES * 4096 / 8
    rep stosq
    mov qword [abs UPPER], DIRECTORY | 3
    mov qword [abs UPPER + 8], DIRECTORY + 4096 | 3
    mov qword [abs page_l4 + 8], UPPER | 3
    mov edi, FRAMES
    mov ecx, COUNT
.frame:
    mov [rdi], rdi
    add rdi, 4096
    loop .frame
    xor ebp, ebp                        ; the round
    xor r12d, r12d                      ; all of them
    mov r13d, 1                         ; one by one
    call link
    mov ebx, ROUNDS
.round:
    push rbx
    call use
    pop rbx
    dec ebx
    jnz .round
    PRINTLN "used in turn"
    mov r13d, 2                         ; every other one
    call become_data
    mov r12d, 1
    call use
    xor r12d, r12d
    call look_at_data
    PRINTLN "data beside tables"
    call link                           ; as the others are by now
    mov r13d, 1
    call use
    PRINTLN "tables again"
    cmp dword [abs wrong], 0
    jne .failed
    EXIT EXIT_OK
.failed:
    mov eax, [abs wrong]
    call print_hex
    EXIT EXIT_FAILED

; Of table RCX: its address to RDI, its entry's to RSI, the address that its first page has to RDX.
%macro PLACES 0
    mov edi, ecx
    shl edi, 12
    add edi, FIRST
    lea esi, [rcx * 8 + DIRECTORY]
    mov rdx, rcx
    shl rdx, 21
    mov rax, WINDOW
    add rdx, rax
%endmacro

; For the tables from R12 on, every R13th.
%macro EACH 1
    mov ecx, r12d
%1:
    PLACES
%endmacro
%macro NEXT 1
    add ecx, r13d
    cmp ecx, TABLES
    jb %1
%endmacro

; Makes them tables, each with its frame of round EBP in it, and with itself.
link:
    EACH .one
    lea rax, [rdi + 3]
    mov [rsi], rax
    mov [rdi + 8], rax
    call frame
    lea rax, [rbx + 3]
    mov [rdi], rax
    NEXT .one
    jmp flush

; Uses them, edits each where it maps itself for the next round, and uses them again.
use:
    call look
    inc ebp
    EACH .one
    call frame
    lea rax, [rbx + 3]
    mov [rdx + 4096], rax
    invlpg [rdx]
    NEXT .one
    jmp look

look:
    EACH .one
    call frame
    cmp [rdx], rbx
    je .right
    inc dword [abs wrong]
.right:
    mov [rdx + 8], rcx
    cmp [rbx + 8], rcx
    je .there
    inc dword [abs wrong]
.there:
    NEXT .one
    ret

; The address of the frame of table RCX in round EBP to RBX.
frame:
    lea ebx, [rcx + rbp]
    and ebx, COUNT - 1
    shl ebx, 12
    add ebx, FRAMES
    ret

become_data:
    EACH .one
    mov qword [rsi], 0
    NEXT .one
    call flush
    EACH .fill
    mov ebx, 512
    lea rax, [rcx + FRAMES + 3]         ; it looks like an entry too
.quad:
    mov [rdi], rax
    add rdi, 8
    dec ebx
    jnz .quad
    NEXT .fill
    ret

look_at_data:
    EACH .one
    mov ebx, 512
    lea rax, [rcx + FRAMES + 3]
.quad:
    cmp [rdi], rax
    je .right
    inc dword [abs wrong]
.right:
    mov qword [rdi], 0
    add rdi, 8
    dec ebx
    jnz .quad
    NEXT .one
    ret

flush:
    mov rax, cr3
    mov cr3, rax
    ret

section .data
align 8
wrong: dd 0
section .text
