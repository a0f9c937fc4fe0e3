; SPDX-License-Identifier: GPL-2.0-or-later
;
; The first instructions: from Multiboot 1 or 2 (32-bit protected mode, paging off, EAX = magic, EBX = physical address
; of the information) to hv_main() in long mode at the image's high address. The page tables made here map the
; first 4 GiB three times (as they are, for the image, for the direct map); paging_start() replaces them.

BOOT_STACK_BYTES equ 16384

MULTIBOOT1_MAGIC equ 0x1badb002
MULTIBOOT1_FLAGS equ 3 ; modules on page boundaries, memory map
MULTIBOOT2_MAGIC equ 0xe85250d6
MULTIBOOT2_I386  equ 0

CR0_WANTED  equ 0x80010033 ; PG WP NE ET MP PE
CR0_CLEARED equ 0x60000004 ; CD NW EM
CR4_WANTED  equ 0x20       ; PAE
MSR_EFER    equ 0xc0000080
EFER_LME    equ 1 << 8
EFER_NXE    equ 1 << 11
MSR_GS_BASE equ 0xc0000101
PAGE_PRESENT_WRITABLE equ 3
PAGE_LARGE  equ 0x83
SERIAL_PORT equ 0x3f8

section .boot.headers progbits alloc noexec nowrite align=8
multiboot1_header:
    dd MULTIBOOT1_MAGIC
    dd MULTIBOOT1_FLAGS
    dd -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)

    align 8, db 0
multiboot2_header: ; Multiboot 2 specification, "OS image format"
    dd MULTIBOOT2_MAGIC
    dd MULTIBOOT2_I386
    dd multiboot2_header_end - multiboot2_header
    dd 0x100000000 - (MULTIBOOT2_MAGIC + MULTIBOOT2_I386 + (multiboot2_header_end - multiboot2_header))
    ; information request: the memory map is needed; command line, modules and the RSDPs are welcome
    dw 1, 1
    dd 8 + 5 * 4
    dd 6, 1, 3, 14, 15
    align 8, db 0
    ; modules on page boundaries
    dw 6, 0
    dd 8
    ; end
    dw 0, 0
    dd 8
multiboot2_header_end:

section .boot progbits alloc exec nowrite align=16
bits 32

extern cpu_boot
extern boot_root_low ; the linker script's: physical addresses of what .bss defines here
extern boot_pointers_low
extern boot_directories_low
extern boot_stack_top_low
extern hv_main

global entry_multiboot
entry_multiboot:
    cli
    cld
    mov esp, boot_stack_top_low
    mov ebp, eax ; EBP = magic, ESI = information, until hv_main
    mov esi, ebx

    mov eax, 0x80000000
    cpuid
    cmp eax, 0x80000001
    jb .no_long_mode
    mov eax, 0x80000001
    cpuid
    bt edx, 29 ; LM
    jnc .no_long_mode
    mov edi, edx
    jmp make_tables
.no_long_mode:
    mov esi, message_no_long_mode
.next_character:
    lodsb
    test al, al
    jz .halt
    mov dx, SERIAL_PORT
    out dx, al
    jmp .next_character
.halt:
    hlt
    jmp .halt

; In: EDI = CPUID 80000001h EDX.
make_tables:
    mov ecx, 0
.next_large_page:
    mov eax, ecx
    shl eax, 21
    or eax, PAGE_LARGE
    mov [boot_directories_low + ecx * 8], eax
    inc ecx
    cmp ecx, 2048
    jb .next_large_page

    mov eax, boot_directories_low + PAGE_PRESENT_WRITABLE
    mov ecx, 0
.next_directory:
    mov [boot_pointers_low + ecx * 8], eax
    add eax, 4096
    inc ecx
    cmp ecx, 4
    jb .next_directory

    mov eax, boot_pointers_low + PAGE_PRESENT_WRITABLE
    mov [boot_root_low], eax
    mov [boot_root_low + 256 * 8], eax
    mov [boot_root_low + 257 * 8], eax

    mov eax, CR4_WANTED
    mov cr4, eax
    mov eax, boot_root_low
    mov cr3, eax
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_LME
    bt edi, 20 ; NX
    jnc .no_nx
    or eax, EFER_NXE
.no_nx:
    wrmsr
    mov eax, cr0
    and eax, ~CR0_CLEARED
    or eax, CR0_WANTED
    mov cr0, eax
    lgdt [boot_gdt_pointer]
    jmp 0x08:enter_long_mode

bits 64
enter_long_mode:
    mov rax, entry_high
    jmp rax

align 8, db 0
boot_gdt:
    dq 0
    dq 0x00af9b000000ffff ; 64-bit code
    dq 0x00cf93000000ffff ; data
boot_gdt_pointer:
    dw boot_gdt_pointer - boot_gdt - 1
    dq boot_gdt

message_no_long_mode: db "coopvirt: this CPU has no 64-bit mode", 13, 10, 0

section .text
default rel
entry_high:
    mov eax, 0x10
    mov ds, eax
    mov es, eax
    mov ss, eax
    xor eax, eax
    mov fs, eax
    mov gs, eax
    lea rsp, [boot_stack_top]
    lea rax, [cpu_boot]
    mov rdx, rax
    shr rdx, 32
    mov ecx, MSR_GS_BASE
    wrmsr
    mov edi, ebp
    mov esi, esi
    xor ebp, ebp
    call hv_main
.halt:
    cli
    hlt
    jmp .halt

section .bss nobits alloc noexec write align=4096
alignb 4096
global boot_root, boot_pointers, boot_directories, boot_stack_guard, boot_stack, boot_stack_top
boot_root: resb 4096
boot_pointers: resb 4096
boot_directories: resb 4 * 4096
boot_stack_guard: resb 4096 ; paging_start leaves it out
boot_stack: resb BOOT_STACK_BYTES
boot_stack_top:
