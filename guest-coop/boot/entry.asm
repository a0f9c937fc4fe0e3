; SPDX-License-Identifier: GPL-2.0-or-later
;
; The Multiboot entry: 32-bit, paging off, loaded anywhere. Finds its own physical base, builds the
; boot tables from there, enters long mode and calls kernel_start(magic, info, physical base). The
; tables map the first 4 GiB twice (identity, for these few instructions, and at the direct map) and
; the image at its link address; memory/kernel_map.c replaces them.

PRESENT_WRITE       equ 3
LARGE_PAGE          equ 0x80
CR0_PAGING          equ 0x80010001  ; PG, WP, PE
CR4_PAE             equ 0x20
MSR_EFER            equ 0xc0000080
EFER_SCE_LME        equ 0x101

; Offsets of the tables in boot_tables
PML4                equ 0x0000
PDPT_LOW            equ 0x1000
PD_LOW              equ 0x2000      ; four of them
PDPT_HIGH           equ 0x6000
PD_HIGH             equ 0x7000
PT_HIGH             equ 0x8000      ; four of them: 8 MiB of image
TABLES_BYTES        equ 0xc000

extern boot_image_start, kernel_page_count, boot_tables_physical, boot_stack_physical, kernel_start
global boot_multiboot_entry, boot_tables, boot_stack, boot_stack_top

section .boot progbits alloc exec nowrite align=4096
bits 32

align 4
boot_header:
    dd 0x1badb002                   ; Multiboot 1
    dd 0x00000003                   ; modules page-aligned, memory map wanted
    dd -(0x1badb002 + 0x00000003)

; EAX = Multiboot magic, EBX = information. The stack pointer is undefined: the only call borrows a member
; of the information structure that nobody reads (syms, 0x1c) for its return address.
boot_multiboot_entry:
    cli
    cld
    lea esp, [ebx + 0x20]
    call .here
.here:
    pop ebp
    sub ebp, .here                  ; EBP = run-time minus link-time address
    lea esp, [ebp + boot_stack_physical]
    push ebx
    push eax

    lea edi, [ebp + boot_tables_physical]
    mov esi, edi                    ; ESI = the tables
    xor eax, eax
    mov ecx, TABLES_BYTES / 4
    rep stosd

    lea eax, [esi + PDPT_LOW + PRESENT_WRITE]
    mov [esi + PML4], eax           ; identity
    mov [esi + PML4 + 272 * 8], eax ; DIRECT_MAP_BASE
    lea eax, [esi + PDPT_HIGH + PRESENT_WRITE]
    mov [esi + PML4 + 511 * 8], eax

    lea eax, [esi + PD_LOW + PRESENT_WRITE]
    xor ecx, ecx
.next_directory:
    mov [esi + PDPT_LOW + ecx * 8], eax
    add eax, 0x1000
    inc ecx
    cmp ecx, 4
    jb .next_directory

    mov eax, PRESENT_WRITE | LARGE_PAGE
    xor ecx, ecx
.next_large_page:
    mov [esi + PD_LOW + ecx * 8], eax
    add eax, 0x200000
    inc ecx
    cmp ecx, 2048
    jb .next_large_page

    lea eax, [esi + PD_HIGH + PRESENT_WRITE]
    mov [esi + PDPT_HIGH + 510 * 8], eax
    lea eax, [esi + PT_HIGH + PRESENT_WRITE]
    xor ecx, ecx
.next_table:
    mov [esi + PD_HIGH + 8 * 8 + ecx * 8], eax ; LOAD_ADDRESS / 2 MiB = 8
    add eax, 0x1000
    inc ecx
    cmp ecx, 4
    jb .next_table

    lea eax, [ebp + boot_image_start + PRESENT_WRITE]
    xor ecx, ecx
.next_page:
    mov [esi + PT_HIGH + ecx * 8], eax
    add eax, 0x1000
    inc ecx
    cmp ecx, kernel_page_count
    jb .next_page

    mov eax, CR4_PAE
    mov cr4, eax
    mov cr3, esi
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_SCE_LME
    wrmsr
    mov eax, CR0_PAGING
    mov cr0, eax

    lea eax, [ebp + boot_descriptors]
    mov [ebp + boot_descriptors_pointer + 2], eax
    lgdt [ebp + boot_descriptors_pointer]
    pop eax                         ; magic
    pop ebx                         ; information
    lea ecx, [ebp + boot_long_mode]
    push 0x08
    push ecx
    retf

bits 64
boot_long_mode:
    mov edx, 0x10
    mov ss, edx
    mov ds, edx
    mov es, edx
    mov edi, eax
    mov esi, ebx
    lea edx, [ebp + boot_image_start] ; all three arguments zero-extended
    mov rsp, boot_stack_top
    xor ebp, ebp
    mov rax, kernel_start
    call rax

align 8
boot_descriptors:
    dq 0
    dq 0x00af9b000000ffff           ; 64-bit code, ring 0
    dq 0x00cf93000000ffff           ; data, ring 0
boot_descriptors_pointer:
    dw 23
    dd 0

section .bss nobits alloc noexec write align=4096
boot_tables:
    resb TABLES_BYTES
boot_stack:
    resb 16384
boot_stack_top:
