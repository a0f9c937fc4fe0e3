; SPDX-License-Identifier: GPL-2.0-or-later
;
; Entries into the kernel and returns from it where it has no ring 0: the hypervisor has left in the shared page where
; the CPU was (struct coop_frame), and comes here with upcalls masked. Each entry builds the struct trap_frame that
; kernel/trap.asm builds on the bare machine, on the process's kernel stack; the way back is a hypercall. GS is the
; kernel's all the while. RSP serves as a pointer until there is a stack.

%include "offsets.inc"
%include "kernel/trap_frame.inc"

bits 64
default rel
extern trap_dispatch, syscall_dispatch
global paravirt_system_call, paravirt_exception, paravirt_upcall, paravirt_return_to_user

FLAGS_IF            equ 0x200
EMERGENCY_BYTES     equ 4096
VECTOR_DOUBLE_FAULT equ 8

; One member of the trap frame at RSP goes to the shared page at RCX, by way of RAX.
%macro GIVE 1
    mov rax, [rsp + FRAME_%1]
    mov [rcx + SHARED_%1], rax
%endmacro

section .text

; From guest user mode: RCX and R11 are free.
align 16
paravirt_system_call:
    mov rsp, [gs:CPU_KERNEL_STACK]
    mov rcx, [gs:CPU_SHARED]
    mov r11, [rcx + SHARED_RFLAGS]
    push SELECTOR_USER_DATA_VALUE
    push qword [rcx + SHARED_RSP]
    push r11
    push SELECTOR_USER_CODE_VALUE
    mov rcx, [rcx + SHARED_RIP]
    push rcx
    push rax                        ; the call's number outlives the result, for restarts
    push VECTOR_SYSCALL_VALUE
    PUSH_REGISTERS
    xor ebp, ebp                    ; the end of the frame chain
    mov rdi, rsp
    call syscall_dispatch

; RSP at a trap frame of user mode; upcalls are masked.
paravirt_return_to_user:
    mov rcx, [gs:CPU_SHARED]
    GIVE RIP
    GIVE CS
    GIVE RFLAGS
    GIVE RSP
    GIVE RAX
    GIVE RCX
    GIVE R11
    POP_REGISTERS_TO_R9
    mov eax, HYPERCALL_RETURN
    syscall

align 16
paravirt_upcall:
    mov rsp, [gs:CPU_SHARED]
    mov qword [rsp + SHARED_VECTOR], VECTOR_UPCALL_VALUE

; Every exception; and interrupts where they come from emulated controllers.
paravirt_exception:
    mov rsp, [gs:CPU_SHARED]
    mov [rsp + SHARED_RAX], rax
    mov rax, rsp
    test byte [rax + SHARED_CS], 3
    jz .from_kernel
    mov rsp, [gs:CPU_KERNEL_STACK]
.build:
    push qword [rax + SHARED_SS]
    push qword [rax + SHARED_RSP]
    push qword [rax + SHARED_RFLAGS]
    push qword [rax + SHARED_CS]
    push qword [rax + SHARED_RIP]
    push qword [rax + SHARED_ERROR]
    push qword [rax + SHARED_VECTOR]
    mov rax, [rax + SHARED_RAX]
    PUSH_REGISTERS
    test byte [rsp + FRAME_CS], 3
    jz .kernel
    xor ebp, ebp
    mov rdi, rsp
    call trap_dispatch
    jmp paravirt_return_to_user
.kernel:
    mov rdi, rsp
    call trap_dispatch
    test dword [rsp + FRAME_RFLAGS], FLAGS_IF
    jnz paravirt_return_to_user     ; upcalls are to be unmasked
    mov qword [rsp + FRAME_CS], SELECTOR_USER_CODE_VALUE ; the ring that it is
    mov qword [rsp + FRAME_SS], SELECTOR_USER_DATA_VALUE
    POP_REGISTERS_TO_R9
    pop r11
    pop rcx
    pop rax
    add rsp, 16
    iretq

; A fault in the few instructions above is one of the stack they build on.
.from_kernel:
    mov [rax + SHARED_RCX], rcx
    lea rcx, [paravirt_exception]
    neg rcx
    add rcx, [rax + SHARED_RIP]
    cmp rcx, .end - paravirt_exception
    mov rcx, [rax + SHARED_RCX]
    jb .no_stack
    mov rsp, [rax + SHARED_RSP]
    and rsp, -16
    jmp .build
.no_stack:
    lea rsp, [paravirt_emergency_end]
    mov qword [rax + SHARED_VECTOR], VECTOR_DOUBLE_FAULT
    jmp .build
.end:

section .bss nobits alloc noexec write align=16
paravirt_emergency: resb EMERGENCY_BYTES
paravirt_emergency_end:
