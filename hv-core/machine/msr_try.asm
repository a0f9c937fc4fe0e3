; SPDX-License-Identifier: GPL-2.0-or-later
;
; RDMSR and WRMSR that may fault: trap.c sends a #GP of either to msr_try_failed.

bits 64
default rel
section .text

; bool msr_try_read(uint32_t msr, uint64_t *value)
global msr_try_read:function hidden
global msr_try_read_at:data hidden
msr_try_read:
    mov ecx, edi
msr_try_read_at:
    rdmsr
    shl rdx, 32
    or rax, rdx
    mov [rsi], rax
    mov eax, 1
    ret

; bool msr_try_write(uint32_t msr, uint64_t value)
global msr_try_write:function hidden
global msr_try_write_at:data hidden
msr_try_write:
    mov ecx, edi
    mov rax, rsi
    mov rdx, rsi
    shr rdx, 32
msr_try_write_at:
    wrmsr
    mov eax, 1
    ret

global msr_try_failed:data hidden
msr_try_failed:
    xor eax, eax
    ret
