; SPDX-License-Identifier: GPL-2.0-or-later
;
; PAE's top entries are loaded, and checked, by what writes CR0, CR3 and CR4: a present one with reserved bits is a
; general protection fault of that instruction, and nothing has changed behind it. Prints what each of them raised.

%include "guest.inc"

%define DIRECTORY 0x400000 ; at these addresses there are no program and no stack
%define TOP       0x404000
%define OTHER_TOP 0x404020 ; tables need a boundary of 32 only
%define RESERVED  0x1e0    ; and bits 1 and 2

; Tries an instruction, and prints %1 and whether it raised a general protection fault. Keeps the registers.
%macro CONTROL 2+
    mov dword [resume], %%after
    mov dword [was_refused], 0
    %2
%%after:
    pushad
    PRINT32 %1
    mov eax, [was_refused]
    call print_hex32
    popad
%endmacro

bits 32
main:
    call prepare
    mov dword [DIRECTORY], 0x83
    mov dword [DIRECTORY + 16], 0x400083
    mov dword [TOP], DIRECTORY | 3
    mov dword [OTHER_TOP], DIRECTORY | 1
    mov ecx, TOP
    CONTROL "tables with bit 1 set, without paging", mov cr3, ecx
    mov eax, cr4
    or eax, 1 << 5
    CONTROL "PAE, without paging", mov cr4, eax
    mov eax, cr0
    or eax, 1 << 31
    CONTROL "paging on tables with bit 1 set", mov cr0, eax
    call print_paging
    mov dword [TOP], DIRECTORY | 1
    mov dword [TOP + 24], RESERVED | 6
    CONTROL "paging with bits set where nothing is present", mov cr0, eax
    call print_paging
    mov ecx, OTHER_TOP
    CONTROL "other tables", mov cr3, ecx
    mov dword [TOP + 24], DIRECTORY | 0x21
    mov ecx, TOP
    CONTROL "tables with bit 5 set", mov cr3, ecx
    call print_cr3
    mov dword [TOP + 24], DIRECTORY | 1
    mov dword [TOP + 28], 1 << 31
    CONTROL "tables with bit 63 set", mov cr3, ecx
    call print_cr3
    mov dword [TOP + 28], 0
    CONTROL "tables with neither", mov cr3, ecx
    mov dword [TOP + 8], DIRECTORY | 0x101
    mov eax, cr4
    xor eax, 1 << 7
    CONTROL "global pages, with bit 8 set in memory", mov cr4, eax
    xor eax, 1 << 7 | 1 << 4
    CONTROL "large pages, with bit 8 set in memory", mov cr4, eax
    mov dword [TOP + 8], 0
    CONTROL "large pages", mov cr4, eax
    ret

; Flat segments of our own, and a handler for general protection faults.
prepare:
    FLAT_32 13, refused
    mov edi, DIRECTORY
    mov ecx, 0x5000 / 4
    xor eax, eax
    rep stosd
    ret

; Notes its error code, plus 1, and goes on at [resume].
refused:
    pop dword [was_refused]
    inc dword [was_refused]
    push eax
    mov eax, [resume]
    mov [esp + 4], eax
    pop eax
    iretd

print_cr3:
    pushad
    mov eax, cr3
    call print_hex32
    popad
    ret

; Whether paging is on.
print_paging:
    pushad
    mov eax, cr0
    shr eax, 31
    call print_hex32
    popad
    ret

TABLES_32
was_refused: dd 0
