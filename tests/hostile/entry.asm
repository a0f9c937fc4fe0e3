; SPDX-License-Identifier: GPL-2.0-or-later
;
; The hostile guest's assembly: its notes and entry, hypercalls, the ways into its traps, and back out of them: a trap
; is recorded, and the innermost machine_try() returns false.

%include "offsets.inc"

NOTE_ENTRY      equ 1
NOTE_DIRECT_MAP equ 2
DIRECT_MAP      equ 0xffff880000000000
EXCEPTIONS      equ 32

bits 64
default rel

section .note.coopvirt align=4
%macro NOTE 2
    dd 9, 8, %1
    db "Coopvirt", 0, 0, 0, 0
    dq %2
%endmacro
    NOTE NOTE_ENTRY, entry_direct
    NOTE NOTE_DIRECT_MAP, DIRECT_MAP

section .text
extern main, trap, trap_from_frame, trap_unexpected, entry_hypercall_page

global entry_direct
entry_direct:
    mov rdi, rsi
    and rsp, -16
    xor ebp, ebp
    call main
    ud2

; long hypercall(number, rdi, rsi, rdx)
global hypercall
hypercall:
    mov rax, rdi
    mov rdi, rsi
    mov rsi, rdx
    mov rdx, rcx
    jmp [entry_hypercall_page]

; bool machine_try(long (*act)(uint64_t), uint64_t argument, long *result): false when it was left by a trap.
global machine_try
machine_try:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    push rdx
    push qword [recovery]
    sub rsp, 8
    mov [recovery], rsp
    mov rax, rdi
    mov rdi, rsi
    call rax
    mov ecx, 1
.out:
    add rsp, 8
    pop qword [recovery]
    pop rdx
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    mov [rdx], rax
    mov eax, ecx
    ret

recover:
    mov rsp, [recovery]
    push 2
    popfq
    xor ecx, ecx
    xor eax, eax
    jmp machine_try.out

; Traps in ring 0: all on a stack of their own. Vectors without an error code push 0.
%assign vector 0
%rep EXCEPTIONS
trap_%+vector:
    %if vector = 8 || (vector >= 10 && vector <= 14) || vector = 17 || vector = 21 || vector = 29 || vector = 30
    %else
    push 0
    %endif
    push vector
    jmp ring0_trap
    %assign vector vector + 1
%endrep

; Any other vector.
global trap_other
trap_other:
    push 0
    push 257

ring0_trap:
    mov [trap + TRAP_RAX], rax
    pop qword [trap + TRAP_VECTOR]
    pop qword [trap + TRAP_ERROR]
    pop qword [trap + TRAP_RIP]
    pop qword [trap + TRAP_CS]
    pop qword [trap + TRAP_RFLAGS]
    pop qword [trap + TRAP_RSP]
    mov rax, cr2
    mov [trap + TRAP_ADDRESS], rax
    cmp qword [recovery], 0
    jne recover
    lea rsp, [emergency_end]
    call trap_unexpected

; SYSCALL from user mode in ring 0.
global trap_syscall
trap_syscall:
    mov [trap + TRAP_RAX], rax
    mov qword [trap + TRAP_VECTOR], 256
    jmp recover

; Deprivileged: the entries of struct coop_traps.
%macro FRAME_ENTRY 2
global %1
%1:
    mov [trap + TRAP_RAX], rax
    mov edi, %2
    mov rsp, [recovery]
    test rsp, rsp
    jnz frame_trap
    lea rsp, [emergency_end]
    jmp frame_trap
%endmacro
    FRAME_ENTRY frame_exception, 0
    FRAME_ENTRY frame_system_call, 256
    FRAME_ENTRY frame_upcall, 257

frame_trap:
    pushfq
    pop qword [trap + TRAP_ENTRY_RFLAGS]
    cld
    call trap_from_frame
    cmp qword [recovery], 0
    jne recover
    call trap_unexpected

; user_enter(rip, rsp, rax, rdi): ring 3 from ring 0; comes back by a trap.
global user_enter
user_enter:
    push 0x2b
    push rsi
    push 2
    push 0x33
    push rdi
    mov rax, rdx
    mov rdi, rcx
    iretq

; long machine_read(uint64_t address): reads 8 bytes. machine_write, machine_call: as their names say.
global machine_read
machine_read:
    mov rax, [rdi]
    ret
global machine_write
machine_write:
    mov [rdi], rsi
    xor eax, eax
    ret
global machine_call
machine_call:
    call rdi
    xor eax, eax
    ret

section .rodata
global trap_stubs
trap_stubs:
%assign vector 0
%rep EXCEPTIONS
    dq trap_%+vector
    %assign vector vector + 1
%endrep

section .bss align=16
    resb 4096
emergency_end:
recovery: resq 1
