; SPDX-License-Identifier: GPL-2.0-or-later
;
; Non-maskable interrupts: sent by the local APIC to itself, held back until IRET while one is handled, in spite of
; RFLAGS.IF, on a stack that nobody has touched, and into HLT from the timer by way of the I/O APIC.

%include "guest.inc"

IOAPIC      equ 0xfec00000
PIN_TIMER   equ 2
MODE_NMI    equ 0x400
TSS_IST1    equ 36
PORT_MARKER equ 0x0cb0

bits 32
main:
    LONG_MODE main64

bits 64
; An NMI to this CPU, by its APIC ID: the shorthand for oneself sends none.
%macro SEND 0
    mov eax, [r15 + LAPIC_ID]
    mov [r15 + LAPIC_ICR2], eax
    mov dword [r15 + LAPIC_ICR], 0x4000 | MODE_NMI
%%sending:
    test dword [r15 + LAPIC_ICR], 1 << 12
    jnz %%sending
%endmacro

; Waits until %1 have come, for long; then nobody may be in the handler.
%macro EXPECT 1
    mov ecx, 100000
%%again:
    cmp dword [abs count], %1
    je %%came
    loop %%again
    jmp wrong
%%came:
    cmp dword [abs depth], 0
    jne wrong
%endmacro

; What the handler does besides counting.
%macro HANDLE_BY 1
    mov qword [abs action], %1
%endmacro

nothing:
    ret

; Two more while one is handled: they become one, which waits for IRET, whatever exits meanwhile.
send_two:
    HANDLE_BY nothing
    SEND
    SEND
    mov eax, 1
    cpuid
    mov ecx, 1000
    loop $
    mov eax, [abs count]
    mov [abs count_inside], eax
    ret

; A fault within the handler, and its return by IRET: that ends the blocking, so the next one comes within this one.
fault_inside:
    HANDLE_BY nothing
    SEND
    TRY ud2
    nop
    nop
    mov eax, [abs count]
    mov [abs count_inside], eax
    ret

main64:
    CATCH_EXCEPTIONS
    GATE 2, on_nmi
    mov r15d, LAPIC
    mov dword [r15 + LAPIC_SVR], 0x1ff
    mov al, 0xff
    out 0x21, al
    out 0xa1, al

    SEND
    EXPECT 1
    PRINTLN "with interrupts off"
    sti
    SEND
    EXPECT 2
    PRINTLN "with interrupts on"

    HANDLE_BY send_two
    mov eax, 1 << 1                 ; region 1 begins
    mov edx, PORT_MARKER
    out dx, eax
    SEND
    EXPECT 4
    mov eax, 1 << 1 | 1
    mov edx, PORT_MARKER
    out dx, eax
    cmp dword [abs count_inside], 3
    jne wrong
    PRINTLN "one waited for IRET"

    HANDLE_BY send_two
    cli
    SEND
    EXPECT 6
    cmp dword [abs count_inside], 5
    jne wrong
    sti
    PRINTLN "the same with interrupts off"

    HANDLE_BY fault_inside
    SEND
    EXPECT 8
    cmp dword [abs count_inside], 8
    jne wrong
    PRINTLN "the return of a fault ends the blocking"

    mov eax, far_stack_end          ; in a page of which no table of the CPU's has heard
    mov [abs tss + TSS_IST1], rax
    mov byte [abs idt + 2 * 16 + 4], 1
    mov rax, cr3
    mov cr3, rax
    SEND
    EXPECT 9
    mov byte [abs idt + 2 * 16 + 4], 0
    PRINTLN "on a new stack"

    mov r14d, IOAPIC
    mov dword [r14], 0x10 + 2 * PIN_TIMER + 1
    mov eax, [r15 + LAPIC_ID]
    mov [r14 + 0x10], eax
    mov dword [r14], 0x10 + 2 * PIN_TIMER
    mov dword [r14 + 0x10], MODE_NMI
    mov al, 0x30                    ; once
    out 0x43, al
    mov al, 0
    out 0x40, al
    mov al, 8
    out 0x40, al
    sti
    hlt
    EXPECT 10
    PRINTLN "into hlt"
    EXIT EXIT_OK
wrong:
    PRINT "wrong, so many came: "
    mov eax, [abs count]
    call print_hex
    EXIT EXIT_FAILED

on_nmi:
    push rax
    push rbx
    push rcx
    push rdx
    push rsi
    inc dword [abs depth]
    inc dword [abs count]
    call [abs action]
    dec dword [abs depth]
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
    iretq

section .data
align 8
action: dq nothing
count: dd 0
count_inside: dd 0
depth: dd 0

section .bss
alignb 4096
far_stack: resb 8192
far_stack_end:
