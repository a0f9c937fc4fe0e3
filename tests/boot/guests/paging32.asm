; SPDX-License-Identifier: GPL-2.0-or-later
;
; A 32-bit kernel with the oldest page tables there are (two levels, no PAE): 4 KiB pages, 4 MiB pages, write protection
; for the kernel too, accessed and dirty bits, INVLPG, and a page fault with its error code and address.

%include "guest.inc"

FLAG_P  equ 1
FLAG_W  equ 2
FLAG_A  equ 1 << 5
FLAG_D  equ 1 << 6
FLAG_PS equ 1 << 7
WINDOW  equ 0x40000000          ; its page table maps one page

; Fails with a text unless the last comparison was equal.
%macro MUST 1
    je %%good
    PRINT32 %1
    EXIT EXIT_FAILED
%%good:
%endmacro

bits 32
main:
    ; The first 4 MiB one to one by 4 KiB pages, the next by one page of 4 MiB, and the window.
    mov edi, page_table
    mov eax, FLAG_P | FLAG_W
    mov ecx, 1024
.fill:
    stosd
    add eax, 4096
    loop .fill
    mov dword [directory], page_table + (FLAG_P | FLAG_W)
    mov dword [directory + 4], 0x400000 + (FLAG_P | FLAG_W | FLAG_PS)
    mov dword [directory + (WINDOW >> 22) * 4], window_table + (FLAG_P | FLAG_W)
    mov dword [window_table], page_one + (FLAG_P | FLAG_W)
    FLAT_32 14, page_fault
    mov eax, cr4
    or eax, 1 << 4              ; PSE, and PAE stays off
    mov cr4, eax
    mov eax, directory
    mov cr3, eax
    mov eax, cr0
    or eax, 1 << 31 | 1 << 16   ; PG and WP
    mov cr0, eax
    PRINT32 "paging without PAE"

    ; The window shows its page, which gets its accessed and dirty bits.
    mov dword [page_one], 0x11111111
    mov dword [page_two], 0x22222222
    cmp dword [WINDOW], 0x11111111
    MUST "wrong page"
    mov eax, [window_table]
    and eax, FLAG_A | FLAG_D
    cmp eax, FLAG_A
    MUST "accessed bit"
    mov dword [WINDOW], 0x33333333
    cmp dword [page_one], 0x33333333
    MUST "write went elsewhere"
    test dword [window_table], FLAG_D
    setz al
    test al, al
    MUST "dirty bit"
    PRINT32 "4 KiB pages"

    ; Another page, read-only.
    mov dword [window_table], page_two + FLAG_P
    invlpg [WINDOW]
    cmp dword [WINDOW], 0x22222222
    MUST "stale page"
    mov dword [resume32], .protected
    mov dword [WINDOW], 0
    jmp .no_fault
.protected:
    cmp dword [fault_code], FLAG_P | FLAG_W
    MUST "error code of a write to a read-only page"
    cmp dword [fault_address], WINDOW
    MUST "address of the fault"
    PRINT32 "write protection"

    ; No page, no table.
    mov dword [window_table], 0
    invlpg [WINDOW]
    mov dword [resume32], .absent
    mov eax, [WINDOW + 8]
    jmp .no_fault
.absent:
    cmp dword [fault_code], 0
    MUST "error code of an absent page"
    cmp dword [fault_address], WINDOW + 8
    MUST "address of the absent page"
    mov dword [resume32], .empty
    mov dword [0x80000000], 1
    jmp .no_fault
.empty:
    cmp dword [fault_code], FLAG_W
    MUST "error code of an absent table"
    PRINT32 "page faults"

    ; 4 MiB pages: far ends, and the dirty bit in the directory.
    mov dword [0x400000], 'low '
    mov dword [0x7ffffc], 'high'
    mov dword [directory + (WINDOW >> 22) * 4], 0x400000 + (FLAG_P | FLAG_W | FLAG_PS)
    mov eax, cr3
    mov cr3, eax
    cmp dword [WINDOW], 'low '
    MUST "large page"
    cmp dword [WINDOW + 0x3ffffc], 'high'
    MUST "end of the large page"
    test dword [directory + 4], FLAG_D
    setz al
    test al, al
    MUST "dirty bit of the large page"
    PRINT32 "4 MiB pages"

    ; Off again.
    mov eax, cr0
    and eax, ~(1 << 31)
    mov cr0, eax
    cmp dword [0x400000], 'low '
    MUST "memory without paging"
    PRINT32 "paging off"
    ret
.no_fault:
    PRINT32 "no page fault"
    EXIT EXIT_FAILED

page_fault:
    pop dword [fault_code]
    push eax
    mov eax, cr2
    mov [fault_address], eax
    mov eax, [resume32]
    mov [esp + 4], eax
    pop eax
    iretd

section .data
TABLES_32
resume32: dd 0
fault_code: dd 0
fault_address: dd 0

section .bss
alignb 4096
directory: resb 4096
page_table: resb 4096
window_table: resb 4096
page_one: resb 4096
page_two: resb 4096
section .text
