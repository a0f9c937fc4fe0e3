; SPDX-License-Identifier: GPL-2.0-or-later
;
; The life of a second VCPU: of several start-up IPIs one counts; INIT comes through also when an NMI has just woken it;
; a halt in the handler of an NMI lasts although another NMI waits, and ends by an interrupt; with interrupts off only
; INIT ends it. At the end both halt for good, which the hypervisor has to notice. For vcpus=2.

%include "guest.inc"
%include "second.inc"

WAKE        equ 0x50
NMI         equ 0x4400
FIXED       equ 0x4000
INIT        equ 0x4500
STARTUP     equ 0x4600 | START >> 12

; Waits until [%1] is %2.
%macro AWAIT 2
%%again:
    pause
    cmp dword [abs %1], %2
    jne %%again
%endmacro

%macro TELL 1
    SEND 1, %1
    call wait_sent
%endmacro

; Fails with a line of what [%1] holds, unless that is %2.
%macro CHECK 2
    cmp dword [abs %1], %2
    je %%right
    %defstr %%name %1
    PRINT "wrong: "
    PRINT %%name
    PRINT " is "
    mov eax, [abs %1]
    call print_hex
    EXIT EXIT_FAILED
%%right:
%endmacro

LONG_MAIN
    GATE 2, on_nmi
    GATE WAKE, on_wake
    START_SECOND
    TELL STARTUP
    TELL STARTUP
    AWAIT place, 1
    call wait_long
    CHECK starts, 1
    PRINTLN "started once"

    SEND 1, NMI                 ; while it has halted with interrupts off
    SEND 1, INIT
    TELL STARTUP
    AWAIT place, 2
    CHECK starts, 2
    PRINTLN "INIT behind an NMI"

    TELL NMI
    AWAIT place, 3              ; in its handler
    TELL NMI
    mov dword [abs go], 1
    call wait_long
    TELL FIXED | WAKE
    AWAIT place, 5              ; in the other one's handler
    CHECK woken, 1
    CHECK wakes, 0
    PRINTLN "a halt in an NMI's handler"

    TELL NMI
    mov dword [abs go], 2
    call wait_long
    TELL NMI
    TELL FIXED | WAKE
    call wait_long
    CHECK place, 5
    TELL INIT
    TELL STARTUP
    AWAIT place, 6
    CHECK starts, 3
    PRINTLN "the same with interrupts off"
.end:
    cli
    hlt
    jmp .end

wait_long:
    mov ecx, 200000
.more:
    pause
    loop .more
    ret

second:
    lock inc dword [abs starts]
    cmp dword [abs starts], 2
    je .again
    ja .last
    mov dword [abs place], 1
.halt:
    cli
    hlt
    jmp .halt
.again:
    mov dword [abs place], 2
.runs:
    pause
    jmp .runs
.last:
    mov dword [abs place], 6
    jmp .halt

; Of the second CPU.
on_nmi:
    cmp dword [abs place], 2
    je .first
    cmp dword [abs place], 3
    je .other
    iretq
.first:
    mov dword [abs place], 3
    AWAIT go, 1
.asleep:
    sti
    hlt
    cli
    inc dword [abs wakes]
    jmp .asleep
.other:                         ; behind the IRET of the interrupt that ended the halt
    mov dword [abs place], 5
    AWAIT go, 2
    cli
    hlt
    mov dword [abs place], 7
    jmp $

on_wake:
    mov dword [abs woken], 1
    mov dword [r15 + LAPIC_EOI], 0
    iretq

section .data
align 4
place: dd 0
starts: dd 0
go: dd 0
wakes: dd 0
woken: dd 0
