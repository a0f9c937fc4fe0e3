; SPDX-License-Identifier: GPL-2.0-or-later
;
; A PC's devices as a driver meets them: what is printed must be the same on the bare machine and under the hypervisor.
; Timers and their interrupts by way of 8259, I/O APIC and local APIC; the UART; the clock; and the instruction forms by
; which memory-mapped registers are reached.

%include "guest.inc"

IOAPIC       equ 0xfec00000     ; R14
IOAPIC_PIT   equ 2              ; the input to which the 8254 leads
TIMER        equ 0x40
SELF         equ 0x51
ROUTED       equ 0x42

LONG_MAIN
    mov r15d, LAPIC         ; it stays there
    mov r14d, IOAPIC
    GATE 0x20, on_pic
    GATE TIMER, on_lapic
    GATE SELF, on_lapic
    GATE ROUTED, on_lapic
    GATE 0xff, on_spurious

    ; 8259: vectors from 0x20, only IRQ 0. 8254: counter 0 rate generator, 1 kHz.
    mov al, 0x11
    out 0x20, al
    out 0xa0, al
    mov al, 0x20
    out 0x21, al
    mov al, 0x28
    out 0xa1, al
    mov al, 4
    out 0x21, al
    mov al, 2
    out 0xa1, al
    mov al, 1
    out 0x21, al
    out 0xa1, al
    mov al, 0xff
    out 0xa1, al
    mov al, 0xfe
    out 0x21, al
    in al, 0x21
    movzx eax, al
    call print_hex
    mov al, 0x34
    out 0x43, al
    mov al, 1193 & 0xff
    out 0x40, al
    mov al, 1193 >> 8
    out 0x40, al
    mov ebx, 5
    call wait_for
    PRINTLN "five ticks by the 8259"
    mov al, 0xff
    out 0x21, al

    ; The local APIC's timer: once, then again and again.
    mov dword [r15 + LAPIC_SVR], 0x1ff
    mov dword [r15 + LAPIC_DIVIDE], 0xb
    mov dword [r15 + LAPIC_LVT_TIMER], TIMER
    mov dword [r15 + LAPIC_INITIAL], 100000
    mov ebx, 1
    call wait_for
    mov eax, [r15 + LAPIC_CURRENT]
    call print_hex
    mov dword [r15 + LAPIC_LVT_TIMER], 1 << 17 | TIMER
    mov dword [r15 + LAPIC_INITIAL], 50000
    mov ebx, 4
    call wait_for
    mov dword [r15 + LAPIC_LVT_TIMER], 1 << 16 | TIMER
    mov dword [r15 + LAPIC_INITIAL], 0
    PRINTLN "one and four by the local APIC"

    ; An interrupt to itself waits while the task priority is above it.
    cli
    mov dword [r15 + LAPIC_TPR], 0x60
    mov dword [abs count], 0
    mov dword [r15 + LAPIC_ICR], 1 << 18 | 0x4000 | SELF
    sti
    nop
    nop
    mov eax, [abs count]
    call print_hex
    mov eax, [r15 + LAPIC_IRR + (SELF / 32) * 16]
    call print_hex
    mov dword [r15 + LAPIC_TPR], 0
    nop
    cli
    mov eax, [abs count]
    call print_hex

    ; The 8254 once more, by the I/O APIC.
    mov dword [r14], 0x10 + IOAPIC_PIT * 2 + 1 ; to CPU 0
    mov dword [r14 + 16], 0
    mov dword [r14], 0x10 + IOAPIC_PIT * 2
    mov dword [r14 + 16], ROUTED
    mov ebx, 3
    call wait_for
    mov dword [r14 + 16], 1 << 16 | ROUTED
    PRINTLN "three by the I/O APIC"

    ; Instructions that reach a register of 32 bits, the task priority.
    lea rdi, [r15 + LAPIC_TPR]
    mov dword [rdi], 0x11
    or dword [rdi], 0x22
    call print_tpr
    and dword [rdi], 0x1f
    call print_tpr
    mov eax, 0x44
    xchg eax, [rdi]
    call print_hex
    add dword [rdi], 5
    call print_tpr
    sub dword [rdi], 1
    call print_tpr
    inc dword [rdi]
    call print_tpr
    xor dword [rdi], 0x71
    call print_tpr
    test dword [rdi], 1
    setnz al
    movzx eax, al
    call print_hex
    mov dword [rdi], 0x72
    movsxd rax, dword [rdi]
    call print_hex
    push qword 0x21
    pop qword [abs spare]
    mov rsi, spare
    movsd
    lea rdi, [r15 + LAPIC_TPR]
    call print_tpr
    cmp dword [rdi], 0x21
    sete al
    movzx eax, al
    call print_hex
    bts dword [rdi], 2
    call print_tpr
    mov eax, 0x33
    stosd
    lea rdi, [r15 + LAPIC_TPR]
    mov rsi, rdi
    lodsd
    call print_hex
    mov dword [rdi], 0

    ; The UART: a register that only remembers, and its loop.
    mov dx, COM2 + 7
    mov al, 0x5a
    out dx, al
    in al, dx
    movzx eax, al
    call print_hex
    mov dx, COM2 + 4
    mov al, 0x10
    out dx, al
    mov dx, COM2
    mov al, 'L'
    out dx, al
    mov ecx, 1000000
    mov dx, COM2 + 5
.received:
    in al, dx
    test al, 1
    loopz .received
    mov dx, COM2
    in al, dx
    movzx eax, al
    call print_hex
    mov dx, COM2 + 4
    mov al, 0
    out dx, al

    ; The clock: battery good, the century.
    mov al, 0x0d
    out 0x70, al
    in al, 0x71
    movzx eax, al
    call print_hex
    mov al, 0x32
    out 0x70, al
    in al, 0x71
    movzx eax, al
    call print_hex
    EXIT EXIT_OK

print_tpr:
    mov eax, [rdi]
    jmp print_hex

; Sleeps until EBX interrupts have come.
wait_for:
    mov dword [abs count], 0
.asleep:
    sti
    hlt
    cli
    cmp [abs count], ebx
    jb .asleep
    ret

on_pic:
    push rax
    inc dword [abs count]
    mov al, 0x20
    out 0x20, al
    pop rax
    iretq

on_lapic:
    inc dword [abs count]
    mov dword [r15 + LAPIC_EOI], 0
    iretq

on_spurious:
    iretq

section .data
align 8
spare: dq 0
count: dd 0
section .text
