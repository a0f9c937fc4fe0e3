; SPDX-License-Identifier: GPL-2.0-or-later
;
; Fills vector (also the upper halves), debug and TSC_AUX registers, XCR0 and the TSC's upper half with a pattern of its
; own and looks at them for a long time. For several VMs on one CPU with short slices: each must find what it wrote.

%include "guest.inc"

IA32_TSC    equ 0x10

LONG_MAIN
    rdtsc
    mov ebx, eax
    or ebx, 1
    mov ecx, 0xc0000103
    mov eax, ebx
    xor edx, edx
    wrmsr
    mov rax, rbx
    mov dr0, rax
    inc rax
    mov dr3, rax
    movd xmm0, ebx
    movd xmm15, ebx
    paddd xmm15, xmm0
    movdqa xmm7, xmm15
    fninit
    mov [abs number], ebx
    fild dword [abs number]
    mov rax, cr4
    bts rax, 18             ; OSXSAVE
    mov cr4, rax
    xor ecx, ecx
    xor edx, edx
    mov eax, 7              ; x87, SSE, AVX
    xsetbv
    vmovd xmm3, ebx
    vinsertf128 ymm3, ymm3, xmm3, 1
    mov r14d, ebx           ; AVX stays on or not, by chance
    and r14d, 4 << 8
    shr r14d, 8
    or r14d, 3
    mov eax, r14d
    xsetbv
    mov ecx, IA32_TSC
    xor eax, eax
    mov edx, ebx
    wrmsr
    mov r15d, 200
again:
    mov ecx, 100000
.spin:
    loop .spin
    mov ecx, 0xc0000103
    rdmsr
    cmp eax, ebx
    jne wrong
    mov ecx, IA32_TSC
    rdmsr
    cmp edx, ebx
    jne wrong
    rdtsc
    cmp edx, ebx
    jne wrong
    rdtscp
    cmp edx, ebx
    jne wrong
    cmp ecx, ebx
    jne wrong
    xor ecx, ecx
    xgetbv
    cmp eax, r14d
    jne wrong
    xor edx, edx
    mov eax, 7
    xsetbv
    vextractf128 xmm4, ymm3, 1
    vmovd eax, xmm4
    cmp eax, ebx
    jne wrong
    mov eax, r14d
    xsetbv
    mov rax, dr0
    cmp rax, rbx
    jne wrong
    mov rax, dr3
    dec rax
    cmp rax, rbx
    jne wrong
    movd eax, xmm0
    cmp eax, ebx
    jne wrong
    movd eax, xmm15
    add ebx, ebx
    cmp eax, ebx
    jne wrong
    mov ebx, [abs number]
    fist dword [abs copy]
    cmp [abs copy], ebx
    jne wrong
    dec r15d
    jnz again
    PRINTLN "kept apart"
    EXIT EXIT_OK
wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED

section .data
align 4
number: dd 0
copy: dd 0
