; SPDX-License-Identifier: GPL-2.0-or-later
;
; What a second CPU may do in real mode before it leaves it: segments from registers and memory, a stack, far jumps from
; instruction and memory, flags, loops, strings, descriptor tables, CPUID, MSW; interrupts by instruction, exceptions,
; an NMI that ends a rest, all by the table at 0; and selectors whose low bits would be a privilege elsewhere are still
; loaded when protected mode begins. The bare machine's values are the truth.

%include "guest.inc"

SCRATCH equ 0x9000
RESTING equ START + 32 + (resting - here)   ; where the first CPU sees it

bits 32
main:
    START_SECOND32 trampoline, trampoline_end
.rests:
    pause
    cmp byte [RESTING], 1
    jne .rests
    mov ecx, 100000
.delay:
    pause
    loop .delay
    mov dword [LAPIC + LAPIC_ICR2], 1 << 24
    mov dword [LAPIC + LAPIC_ICR], ICR_NMI
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
    call events
    o32 lgdt [cs:gdt_pointer_16 - here]
    mov ax, 1
    lmsw ax
    jmp far dword [cs:far_pointer - here]

; Sets an entry of the interrupt table; DS is 0.
%macro ENTRY 2
    mov word [(%1) * 4], %2 - here
    mov [(%1) * 4 + 2], cs
%endmacro

; Each handler leaves a bit in BX; those of faults skip the two bytes of the instruction.
events:
    push ds
    xor ax, ax
    mov ds, ax
    ENTRY 0, divided
    ENTRY 1, stepped
    ENTRY 2, woken
    ENTRY 4, overflown
    ENTRY 6, undefined
    ENTRY 0x40, called
    pop ds
    xor bx, bx
    xor cx, cx
    mov ax, 5
    div cl
    ud2
    int 0x40
    mov al, 0x7f
    add al, 1
    into
    xor al, al                      ; clears the flag:
    into                            ; nothing
    call START + 32 >> 4:function_far - here
    mov ax, bx
    stosw
    mov byte [cs:resting - here], 1
    hlt
.awake:
    mov ax, bx
    stosw
    sti
    pushf
    cli
    pop ax
    and ax, 1 << 9
    stosw
    mov ax, sp
    stosw
    push ds
    lds si, [cs:pointer_16 - here]
    mov ax, ds
    pop ds
    stosw
    mov ax, si
    stosw
    mov cx, 3
    xor ax, ax
.counted:
    inc ax
    loop .counted
    jcxz .none
    mov ax, 0xbad
.none:
    mov dx, 0x1111
    pusha
    mov dx, 0x2222
    popa
    add ax, dx
    stosw
    xor ax, ax
    sahf                            ; all clear
    stc
    lahf
    stosw
    pause
    xor dx, dx
    pushf
    pop ax
    or ah, 1
    push ax
    popf                            ; TF, from the next one on
    nop
    mov cx, dx                      ; 1
    push ax
    pop ax
    and ah, ~1
    push ax
    popf                            ; the last one
    mov ax, dx
    stosw
    mov ax, cx
    stosw
    ret
stepped:
    inc dx
    iret
divided:
    or bx, 1
    jmp skip
undefined:
    or bx, 2
skip:
    push bp
    mov bp, sp
    add word [bp + 2], 2
    pop bp
    iret
called:
    or bx, 4
    iret
overflown:
    or bx, 8
    iret
woken:                              ; also when it comes before the rest
    or bx, 16
    push bp
    mov bp, sp
    mov word [bp + 2], events.awake - here
    pop bp
    iret
function_far:
    or bx, 32
    retf
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
pointer_16:
    dw 0x5678, 0x1234
resting: db 0
trampoline_end:
RESULTS equ 12

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
