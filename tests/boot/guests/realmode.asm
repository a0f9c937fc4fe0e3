; SPDX-License-Identifier: GPL-2.0-or-later
;
; What a second CPU may do in real mode before it leaves it: segments from registers and memory, a stack, far jumps from
; instruction and memory, flags, loops, strings, descriptor tables, CPUID, MSW; and selectors whose low bits would be a
; privilege elsewhere are still loaded when protected mode begins. The bare machine's values are the truth.

%include "guest.inc"

SCRATCH equ 0x9000

bits 32
main:
    START_SECOND32 trampoline, trampoline_end
.started:
    pause
    cmp dword [state], 1
    jne .started
    mov esi, SCRATCH
    mov ecx, RESULTS
.print:
    lodsd
    call print_hex32
    loop .print
    PRINT32 "second CPU has left real mode"
    ret

bits 16
align 32
trampoline:
    cli
    jmp START + 32 >> 4:0
align 32
here:                               ; CS:0 from now on
    mov ds, [cs:scratch - here]
    mov es, [cs:scratch - here]
    xor edi, edi
    mov ax, cs
    stosw
    mov ax, ds
    stosw
    mov dx, 0x0903                  ; the low bits are no privilege
    mov ss, dx
    mov esp, 0x800
    mov ax, ss
    stosw
    mov al, 1
    shr al, 1                       ; sets the carry flag
    pushf
    shr al, 1
    popf
    setc al
    movzx ax, al
    stosw                           ; the flag that was kept
    pushfd
    or dword [esp], 1 << 21         ; ID
    popfd
    pushfd
    pop eax
    and eax, 1 << 21 | 1 << 9 | 2
    stosd
    call function
    mov ax, sp
    stosw
    mov cx, 5
    xor ax, ax
.sum:
    add ax, cx
    dec cx
    jnz .sum
    stosw                           ; 15
    mov cx, 4
    mov ax, 0x1234
    rep stosw
    mov esi, edi
    xor eax, eax
    cpuid
    mov edi, esi
    movzx eax, ax
    test ax, ax
    setnz al
    stosw
    smsw ax
    and ax, 1
    stosw
    o32 lgdt [cs:gdt_pointer_16 - here]
    mov ax, 1
    lmsw ax
    jmp far dword [cs:far_pointer - here]
function:
    push ax
    pop ax
    ret
align 4
scratch: dw SCRATCH >> 4
gdt_pointer_16:
    dw 3 * 8 - 1
    dd gdt_32
far_pointer:
    dd second
    dw 8
trampoline_end:
RESULTS equ 7

bits 32
second:
    mov ax, 16
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov dword [state], 1
.sleep:
    hlt
    jmp .sleep

section .data
align 8
gdt_32:
    dq 0
    dq 0x00cf9b000000ffff
    dq 0x00cf93000000ffff
align 4
state: dd 0
