; SPDX-License-Identifier: GPL-2.0-or-later
;
; A breakpoint on the second of two instructions that exit, again and again: each time it is met, whoever carries the
; instruction out.

%include "guest.inc"

ROUNDS equ 64

bits 32
main:
    LONG_MODE breakpoint

bits 64
breakpoint:
    GATE 1, on_debug
    mov rax, breakpoint.target
    mov dr0, rax
    mov eax, 0x401              ; for execution
    mov dr7, rax
    mov ecx, ROUNDS
    mov edx, COM1 + 5
.next:
    in al, dx
.target:
    in al, dx
    loop .next
    xor eax, eax
    mov dr7, rax
    cmp dword [abs hits], ROUNDS
    jne .wrong
    PRINTLN "every time"
    EXIT EXIT_OK
.wrong:
    mov eax, [abs hits]
    call print_hex
    EXIT EXIT_FAILED

on_debug:
    inc dword [abs hits]
    bts qword [rsp + 16], 16    ; RF: past it, once
    iretq

section .data
align 4
hits: dd 0
section .text
