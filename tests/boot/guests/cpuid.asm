; SPDX-License-Identifier: GPL-2.0-or-later
;
; Instructions whose length the hypervisor must find in the bytes: CPUID with prefixes, in 32- and 64-bit code and
; across a page's end; the hypercall; and our CPUID block.

%include "guest.inc"

ABI_VERSION equ 0x10000         ; of coopvirt/abi.h

bits 32
main:
    xor eax, eax
    cpuid
    mov [vendor], ebx
    mov [vendor + 4], edx
    mov [vendor + 8], ecx
    mov esi, vendor
    call print32
    mov eax, 0x40000000
    db 0x66, 0x2e           ; prefixes that mean nothing to CPUID
    cpuid
    cmp ebx, 'Coop'
    jne .no
    PRINT32 "own block"
.no:
    LONG_MODE main64

bits 64
main64:
    mov eax, 0x40000000
    db 0x48                 ; rex.w
    cpuid
    cmp ebx, 'Coop'
    jne wrong
    PRINTLN "rex.w cpuid"
    ; The same with its last byte on the next page.
    mov rdi, 0x600fff - 1
    mov eax, 0xa20f48       ; rex.w cpuid
    mov [rdi], eax
    mov byte [rdi + 3], 0xc3
    mov eax, 0x40000001
    call rdi
    cmp eax, ABI_VERSION
    jne wrong
    PRINTLN "cpuid across pages"
    mov eax, 0x100
    call hypercall
    cmp eax, ABI_VERSION
    jne wrong
    PRINTLN "hypercall version"
    mov eax, 0x12345
    call hypercall
    cmp rax, -38
    jne wrong
    PRINTLN "unknown hypercall refused"
    EXIT EXIT_OK
wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED

section .data
vendor: times 12 db 0
    db 10, 0
