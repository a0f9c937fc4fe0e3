; SPDX-License-Identifier: GPL-2.0-or-later
;
; One way of ending a guest each: the last character of the command line says which. What the hypervisor makes
; of it stands in tests.list.

%include "guest.inc"

bits 32
main:
    mov esi, [multiboot]
    mov esi, [esi + 16]     ; the command line
    mov bl, 0
.next:
    lodsb
    cmp al, ' '
    je .next
    test al, al
    jz .end
    mov bl, al
    jmp .next
.end:
    mov esi, cases
.find:
    lodsd
    test eax, eax
    jz .none
    xchg eax, edx
    lodsd
    cmp dl, bl
    jne .find
    push eax
    PRINT32 "case found"
    pop eax
    jmp eax
.none:
    PRINT32 "no such case"
    EXIT EXIT_FAILED

section .data
align 4
cases:
    dd 'a', triple_fault
    dd 'c', odd_instruction
    dd 'g', hang
    dd 'h', exit_failed
    dd 'i', power_off
    dd 'j', reset
    dd 'k', reset_by_keyboard
    dd 'm', tables_in_hole
    dd 'o', jump_to_device
    dd 'p', rep_to_hole
    dd 'q', flood_console
    dd 's', bad_state
    dd 't', wrap
    dd 0
section .text

triple_fault:
    lidt [no_table]
    ud2

jump_to_device:
    mov eax, 0xfee00000
    jmp eax

; No driver reads a device with the FPU.
odd_instruction:
    fld dword [0xfee00030]
    ret

; Only the console: the machine's limit for files ends it.
flood_console:
    mov dx, COM1
    mov al, 'x'
    mov edi, 0x200000
    mov ecx, 4096
    cld
    rep stosb
.again:
    mov esi, 0x200000
    mov ecx, 4096
    rep outsb
    jmp .again

hang:
    jmp hang

exit_failed:
    mov al, EXIT_FAILED
    out PORT_EXIT, al
    jmp hang

; ACPI: sleep type 5, sleep enable, in PM1a control.
power_off:
    mov dx, 0x604
    mov ax, 5 << 10 | 1 << 13
    out dx, ax
    jmp hang

reset:
    mov dx, 0xcf9
    mov al, 2
    out dx, al
    mov al, 6
    out dx, al
    jmp hang

reset_by_keyboard:
    mov al, 0xfe
    out 0x64, al
    jmp hang

bits 32
tables_in_hole:
    mov eax, 0xd0000000
    mov cr3, eax
    mov eax, cr0
    or eax, 1 << 31
    mov cr0, eax
    jmp hang

rep_to_hole:
    cld
    mov edi, 0xd0000000
    mov ecx, 1000
    mov al, 0x55
    rep stosb
    test ecx, ecx
    jnz wrong
    cmp edi, 0xd0000000 + 1000
    jne wrong
    mov esi, 0xd0000000
    mov edi, 0x200000
    mov ecx, 1000
    rep movsd
    mov edi, 0x200000
    mov ecx, 1000
    mov eax, 0xffffffff
    repe scasd
    jne wrong
    PRINT32 "strings"
    ret

; Paging without protection: #GP on a CPU; where the emulator does not check (QEMU 7.2), no state that can be entered.
bad_state:
    LONG_MODE .long
.long:
    CATCH_EXCEPTIONS
    mov rax, cr0
    and eax, ~1
    mov cr0, rax
    cpuid
    jmp hang

; An instruction that exits ends with the last byte of 4 GiB, where EIP begins anew.
bits 32
wrap:
    mov edi, 0x400000
    mov cr3, edi
    mov eax, 0x83
    mov ecx, 1023
.identity:
    stosd
    add eax, 0x400000
    loop .identity
    mov dword [edi], 0x800083
    mov word [0xbffffe], 0xa20f     ; CPUID
    mov word [0], 0x25ff            ; JMP through
    mov dword [2], .where
    mov eax, cr4
    or eax, 1 << 4
    mov cr4, eax
    mov eax, cr0
    or eax, 1 << 31
    mov cr0, eax
    mov eax, 0xfffffffe
    jmp eax
.anew:
    PRINT32 "EIP began anew"
    EXIT EXIT_OK
.where:
    dd .anew

wrong:
    PRINT32 "wrong"
    mov al, EXIT_FAILED
    out PORT_EXIT, al
    jmp hang

section .data
no_table: dw 0
    dd 0
section .text
