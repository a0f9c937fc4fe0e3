; SPDX-License-Identifier: GPL-2.0-or-later
;
; Two CPUs on one set of page tables: one edits what the other uses, and sends it an interrupt at which it forgets, as
; operating systems do. Then both edit at once, each its own entries of one table, and both count in one entry by locked
; instructions. What is read behind the interrupt must be what the tables say.

%include "guest.inc"
%include "second.inc"

ROUNDS      equ 100
OWN_ROUNDS  equ 300
LOCKED      equ 500
SHOOT       equ 0x50

DIRECTORY   equ 0x400000       ; at these addresses there are no program and no stack
TABLE_1     equ 0x401000
TABLE_2     equ 0x402000
FRAME_1     equ 0x403000       ; begins with 1
FRAME_2     equ 0x404000       ; begins with 2
WINDOW      equ 0x100000000    ; what DIRECTORY maps
OWN         equ 0x1000         ; behind it: the first CPU's own page, and the second's at twice that

LONG_MAIN
    mov rax, cr0
    bts rax, 16
    mov cr0, rax
    mov rdi, DIRECTORY
    mov ecx, 5 * 4096 / 8
    xor eax, eax
    rep stosq
    mov qword [abs FRAME_1], 1
    mov qword [abs FRAME_2], 2
    call make_table_1
    mov qword [abs TABLE_2], FRAME_2 | 7
    mov qword [abs DIRECTORY], TABLE_1 | 7
    mov qword [abs page_l3 + 4 * 8], DIRECTORY | 7
    mov r14, WINDOW
    GATE SHOOT, on_shoot
    GATE 14, on_page_fault
    START_SECOND
    call ask                   ; the second is there when it has read

    mov ebx, ROUNDS
.page:
    mov eax, ebx
    and eax, 1
    lea edi, [rax + 1]         ; what is to be read
    shl eax, 12
    add eax, FRAME_1 | 7
    mov [abs TABLE_1], rax
    call shoot_and_check
    dec ebx
    jnz .page
    PRINTLN "pages"

    mov ebx, ROUNDS
.table:
    mov qword [abs DIRECTORY], TABLE_2 | 7
    mov edi, 2
    call shoot_and_check
    mov rdi, TABLE_1           ; data now
    mov ecx, 512
    mov rax, 0x5a5a5a5a5a5a5a5a
    rep stosq
    mov edi, 2
    call shoot_and_check
    call make_table_1
    mov qword [abs DIRECTORY], TABLE_1 | 7
    mov edi, 1
    call shoot_and_check
    dec ebx
    jnz .table
    PRINTLN "tables"

    mov dword [abs task], write_always
    mov ebx, ROUNDS / 4
.right:
    mov ebp, [abs faults]
    mov qword [abs TABLE_1], FRAME_1 | 5
    call shoot
    mov rax, [abs FRAME_1 + 8]
.protected:
    pause
    cmp rax, [abs FRAME_1 + 8]
    jne wrong
    cmp ebp, [abs faults]
    je .protected
    mov qword [abs TABLE_1], FRAME_1 | 7
.again:
    pause
    cmp rax, [abs FRAME_1 + 8]
    je .again
    test byte [abs TABLE_1], 1 << 6    ; written: dirty
    jz wrong
    dec ebx
    jnz .right
    mov dword [abs task], read_always
    call ask
    PRINTLN "rights"

    mov dword [abs task], edit_own
    call edit_own_1
    call wait_done
    PRINTLN "both edit one table"

    mov dword [abs task], count_locked
    call count
    call wait_done
    mov eax, 2 * LOCKED << 9
    cmp [abs DIRECTORY + 5 * 8], rax
    jne wrong
    PRINTLN "both count in one entry"
    EXIT EXIT_OK
wrong:
    PRINTLN "wrong"
    EXIT EXIT_FAILED

; TABLE_1 maps FRAME_1 at WINDOW.
make_table_1:
    mov rdi, TABLE_1
    mov ecx, 512
    xor eax, eax
    rep stosq
    mov qword [abs TABLE_1], FRAME_1 | 7
    ret

; Both CPUs have forgotten WINDOW when this returns.
shoot:
    invlpg [r14]
    mov ecx, [abs shots]
    SEND 1, 0x4000 | SHOOT
.wait:
    pause
    cmp ecx, [abs shots]
    je .wait
    ret

; And both read EDI there.
shoot_and_check:
    call shoot
    call ask
    cmp edi, [abs value]
    jne wrong
    cmp rdi, [r14]
    jne wrong
    ret

; The second CPU's reading of WINDOW, taken from now on: to [value].
ask:
    inc dword [abs asked]
    mov ecx, [abs asked]
.wait:
    pause
    cmp ecx, [abs answered]
    jne .wait
    ret

wait_done:
    pause
    cmp dword [abs done], 0
    je wait_done
    mov dword [abs done], 0
    mov dword [abs task], read_always
    jmp ask

; A page of its own at RDI, mapped by the entry at RSI, changes OWN_ROUNDS times.
edit_own_1:
    lea rdi, [r14 + OWN]
    mov rsi, TABLE_1 + 8
edit_rounds:
    mov ecx, OWN_ROUNDS
.next:
    mov eax, ecx
    and eax, 1
    lea edx, [rax + 1]
    shl eax, 12
    add eax, FRAME_1 | 7
    mov [rsi], rax
    invlpg [rdi]
    cmp [rdi], rdx
    jne wrong
    dec ecx
    jnz .next
    ret

count:
    mov ecx, LOCKED
.next:
    lock add qword [abs DIRECTORY + 5 * 8], 1 << 9     ; not present: the bits are free
    dec ecx
    jnz .next
    ret

on_shoot:
    invlpg [r14]
    lock inc dword [abs shots]
    mov dword [r15 + LAPIC_EOI], 0
    iretq

; Of the second CPU: it may not write, until it may.
on_page_fault:
    add rsp, 8
    inc dword [abs faults]
    sti
.wait:
    pause
    test byte [abs TABLE_1], 2
    jz .wait
    iretq

second:
    mov r14, WINDOW
    sti
.loop:
    pause                      ; in an emulator of one thread, the other's turn
    mov eax, [abs task]
    call rax
    jmp .loop

read_always:
    mov ecx, [abs asked]
    mov rax, [r14]
    mov [abs value], eax
    mov [abs answered], ecx
    ret

write_always:
    lock inc qword [r14 + 8]
    ret

edit_own:
    lea rdi, [r14 + 2 * OWN]
    mov rsi, TABLE_1 + 16
    call edit_rounds
    jmp tell_done

count_locked:
    call count
tell_done:
    mov dword [abs done], 1
.wait:
    pause
    cmp dword [abs done], 0
    jne .wait
    mov dword [abs task], read_always
    ret

section .data
align 4
task: dd read_always
asked: dd 0
answered: dd 0
value: dd 0
shots: dd 0
faults: dd 0
done: dd 0
section .text
