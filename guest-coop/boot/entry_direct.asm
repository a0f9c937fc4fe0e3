; SPDX-License-Identifier: GPL-2.0-or-later
;
; The direct entry: long mode, on page tables that the hypervisor built, as include/coopvirt/abi.h has it.
; Meets the Multiboot entry at kernel_start(magic, information, physical base of the image); the start
; information says where the image lies.

COOP_NOTE_ENTRY      equ 1
COOP_NOTE_DIRECT_MAP equ 2
DIRECT_MAP_BASE      equ 0xffff880000000000 ; memory/layout.h
START_DIRECT         equ 0x706f6f43         ; boot/start.h
START_INFO_IMAGE     equ 32                 ; offset in struct coop_start_info

extern kernel_start, boot_stack_top
global boot_direct_entry

%macro COOP_NOTE 2                      ; number, value
    dd 9, 8, %1                         ; bytes of owner and value
    db "Coopvirt", 0, 0, 0, 0           ; padded to 4
    dq %2
%endmacro

section .note.Coopvirt note alloc noexec nowrite align=4
    COOP_NOTE COOP_NOTE_ENTRY, boot_direct_entry
    COOP_NOTE COOP_NOTE_DIRECT_MAP, DIRECT_MAP_BASE

section .text
bits 64

; RSI = virtual address of struct coop_start_info.
boot_direct_entry:
    cld
    mov edi, START_DIRECT               ; kernel_start(magic, information, image)
    mov rdx, [rsi + START_INFO_IMAGE]
    mov rsp, boot_stack_top
    xor ebp, ebp
    mov rax, kernel_start
    call rax
