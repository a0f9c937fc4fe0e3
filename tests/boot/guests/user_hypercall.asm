; SPDX-License-Identifier: GPL-2.0-or-later
;
; A hypercall from ring 3 is refused.

%include "guest.inc"

LONG_MAIN
    mov rax, gdt_user
    mov [abs user_pointer + 2], rax
    lgdt [abs user_pointer]
    push qword 0x23
    push qword stack_end - 4096
    push qword 0x3002       ; IOPL 3, so that it may print
    push qword 0x1b
    push qword user
    iretq
user:
    mov eax, 0x100
    call hypercall
    cmp rax, -1
    jne wrong
    PRINTLN "refused"
    EXIT EXIT_OK
wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED

section .data
align 8
gdt_user:
    dq 0
    dq 0x00af9b000000ffff
    dq 0x00cf93000000ffff
    dq 0x00affb000000ffff
    dq 0x00cff3000000ffff
user_pointer:
    dw user_pointer - gdt_user - 1
    dq 0
