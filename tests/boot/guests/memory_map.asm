; SPDX-License-Identifier: GPL-2.0-or-later
;
; Reads the memory map, writes into each 2 MiB of what is available its own address, and reads all of them back, as one
; region.

%include "guest.inc"

MAP_LENGTH  equ 44              ; in the Multiboot information
MAP_ADDRESS equ 48
LARGE       equ 0x200000
PORT_MARKER equ 0x0cb0

bits 32
main:
    ; 512 GiB one to one, by pages of 1 GiB.
    mov edi, giant_l3
    mov eax, 0x87
    xor edx, edx
.next:
    mov [edi], eax
    mov [edi + 4], edx
    add edi, 8
    add eax, 1 << 30
    adc edx, 0
    cmp edi, giant_l3 + 4096
    jne .next
    LONG_MODE main64

bits 64
main64:
    mov rax, cr3
    mov rdi, rax
    mov dword [rdi], giant_l3 + 7
    mov cr3, rax
    mov dx, PORT_MARKER
    mov eax, 1 << 1
    out dx, eax
    mov r12, write_page
    call each_page
    mov r12, read_page
    call each_page
    mov dx, PORT_MARKER
    mov eax, 1 << 1 | 1
    out dx, eax
    PRINT "ranges behind 4 GiB: "
    mov rax, r10
    call print_hex
    PRINT "pages of 2 MiB: "
    mov rax, r11
    call print_hex
    EXIT EXIT_OK

write_page:
    mov [rdi], rdi
    ret

read_page:
    cmp [rdi], rdi
    jne .wrong
    ret
.wrong:
    PRINTLN "another address is here"
    EXIT EXIT_FAILED

; Calls R12 with each aligned 2 MiB from 2 MiB on in RDI. Counts them in R11, and in R10 the ranges behind 4 GiB.
each_page:
    xor r10, r10
    xor r11, r11
    mov r8d, [abs multiboot]
    mov r9d, [r8 + MAP_LENGTH]
    mov r8d, [r8 + MAP_ADDRESS]
    add r9, r8
.range:
    cmp r8, r9
    jae .done
    cmp dword [r8 + 20], 1      ; available
    jne .next_range
    mov rdi, [r8 + 4]
    mov rsi, [r8 + 12]
    add rsi, rdi
    mov rax, 1 << 32
    cmp rdi, rax
    jb .align
    inc r10
.align:
    add rdi, LARGE - 1
    and rdi, -LARGE
    cmp rdi, LARGE
    jae .page
    mov edi, LARGE
.page:
    lea rax, [rdi + LARGE]
    cmp rax, rsi
    ja .next_range
    call r12
    inc r11
    add rdi, LARGE
    jmp .page
.next_range:
    mov eax, [r8]
    lea r8, [r8 + rax + 4]
    jmp .range
.done:
    ret

section .bss
alignb 4096
giant_l3: resb 4096
section .text
