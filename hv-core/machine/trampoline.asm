; SPDX-License-Identifier: GPL-2.0-or-later
;
; Where a further CPU starts after its SIPI: real mode at CS:0 of a page below 1 MiB, to which this was copied, then
; straight into long mode on hv-core's page tables (which map that page as it is), then cpu_enter on the stack of
; the struct cpu that it finds. Position-independent: EBX holds the linear address of the copy.

%include "asm_offsets.inc"

MSR_EFER    equ 0xc0000080
MSR_GS_BASE equ 0xc0000101
CR0_WANTED  equ 0x80010033 ; PG WP NE ET MP PE
CR4_WANTED  equ 0x20       ; PAE

section .rodata progbits alloc noexec nowrite align=16
global trampoline_start, trampoline_data, trampoline_end

%define at(label) (label - trampoline_start)

bits 16
trampoline_start:
    cli
    cld
    mov ax, cs
    mov ds, ax
    movzx ebx, ax
    shl ebx, 4
    lea eax, [ebx + at(gdt)]
    mov [at(gdt_pointer) + 2], eax
    lea eax, [ebx + at(long_mode)]
    mov [at(far_pointer)], eax
    o32 lgdt [at(gdt_pointer)]

    mov eax, CR4_WANTED
    mov cr4, eax
    mov eax, [at(trampoline_data) + TRAMPOLINE_ROOT]
    mov cr3, eax
    mov ecx, MSR_EFER
    mov eax, [at(trampoline_data) + TRAMPOLINE_EFER]
    xor edx, edx
    wrmsr
    mov eax, CR0_WANTED
    mov cr0, eax
    jmp dword far [at(far_pointer)]

bits 64
long_mode:
    mov eax, 0x10
    mov ds, eax
    mov es, eax
    mov ss, eax
    xor eax, eax
    mov fs, eax
    mov gs, eax
    mov ebx, ebx
    xor eax, eax
    xchg rax, [rbx + at(trampoline_data) + TRAMPOLINE_CPU]
    test rax, rax
    jz .halt
    mov rsp, [rax + CPU_STACK_TOP]
    mov rdx, rax
    shr rdx, 32
    mov ecx, MSR_GS_BASE
    wrmsr
    xor ebp, ebp
    call [rbx + at(trampoline_data) + TRAMPOLINE_ENTRY]
.halt:
    cli
    hlt
    jmp .halt

align 8, db 0
gdt:
    dq 0
    dq 0x00af9b000000ffff ; 64-bit code
    dq 0x00cf93000000ffff ; data
gdt_pointer:
    dw gdt_pointer - gdt - 1
    dd 0
far_pointer:
    dd 0
    dw 0x08

align 8, db 0
trampoline_data: times TRAMPOLINE_BYTES db 0
trampoline_end:
