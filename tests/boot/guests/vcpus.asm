; SPDX-License-Identifier: GPL-2.0-or-later
;
; Several VCPUs where there is no local APIC: they are started by hypercall, count together, and wake one another by
; events. Then one changes what the others have mapped, and flushes them by a mask: what they read must be what the
; tables say. The same with memory that is given back. Whatever is asked wrongly is refused.

%include "guest.inc"
%include "queue.inc"

ROUNDS      equ 1000
FLUSHES     equ 30
UPCALL      equ 0x50
EVENT_WAKE  equ 40
EVENT_DONE  equ 41

DIRECTORY   equ 0x400000       ; at these addresses there are no program and no stack
TABLE       equ 0x401000
FRAME_1     equ 0x403000       ; begins with 1
FRAME_2     equ 0x404000       ; begins with 2
LENT        equ 0x405000       ; is given back
WINDOW      equ 0x100000000    ; what DIRECTORY maps

%macro EXPECT 1
    cmp rax, %1
    jne wrong
%endmacro

%macro VCPU 3                  ; operation, number, third argument
    mov edi, %1
    mov rsi, %2
    mov rdx, %3
    CALL CALL_VCPU
%endmacro

; A start-up with one member changed.
%macro BAD_START 2
    push qword [abs vcpu_start.%1]
    mov rax, %2
    mov [abs vcpu_start.%1], rax
    VCPU VCPU_START, 1, vcpu_start
    pop qword [abs vcpu_start.%1]
    EXPECT -EINVAL
%endmacro

LONG_MAIN
    FIND_HYPERVISOR
    GATE UPCALL, on_upcall
    call refused_calls
    call refused_starts
    SAY "what is wrong is refused"

    call start_vcpus
    VCPU VCPU_START, 1, vcpu_start
    EXPECT -EBUSY
    VCPU VCPU_STATE, 1, 0
    EXPECT 1
    call add_rounds
    call wait_done
    mov eax, [abs vcpu_count]
    imul eax, eax, ROUNDS
    cmp eax, [abs counter]
    jne wrong
    SAY "all are up and have counted"

    call events
    SAY "events wake whom they are for"
    call make_window
    mov qword [abs task], read_always
    call ask
    call flushes
    SAY "flushed by a mask"
    cmp dword [abs older], 0
    je .lent
    SAY "older translations had been in use"
.lent:
    call memory_lent
    SAY "memory that is gone is gone for all"

    mov qword [abs task], stop_and_come_back
    call come_back
    SAY "down and up again"
    EXIT EXIT_OK
wrong:
    SAY "wrong"
    EXIT EXIT_FAILED

refused_calls:
    VCPU VCPU_STATE, 0, 0
    EXPECT 1
    VCPU VCPU_STATE, 1, 0
    EXPECT 0
    mov esi, [abs vcpu_count]
    VCPU VCPU_STATE, rsi, 0
    EXPECT -EINVAL
    VCPU VCPU_STATE, 16, 0
    EXPECT -EINVAL
    VCPU VCPU_RAISE, 1 << 40, EVENT_WAKE
    EXPECT -EINVAL
    VCPU VCPU_START, -1, vcpu_start
    EXPECT -EINVAL
    VCPU VCPU_RAISE, 1, 64
    EXPECT -EINVAL
    VCPU VCPU_STOP, 1, 0
    EXPECT -EINVAL
    VCPU 4, 0, 0
    EXPECT -EINVAL
    mov eax, FLUSH_ALL
    mov edx, 1
    mov ecx, [abs vcpu_count]
    shl edx, cl
    call flush
    mov rdx, EINVAL << 32
    EXPECT rdx
    xor eax, eax                    ; an entry of a table: none of the hypervisor's business here
    xor edx, edx
    call flush
    mov rdx, EINVAL << 32
    EXPECT rdx
    mov edi, operation + 8
    mov esi, 1
    CALL CALL_MMU_BATCH
    EXPECT -EINVAL
    mov edi, operation
    mov esi, 2049
    CALL CALL_MMU_BATCH
    EXPECT -EINVAL
    mov edi, 0xf0000000
    mov esi, 1
    CALL CALL_MMU_BATCH
    EXPECT -EFAULT
    ret

refused_starts:
    mov rax, cr3
    mov [abs vcpu_start.root], rax
    BAD_START size, 39              ; and `reserved`, the upper half
    BAD_START size, 1 << 32 | 40
    BAD_START root, page_l4 + 8
    BAD_START root, 0xf0000000
    BAD_START root, 1 << 51
    BAD_START entry, 1 << 47
    BAD_START stack, 0x7fff << 48
    VCPU VCPU_START, 1, 0xf0000000
    EXPECT -EFAULT
    VCPU VCPU_START, 0, vcpu_start
    EXPECT -EBUSY
    ret

; Every other one sleeps; each is woken by itself, and wakes the first.
events:
    mov qword [abs task], sleep_always
    mov edi, UPCALL
    CALL CALL_UPCALL
    sti
    mov ebx, 1
.next:
    VCPU VCPU_RAISE, rbx, EVENT_WAKE
    EXPECT 0
.wait:
    call relax
    cmp byte [abs upcalls], bl      ; answered
    jne .wait
    mov ecx, 1
.check:
    xor eax, eax
    cmp ecx, ebx
    setbe al
    cmp [rcx + upcalls], al         ; those before too, those behind not yet
    jne wrong
    inc ecx
    cmp ecx, [abs vcpu_count]
    jne .check
    inc ebx
    cmp ebx, [abs vcpu_count]
    jne .next
    cli
    ret

; FRAME_1 and FRAME_2 come and go in one entry; whether an older translation is in use before the flush is the CPU's
; affair.
flushes:
    mov ebx, FLUSHES
.next:
    mov eax, ebx
    and eax, 1
    lea edi, [rax + 1]              ; what is to be read
    shl eax, 12
    add eax, FRAME_1 | 7
    mov [abs TABLE], rax
    call ask                        ; not flushed
    call count_older
    mov ecx, [abs vcpu_count]
    mov edx, 1
    shl edx, cl
    dec edx                         ; all of them
    mov eax, WINDOW >> 32
    shl rax, 32
    or rax, FLUSH_PAGE
    test ebx, 4
    jz .flush
    mov eax, FLUSH_ALL
.flush:
    push rdi
    call flush
    pop rdi
    EXPECT 1
    mov rax, WINDOW
    cmp rdi, [rax]
    jne wrong
    call ask
    call check_values
    dec ebx
    jnz .next
    ret

memory_lent:
    mov qword [abs TABLE], LENT | 7
    mov rdi, LENT
    mov qword [rdi], 7
    mov eax, FLUSH_ALL

    mov ecx, [abs vcpu_count]
    bts rdx, rcx
    mov edx, 1
    shl edx, cl
    sub edx, 2                      ; all but this one
    call flush
    EXPECT 1
    call ask
    mov edi, 7
    call check_values
    xor edi, edi                    ; release
    call memory
    call ask
    mov rdi, -1                     ; nothing is there
    call check_values
    mov edi, 1                      ; populate
    call memory
    call ask
    xor edi, edi
    jmp check_values

; They stop, which they can by themselves alone, and are started once more.
come_back:
    mov r13d, 1
.next:
    call relax
    VCPU VCPU_STATE, r13, 0
    test eax, eax
    jnz .next
    mov edx, enter_other
    call start_vcpu
    EXPECT 0
    inc r13d
    cmp r13d, [abs vcpu_count]
    jne .next
.up:
    call relax
    mov eax, [abs vcpu_count]
    lea eax, [2 * eax - 1]
    cmp eax, [abs vcpus_up]
    jne .up
    ret

; Operation RAX with value RDX.
flush:
    mov [abs operation], rax
    mov [abs operation + 8], rdx
    mov edi, operation
    mov esi, 1
    CALL CALL_MMU_BATCH
    ret

; LENT is given back (EDI = 0) or taken again.
memory:
    mov esi, lent
    mov edx, 1
    CALL CALL_MEMORY
    EXPECT 1
    ret

make_window:
    mov rdi, DIRECTORY
    mov ecx, 6 * 4096 / 8
    xor eax, eax
    rep stosq
    mov qword [abs FRAME_1], 1
    mov qword [abs FRAME_2], 2
    mov qword [abs TABLE], FRAME_1 | 7
    mov qword [abs DIRECTORY], TABLE | 7
    mov qword [abs page_l3 + 4 * 8], DIRECTORY | 7
    ret

; The others' readings of WINDOW, taken from now on.
ask:
    inc dword [abs asked]
    mov eax, [abs asked]
    mov ecx, 1
.wait:
    call relax
    cmp [rcx * 4 + answered], eax
    jne .wait
    inc ecx
    cmp ecx, [abs vcpu_count]
    jne .wait
    ret

; Readings that are not RDI.
count_older:
    mov ecx, 1
.next:
    cmp [rcx * 8 + values], rdi
    je .newer
    inc dword [abs older]
.newer:
    inc ecx
    cmp ecx, [abs vcpu_count]
    jne .next
    ret

; They are all RDI.
check_values:
    mov ecx, 1
.next:
    cmp [rcx * 8 + values], rdi
    jne wrong
    inc ecx
    cmp ecx, [abs vcpu_count]
    jne .next
    ret

add_rounds:
    mov ecx, ROUNDS
.next:
    lock inc dword [abs counter]
    loop .next
    lock inc dword [abs done]
    ret

wait_done:
    call relax
    mov eax, [abs done]
    cmp eax, [abs vcpu_count]
    jne wait_done
    ret

; Takes the event of this VCPU (R13), and of no other.
on_upcall:
    push rax
    push rcx
    imul rcx, r13, 4096
    add rcx, [abs vcpu_pages]
    mov byte [rcx + 16], 0          ; upcall_pending
    xor eax, eax
    xchg rax, [rcx]
    mov ecx, EVENT_WAKE
    test r13d, r13d
    jnz .compare
    mov ecx, EVENT_DONE
.compare:
    btr rax, rcx
    jnc wrong
    test rax, rax
    jnz wrong
    lock inc byte [r13 + upcalls]
    pop rcx
    pop rax
    iretq

; ---- the others

other:
    cmp dword [abs asked], 0
    jne .again                      ; was here before
    call add_rounds
.loop:
    sti
    call relax
    call [abs task]
    jmp .loop
.again:
    hlt                             ; for good: with interrupts off
    jmp wrong

nothing:
    ret

sleep_always:
    mov edi, UPCALL
    CALL CALL_UPCALL
.sleep:
    cli
    cmp byte [r13 + upcalls], 1
    je .woken
    CALL CALL_BLOCK
    jmp .sleep
.woken:
    sti
    VCPU VCPU_RAISE, 0, EVENT_DONE
    EXPECT 0
.wait:
    call relax
    cmp qword [abs task], sleep_always
    je .wait
    ret

read_always:
    mov ecx, [abs asked]
    mov rax, WINDOW
    mov rax, [rax]
    mov [r13 * 8 + values], rax
    mov [r13 * 4 + answered], ecx
    ret

stop_and_come_back:
    VCPU VCPU_STOP, r13, 0
    jmp wrong

section .data
align 16
operation: dq 0, 0
task: dq nothing
lent: dq LENT
counter: dd 0
done: dd 0
asked: dd 0
older: dd 0
answered: times VCPUS_MOST dd 0
values: times VCPUS_MOST dq 0
upcalls: times VCPUS_MOST db 0
section .text
