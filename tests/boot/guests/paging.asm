; SPDX-License-Identifier: GPL-2.0-or-later
;
; The ways to translate that a 32-bit kernel has, one after the other: 32-bit tables with a 4 MiB page, PAE with a 2
; MiB page and NX, and paging off in between. Tables that map themselves are edited in use, rights are taken and given,
; a table becomes data. Values, error codes, CR2, accessed and dirty bits go to the console: the bare machine's are the
; truth.

%include "guest.inc"

%define DIRECTORY 0x400000 ; at these addresses there are no program and no stack
%define TABLE     0x401000
%define FRAME_A   0x402000
%define FRAME_B   0x403000
%define TOP       0x404000 ; of PAE
%define TABLE_2   0x405000
%define WINDOW    0x800000 ; what TABLE maps: A at +0, B read-only at +0x1000, itself at +0x2000, nothing at +0x3000
%define WINDOW_2  0x802000

bits 32
main:
    call prepare
    call tables_32
    mov eax, cr4
    or eax, 1 << 4          ; PSE
    mov cr4, eax
    mov eax, DIRECTORY
    mov cr3, eax
    mov eax, cr0
    or eax, 1 << 31 | 1 << 16
    mov cr0, eax
    PRINT32 "32-bit tables"
    mov dword [entry_bytes], 4
    call matrix
    call data_again
    call paging_off
    call tables_pae
    mov eax, cr4
    or eax, 1 << 5          ; PAE
    mov cr4, eax
    mov eax, TOP
    mov cr3, eax
    mov ecx, 0xc0000080
    rdmsr
    or eax, 1 << 11         ; NXE
    wrmsr
    mov eax, cr0
    or eax, 1 << 31
    mov cr0, eax
    PRINT32 "PAE"
    mov dword [entry_bytes], 8
    call matrix
    PRINT32 "no execute"
    mov dword [WINDOW_2 + 4], 1 << 31
    invlpg [WINDOW]
    mov eax, WINDOW
    mov byte [eax], 0xc3
    call try_call
    mov dword [WINDOW_2 + 4], 0
    invlpg [WINDOW]
    mov eax, WINDOW
    call try_call
    call data_again
    call paging_off
    PRINT32 "paging off"
    mov eax, [FRAME_A]
    call print_hex32
    mov eax, [FRAME_B]
    call print_hex32
    ret

; Flat segments of our own, and a handler for page faults.
prepare:
    FLAT_32 14, page_fault
    ret

; Prints error code and address, and goes on at [resume].
page_fault:
    pop eax
    call print_hex32
    mov eax, cr2
    call print_hex32
    mov eax, [resume]
    mov [esp], eax
    iretd

clear_tables:
    mov edi, DIRECTORY
    mov ecx, 0x6000 / 4
    xor eax, eax
    rep stosd
    mov dword [FRAME_A], 0xaaaa
    mov dword [FRAME_B], 0xbbbb
    ret

tables_32:
    call clear_tables
    mov dword [DIRECTORY], 0x83            ; 0-4 MiB
    mov dword [DIRECTORY + 4], 0x400083    ; 4-8 MiB
    mov dword [DIRECTORY + 8], TABLE | 3
    mov dword [TABLE], FRAME_A | 3
    mov dword [TABLE + 4], FRAME_B | 1
    mov dword [TABLE + 8], TABLE | 3
    ret

tables_pae:
    call clear_tables
    mov dword [TOP], DIRECTORY | 1
    mov dword [DIRECTORY], 0x83            ; 0-2 MiB
    mov dword [DIRECTORY + 8], 0x200083
    mov dword [DIRECTORY + 16], 0x400083
    mov dword [DIRECTORY + 32], TABLE | 3
    mov dword [TABLE], FRAME_A | 3
    mov dword [TABLE + 8], FRAME_B | 1
    mov dword [TABLE + 16], TABLE | 3
    ret

paging_off:
    mov eax, cr0
    and eax, ~(1 << 31)
    mov cr0, eax
    ret

; What both formats do alike. Entries are edited where the table maps itself.
matrix:
    mov ebp, [entry_bytes]
    mov eax, [WINDOW]
    call print_hex32
    mov eax, [WINDOW_2]                    ; accessed
    call print_hex32
    mov dword [WINDOW + 4], 0x1111
    mov eax, [WINDOW_2]                    ; and dirty
    call print_hex32
    mov eax, WINDOW + 0x1000               ; read-only
    call try_write
    mov eax, WINDOW + 0x3000               ; not present
    call try_write
    mov eax, cr0                           ; the kernel may write it all the same
    and eax, ~(1 << 16)
    mov cr0, eax
    mov eax, WINDOW + 0x1004
    call try_write
    mov eax, cr0
    or eax, 1 << 16
    mov cr0, eax
    mov dword [WINDOW_2 + ebp], FRAME_B | 3
    invlpg [WINDOW + 0x1000]
    mov eax, WINDOW + 0x1000
    call try_write
    mov dword [WINDOW_2], FRAME_B | 3      ; another frame
    invlpg [WINDOW]
    mov eax, [WINDOW]
    call print_hex32
    mov dword [WINDOW_2], FRAME_A          ; none
    invlpg [WINDOW]
    mov eax, WINDOW
    call try_write
    mov dword [WINDOW_2], FRAME_A | 3      ; no flush is needed for more
    mov eax, [WINDOW]
    call print_hex32
    mov eax, DIRECTORY                     ; a table above, through the large page
    cmp ebp, 8
    jne .narrow
    add eax, 24
.narrow:
    mov edx, TABLE_2
    mov ecx, [TABLE]
    mov [edx], ecx
    mov ecx, edx
    or ecx, 1                              ; read-only, for all of the table
    mov [eax + 8], ecx
    mov ecx, cr3
    mov cr3, ecx
    mov eax, WINDOW
    call try_write
    mov ecx, cr3
    mov eax, DIRECTORY + 8
    cmp ebp, 8
    jne .back
    add eax, 24
.back:
    mov dword [eax], TABLE | 3
    mov cr3, ecx
    mov eax, WINDOW
    call try_write
    ret

; The table is taken out of use and written as data: nothing of it may be left.
data_again:
    mov eax, DIRECTORY + 8
    cmp dword [entry_bytes], 8
    jne .narrow
    add eax, 24
.narrow:
    mov dword [eax], 0
    mov ecx, cr3
    mov cr3, ecx
    mov edi, TABLE
    mov ecx, 1024
    mov eax, FRAME_B | 3
    rep stosd
    mov eax, WINDOW
    call try_write
    ret

; Writes 0x5555 to [EAX], and says what is there then if that was possible.
try_write:
    mov dword [resume], .after
    mov dword [eax], 0x5555
    mov eax, [eax]
    call print_hex32
.after:
    ret

; Calls EAX.
try_call:
    mov dword [resume], .faulted
    call eax
    PRINT32 "called"
    ret
.faulted:
    add esp, 4
    ret

TABLES_32
entry_bytes: dd 0
