; SPDX-License-Identifier: GPL-2.0-or-later
;
; Moves between kernel and user memory. A fault that cannot be resolved continues at the entry's
; partner in the .fixups table (kernel/trap.c).

bits 64
default rel
global user_copy_raw, user_clear_raw, user_load_byte

%macro FIXUP 2
    section .fixups progbits alloc noexec nowrite align=8
    dq %1, %2
    section .text
%endmacro

section .text

; int user_copy_raw(void *to, const void *from, size_t bytes): 0, or 1 after a fault.
align 16
user_copy_raw:
    mov rcx, rdx
    shr rcx, 3
.words:
    rep movsq
    mov ecx, edx
    and ecx, 7
.bytes:
    rep movsb
    xor eax, eax
    ret
FIXUP user_copy_raw.words, user_copy_failed
FIXUP user_copy_raw.bytes, user_copy_failed

; int user_clear_raw(void *to, size_t bytes): the same.
align 16
user_clear_raw:
    xor eax, eax
    mov rcx, rsi
    shr rcx, 3
.words:
    rep stosq
    mov ecx, esi
    and ecx, 7
.bytes:
    rep stosb
    ret
FIXUP user_clear_raw.words, user_copy_failed
FIXUP user_clear_raw.bytes, user_copy_failed

; int user_load_byte(const void *from): the byte, or -1 after a fault.
align 16
user_load_byte:
.load:
    movzx eax, byte [rdi]
    ret
FIXUP user_load_byte.load, user_load_failed

user_load_failed:
    mov eax, -1
    ret

user_copy_failed:
    mov eax, 1
    ret
