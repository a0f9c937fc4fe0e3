; SPDX-License-Identifier: GPL-2.0-or-later
;
; String I/O: OUTSB with REP (also across a page fault), by single steps, backwards, and INSB into memory.

%include "guest.inc"

bits 32
main:
    mov esi, forwards
    mov ecx, forwards_end - forwards
    mov edx, COM1
    cld
    rep outsb
    mov esi, backwards_end - 1
    mov ecx, backwards_end - backwards
    std
    rep outsb
    cld
    outsb                   ; what is here does not matter: it proves RCX is not touched
    LONG_MODE main64

bits 64
main64:
    GATE 14, page_fault
    mov rdi, 0x7ff000       ; the last page of the 2 MiB page at 0x600000
    mov ecx, 4096
    mov al, '.'
    rep stosb
    mov byte [abs 0x7fffff], 10
    ; The next 2 MiB page is absent until the fault handler maps it.
    mov dword [abs page_l2 + 4 * 8], 0
    mov rax, cr3
    mov cr3, rax
    mov esi, 0x7ffff0
    mov ecx, 32
    mov edx, COM1
    rep outsb
    test ecx, ecx
    jnz wrong
    cmp dword [abs faults], 1
    jne wrong
    PRINTLN "one fault, then the rest"
    ; INSB from the scratch register of COM1.
    mov edx, COM1 + 7
    mov al, 0x5a
    out dx, al
    and dword [abs page_l2 + 3 * 8], ~0x60 ; neither accessed nor dirty
    mov rax, cr3
    mov cr3, rax
    mov edi, 0x700000
    mov ecx, 300
    rep insb
    test ecx, ecx
    jnz wrong
    cmp byte [abs 0x70012b], 0x5a
    jne wrong
    cmp byte [abs 0x70012c], 0
    jne wrong
    mov eax, [abs page_l2 + 3 * 8]
    not eax
    test eax, 0x60          ; what the CPU would have set
    jnz wrong
    PRINTLN "insb"
    EXIT EXIT_OK
wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED

page_fault:
    push rax
    mov rax, cr2
    cmp rax, 0x800000
    jne wrong
    cmp qword [rsp + 8], 0  ; error code: a read of what is not present
    jne wrong
    inc dword [abs faults]
    mov dword [abs page_l2 + 4 * 8], 0x800087
    push rdi
    push rcx
    mov rdi, 0x800000
    mov ecx, 15
    mov al, '+'
    rep stosb
    mov byte [abs 0x80000f], 10
    pop rcx
    pop rdi
    pop rax
    add rsp, 8
    iretq

section .data
forwards: db "forwards", 10
forwards_end:
backwards: db 10, "sdrawkcab"
backwards_end:
faults: dd 0
