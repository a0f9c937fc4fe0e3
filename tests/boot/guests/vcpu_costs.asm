; SPDX-License-Identifier: GPL-2.0-or-later
;
; What flushing other VCPUs costs. Region N is FLUSHES flushes of N others that run (0: of this VCPU alone); region 4,
; of one that sleeps; region 5 is what the first of the others sees of FLUSHES flushes. The records say the rest.

%include "guest.inc"
%include "queue.inc"

FLUSHES       equ 16
MARKER      equ 0x0cb0
UPCALL      equ 0x50
EVENT       equ 40

%macro MARK 1
    mov edx, MARKER
    mov eax, %1
    out dx, eax
%endmacro

LONG_MAIN
    FIND_HYPERVISOR
    GATE UPCALL, on_upcall
    call start_vcpus
    xor r12d, r12d
.others:
    mov ecx, r12d
    mov r14d, 1
    shl r14d, cl
    dec r14d
    shl r14d, 1                     ; VCPUs 1 to R12
    lea r15d, [r12 * 2]             ; as a marker begins it
    call measure
    inc r12d
    cmp r12d, 4
    jne .others

    mov dword [abs wanted], 1       ; VCPU 1 counts what it sees
    call wait_ready
    mov r14d, 2
    mov r15d, 6 * 2
    call measure
    mov dword [abs wanted], 0
    call wait_gone

    mov dword [abs wanted], 2       ; and sleeps
    call wait_ready
    mov ecx, 1 << 20
.asleep:
    pause
    loop .asleep
    mov r14d, 2
    mov r15d, 4 * 2
    call measure
    SAY "measured"
    EXIT EXIT_OK
wrong:
    SAY "wrong"
    EXIT EXIT_FAILED

; FLUSHES flushes by mask R14, after some that warm up, as region R15 >> 1.
measure:
    mov dword [abs operation], FLUSH_ALL
    mov [abs operation + 8], r14
    call flushes
    MARK r15d
    call flushes
    lea eax, [r15 + 1]
    mov edx, MARKER
    out dx, eax
    ret

flushes:
    mov ebx, FLUSHES
.next:
    mov edi, operation
    mov esi, 1
    CALL CALL_MMU_BATCH
    cmp rax, 1
    jne wrong
    dec ebx
    jnz .next
    ret

wait_ready:
    pause
    cmp dword [abs ready], 1
    jne wait_ready
    ret

wait_gone:
    pause
    cmp dword [abs ready], 0
    jne wait_gone
    ret

on_upcall:
    iretq

other:
    sti                             ; as kernels wait: Bochs' CPUs are not always interrupted without
    cmp r13d, 1
    jne .spin
    mov edi, UPCALL
    CALL CALL_UPCALL
.idle:
    pause
    mov eax, [abs wanted]
    cmp eax, 1
    je .count
    cmp eax, 2
    jne .idle
    mov dword [abs ready], 1
.sleep:
    CALL CALL_BLOCK
    jmp .sleep
.count:
    MARK 5 * 2
    mov dword [abs ready], 1
.counting:
    pause
    cmp dword [abs wanted], 0
    jne .counting
    MARK 5 * 2 + 1
    mov dword [abs ready], 0
    jmp .idle
.spin:
    pause
    jmp .spin

section .data
align 16
operation: dq 0, 0
wanted: dd 0
ready: dd 0
section .text
