; SPDX-License-Identifier: GPL-2.0-or-later
;
; Starts the second VCPU by INIT and start-up IPI; it runs from real mode to 32-bit code, halts, is woken by an
; interrupt and answers; then it halts with interrupts off, and an NMI wakes it. For vcpus=2.

%include "guest.inc"

bits 32
main:
    START_SECOND32 trampoline, trampoline_end
.started:
    pause
    cmp dword [state], 1
    jne .started
    PRINT32 "second CPU is up"
    SEND32 0x4040           ; vector 0x40
.answered:
    pause
    cmp dword [state], 2
    jb .answered
    PRINT32 "second CPU woke up"
.halted:
    pause
    cmp dword [state], 3
    jne .halted
    mov ecx, 10000
.sleeps:
    pause
    loop .sleeps
    cmp dword [state], 3
    jne wrong
    SEND32 ICR_NMI
.woken:
    pause
    cmp dword [state], 5
    jne .woken
    PRINT32 "second CPU woke up by NMI"
    ret
wrong:
    PRINT32 "second CPU did not sleep"
    EXIT EXIT_FAILED

; Makes vector %1 go to %2.
%macro GATE_32 2
    mov eax, %2
    mov [idt_32 + %1 * 8], ax
    mov word [idt_32 + %1 * 8 + 2], 8
    mov word [idt_32 + %1 * 8 + 4], 0x8e00
    shr eax, 16
    mov [idt_32 + %1 * 8 + 6], ax
%endmacro

bits 16
trampoline:
    cli
    xor ax, ax
    mov ds, ax
    o32 lgdt [START + gdt_pointer_16 - trampoline]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp dword 8:second
gdt_pointer_16:
    dw 3 * 8 - 1
    dd gdt_32
trampoline_end:

bits 32
second:
    mov ax, 16
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, second_stack_end
    GATE_32 0x40, interrupt
    GATE_32 2, nmi
    lidt [idt_pointer_32]
    mov dword [LAPIC + LAPIC_SVR], 0x1ff
    mov dword [state], 1
    sti
.sleep:
    hlt
    cmp dword [state], 2
    jne .sleep
    cli
    mov dword [state], 3
    hlt
    cmp dword [state], 4
    jne .sleep
    mov dword [state], 5
    hlt
interrupt:
    mov dword [LAPIC + LAPIC_EOI], 0
    mov dword [state], 2
    iret
nmi:
    mov dword [state], 4
    iret

section .data
align 8
gdt_32:
    dq 0
    dq 0x00cf9b000000ffff
    dq 0x00cf93000000ffff
idt_pointer_32:
    dw 0x41 * 8 - 1
    dd idt_32
align 4
state: dd 0
section .bss
alignb 8
idt_32: resb 0x41 * 8
second_stack: resb 4096
second_stack_end:
