; SPDX-License-Identifier: GPL-2.0-or-later
;
; Runs of instructions of which each traps: writes to ports, strings to a port, control registers, MSRs, entries of page
; tables, CPUID, each ROUNDS times in a region of its own and with a result that is looked at. How many exits a
; hypervisor makes of a run is its own affair, and the records tell; what comes of it is not.

%include "guest.inc"

ROUNDS  equ 200
SCRATCH equ COM1 + 7
MARKER  equ 0x0cb0
PAT     equ 0x277
EFER    equ 0xc0000080
TABLE   equ 0x800000
FRAMES  equ 0x900000
WINDOW  equ 1 << 32

; Region %1: ROUNDS times what follows, up to END_RUN. EBX counts down.
%macro RUN 1
    mov edx, MARKER
    mov eax, %1 << 1
    out dx, eax
    mov ebx, ROUNDS
%%round:
%define AROUND %%round
%define REGION %1
%endmacro

%macro END_RUN 1
    dec ebx
    jnz AROUND
    mov edx, MARKER
    mov eax, REGION << 1 | 1
    out dx, eax
    PRINTLN %1
%endmacro

; Goes to wrong unless %1 is %2.
%macro EXPECT 2
    cmp %1, %2
    jne wrong
%endmacro

LONG_MAIN
    mov rdi, TABLE
    mov ecx, 4096 / 8
    xor eax, eax
    rep stosq
    mov qword [abs directory], TABLE | 3
    mov rax, directory + 3
    mov [abs page_l3 + 4 * 8], rax
    mov rdi, FRAMES
    mov ecx, 16
.frame:
    mov [rdi], rdi
    add rdi, 4096
    loop .frame

    mov edx, SCRATCH
    RUN 1
    mov edx, SCRATCH
    mov al, 1
    out dx, al
    inc eax
    out dx, al
    mov al, bl
    out dx, al
    in al, dx
    EXPECT al, bl
    END_RUN "ports"

    RUN 2
    mov edx, SCRATCH
    mov [abs text + 3], bl
    mov [abs text + 7], bh
    mov rsi, text
    mov ecx, 4
    rep outsb
    in al, dx
    EXPECT al, bl
    mov ecx, 4
    rep outsb
    in al, dx
    EXPECT al, bh
    mov rdi, got
    mov ecx, 3
    rep insb
    EXPECT [abs got + 2], bh
    EXPECT ecx, 0
    END_RUN "strings to and from a port"

    mov r14, cr0
    mov r15, cr4
    RUN 3
    bts r14, 3                          ; TS
    mov cr0, r14
    mov rax, cr0
    EXPECT rax, r14
    btr r14, 3
    mov cr0, r14
    btc r15, 7                          ; PGE
    mov cr4, r15
    mov rax, cr4
    EXPECT rax, r15
    mov rax, cr3
    mov cr3, rax
    mov rcx, cr3
    EXPECT rax, rcx
    mov rax, cr0
    EXPECT rax, r14
    END_RUN "control registers"

    RUN 4
    mov ecx, PAT
    rdmsr
    mov r8d, eax
    xor edx, 0x01010000                 ; two other types of memory, which nothing uses
    mov r9d, edx
    wrmsr
    rdmsr
    EXPECT eax, r8d
    EXPECT edx, r9d
    mov ecx, EFER
    rdmsr
    xor eax, 1                          ; SYSCALL
    mov r8d, eax
    wrmsr
    rdmsr
    EXPECT eax, r8d
    END_RUN "MSRs"

    RUN 5
    mov rdi, TABLE
    mov ecx, ebx
    mov r8d, 8
.write:
    and ecx, 15
    mov eax, ecx
    shl eax, 12
    add eax, FRAMES + 3
    mov [rdi], rax
    add rdi, 8
    inc ecx
    dec r8d
    jnz .write
    mov rdi, WINDOW
    mov r8d, 8
    mov ecx, ebx
.look:
    invlpg [rdi]
    and ecx, 15
    mov eax, ecx
    shl eax, 12
    add eax, FRAMES
    EXPECT [rdi], rax
    inc ecx
    add rdi, 4096
    dec r8d
    jnz .look
    END_RUN "entries of a page table"

    xor eax, eax
    cpuid
    mov r8d, ecx
    RUN 6
    push rbx
    xor eax, eax
    cpuid
    mov eax, 0x80000000
    cpuid
    xor eax, eax
    cpuid
    pop rbx
    EXPECT ecx, r8d
    END_RUN "CPUID"
    EXIT EXIT_OK

wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED

section .data
text: db "abc.efg."
got: times 4 db 0

section .bss
alignb 4096
directory: resb 4096
section .text
