; SPDX-License-Identifier: GPL-2.0-or-later
;
; The edges of memory: what lies outside reads as ones and swallows writes, the BIOS area cannot be written, and
; fetching an instruction from nowhere stops the VM.

%include "guest.inc"

LONG_MAIN
    mov edi, 0xb0000000
    mov eax, [rdi]
    cmp eax, -1
    jne wrong
    mov dword [rdi], 1
    cmp dword [rdi], -1
    jne wrong
    PRINTLN "nothing at 0xb0000000"
    mov edi, 0xc0000
    movzx eax, byte [rdi]
    cmp eax, 0xff
    jne wrong
    PRINTLN "nothing where adapters have their ROMs"
    mov edi, 0xb8000
    mov dword [rdi], 0x07420741
    cmp dword [rdi], 0x07420741
    jne wrong
    PRINTLN "text memory keeps what is written"
    mov edi, 0xf8000
    mov ebx, [rdi]
    mov dword [rdi], 0x12345678
    cmp [rdi], ebx
    jne wrong
    lock or dword [rdi], 1
    PRINTLN "the BIOS area cannot be written"
    mov edi, 0xffffe        ; half in the BIOS area, half in memory
    mov eax, 0x55667788
    mov ebx, [rdi]
    xchg eax, ebx
    mov rax, 0x12345678
    mov edi, 0xb0000000
    PRINTLN "jump to nowhere"
    call rdi
wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED
