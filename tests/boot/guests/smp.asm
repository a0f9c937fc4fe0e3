; SPDX-License-Identifier: GPL-2.0-or-later
;
; Starts a second CPU by INIT and start-up IPI: it begins in real mode at the page of the vector, goes to long mode on the
; first one's tables, and answers. Then both add to one counter, and send one another interrupts.

%include "guest.inc"

LAPIC       equ 0xfee00000     ; R15 holds it
LAPIC_ID    equ 0x20
LAPIC_EOI   equ 0xb0
LAPIC_SVR   equ 0xf0
LAPIC_ICR   equ 0x300
LAPIC_ICR2  equ 0x310
START       equ 0x8000
ROUNDS      equ 1000
PING        equ 0x50

bits 32
main:
    LONG_MODE first

bits 64
first:
    mov al, 0xff            ; the firmware may have left the PICs at work
    out 0x21, al
    out 0xa1, al
    GATE PING, on_ping
    mov r15d, LAPIC
    or dword [r15 + LAPIC_SVR], 0x100
    mov rsi, start16
    mov rdi, START
    mov ecx, start16_end - start16
    rep movsb
    mov rax, cr3
    mov [abs START + (start_root - start16)], eax
    mov dword [r15 + LAPIC_ICR2], 1 << 24
    mov dword [r15 + LAPIC_ICR], 0x4500           ; INIT, asserted
    call wait_sent
    mov dword [r15 + LAPIC_ICR2], 1 << 24
    mov dword [r15 + LAPIC_ICR], 0x4600 | START >> 12
    call wait_sent
.wait:
    pause
    cmp dword [abs is_up], 1
    jne .wait
    PRINT "the second CPU's APIC is "
    mov eax, [abs second_id]
    call print_hex

    ; A start-up IPI to a CPU that runs is ignored.
    mov dword [r15 + LAPIC_ICR2], 1 << 24
    mov dword [r15 + LAPIC_ICR], 0x4600 | START >> 12
    call wait_sent

    call add_rounds
.both:
    pause
    cmp dword [abs finished], 2
    jne .both
    mov eax, [abs counter]
    cmp eax, 2 * ROUNDS
    jne wrong
    PRINTLN "both have counted"

    ; The second sleeps by HLT, an interrupt wakes it, it answers with one.
    mov ebx, 10
.ping:
    cli
    mov dword [r15 + LAPIC_ICR2], 1 << 24
    mov dword [r15 + LAPIC_ICR], 0x4000 | PING
.asleep:
    sti
    hlt
    cli
    movzx eax, byte [abs pings]                 ; of CPU 0
    neg eax
    add eax, 11
    cmp eax, ebx
    jne .asleep
    dec ebx
    jnz .ping
    mov al, [abs pings + 1]
    cmp al, 10
    jne wrong
    PRINTLN "interrupts to and fro"
    cmp dword [abs starts], 1
    jne wrong
    EXIT EXIT_OK
wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED

wait_sent:
    pause
    test dword [r15 + LAPIC_ICR], 1 << 12
    jnz wait_sent
    ret

add_rounds:
    mov ecx, ROUNDS
.next:
    lock inc dword [abs counter]
    loop .next
    lock inc dword [abs finished]
    ret

on_ping:
    push rax
    mov eax, [r15 + LAPIC_ID]
    shr eax, 24
    lock inc byte [rax + pings]
    mov dword [r15 + LAPIC_EOI], 0
    pop rax
    iretq

second:
    mov rsp, second_stack_end
    mov r15d, LAPIC
    lidt [abs idt_pointer]
    or dword [r15 + LAPIC_SVR], 0x100
    mov eax, [r15 + LAPIC_ID]
    shr eax, 24
    mov [abs second_id], eax
    lock inc dword [abs starts]
    mov dword [abs is_up], 1
    call add_rounds
    xor ebx, ebx
.sleep:
    sti
    hlt
    cli
    cmp bl, [abs pings + 1]
    je .sleep
    inc bl
    mov dword [r15 + LAPIC_ICR2], 0
    mov dword [r15 + LAPIC_ICR], 0x4000 | PING
    jmp .sleep

; Copied to START: real mode, CS:IP = START >> 4 : 0.
bits 16
start16:
    cli
    xor ax, ax
    mov ax, cs
    mov ds, ax
    o32 lgdt [start_gdt - start16]
    mov eax, cr4
    or eax, 1 << 5 | 3 << 9
    mov cr4, eax
    mov eax, [start_root - start16]
    mov cr3, eax
    mov ecx, 0xc0000080
    rdmsr
    or eax, 1 << 8
    wrmsr
    mov eax, cr0
    or eax, 1 << 31 | 1
    and eax, ~(1 << 2)
    mov cr0, eax
    jmp dword 8:second
align 8
start_gdt:
    dw gdt_pointer - gdt - 1
    dd gdt
start_root: dd 0
start16_end:

section .data
align 4
counter: dd 0
finished: dd 0
is_up: dd 0
starts: dd 0
second_id: dd 0
pings: dd 0
section .bss
alignb 16
second_stack: resb 4096
second_stack_end:
section .text
