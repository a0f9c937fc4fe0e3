; SPDX-License-Identifier: GPL-2.0-or-later
;
; Moves between kernel and user memory. A fault that cannot be resolved continues at the entry's
; partner in the .fixups table (kernel/trap.c).

bits 64
default rel
global user_copy_raw, user_clear_raw, user_copy_string_raw

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

; long user_copy_string_raw(char *to, const char *from, size_t size): the length without the end, which is copied too;
; `size` when there is no end so far; -1 after a fault. Eight bytes at a time from an aligned address on: they lie in
; one page, so that nothing behind the string's end is touched that could fault.
align 16
user_copy_string_raw:
    xor eax, eax
    mov r8, 0x0101010101010101
    mov r9, 0x8080808080808080
.head:
    lea ecx, [rsi + rax]
    test cl, 7
    jz .words
    cmp rax, rdx
    je .end
.head_load:
    movzx ecx, byte [rsi + rax]
    mov [rdi + rax], cl
    inc rax
    test cl, cl
    jnz .head
    dec rax
.end:
    ret
.words:
    lea rcx, [rax + 8]
    cmp rcx, rdx
    ja .tail
.words_load:
    mov r10, [rsi + rax]
    mov r11, r10
    not r11
    and r11, r9
    mov rcx, r10
    sub rcx, r8
    test rcx, r11 ; a byte's highest bit where it was 0
    jnz .tail
    mov [rdi + rax], r10
    add rax, 8
    jmp .words
.tail:
    cmp rax, rdx
    je .end
.tail_load:
    movzx ecx, byte [rsi + rax]
    mov [rdi + rax], cl
    inc rax
    test cl, cl
    jnz .tail
    dec rax
    ret
FIXUP user_copy_string_raw.head_load, user_string_failed
FIXUP user_copy_string_raw.words_load, user_string_failed
FIXUP user_copy_string_raw.tail_load, user_string_failed

user_string_failed:
    mov rax, -1
    ret

user_copy_failed:
    mov eax, 1
    ret
