; SPDX-License-Identifier: GPL-2.0-or-later
;
; Starts a second CPU by INIT and start-up IPI: it begins in real mode at the page of the vector, goes to long mode on
; the first one's tables, and answers. Then both add to one counter, and send one another interrupts.

%include "guest.inc"
%include "second.inc"

ROUNDS      equ 1000
PING        equ 0x50

LONG_MAIN
    GATE PING, on_ping
    START_SECOND
.wait:
    pause
    cmp dword [abs is_up], 1
    jne .wait
    PRINT "the second CPU's APIC is "
    mov eax, [abs second_id]
    call print_hex

    ; A start-up IPI to a CPU that runs is ignored.
    SEND 1, ICR_START_UP | START >> 12
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
    SEND 1, 0x4000 | PING
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
    SEND 0, 0x4000 | PING
    jmp .sleep

section .data
align 4
counter: dd 0
finished: dd 0
is_up: dd 0
starts: dd 0
second_id: dd 0
pings: dd 0
section .text
