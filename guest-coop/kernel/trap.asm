; SPDX-License-Identifier: GPL-2.0-or-later
;
; Entries into the kernel and returns from it, for the bare machine and everything like it: SYSCALL,
; exceptions and interrupts. Each builds a struct trap_frame (kernel/trap.h) on the process's kernel
; stack. GS is the CPU's in the kernel, the user's outside.

%include "offsets.inc"
%include "kernel/trap_frame.inc"

bits 64
default rel
extern trap_dispatch, trap_first_return, syscall_dispatch, scheduler_finish_switch
global trap_stubs, trap_syscall_entry, trap_return_to_user, trap_child_entry, scheduler_switch_stack

section .text

; SYSCALL: RCX = user RIP, R11 = user RFLAGS, interrupts off by SFMASK. APM vol. 2, "SYSCALL and SYSRET".
align 16
trap_syscall_entry:
    swapgs
    mov [gs:CPU_USER_STACK], rsp
    mov rsp, [gs:CPU_KERNEL_STACK]
    push SELECTOR_USER_DATA_VALUE
    push qword [gs:CPU_USER_STACK]
    push r11
    push SELECTOR_USER_CODE_VALUE
    push rcx
    push rax                        ; the call's number outlives the result, for restarts
    push VECTOR_SYSCALL_VALUE
    PUSH_REGISTERS
    xor ebp, ebp                    ; the end of the frame chain
    mov rdi, rsp
    call syscall_dispatch
; The dispatcher has done the work of the return. SYSRET only where the frame still is a system call's
; (not after sigreturn or exec) and RIP is canonical: SDM vol. 2, "SYSRET", faults in ring 0 otherwise.
.return:
    cmp dword [rsp + FRAME_VECTOR], VECTOR_SYSCALL_VALUE
    jne trap_return_to_user
    mov rax, [rsp + FRAME_RIP]
    shr rax, 47
    jnz trap_return_to_user
    POP_REGISTERS_TO_R9
    add rsp, 16                     ; R11 and RCX come from the frame's RFLAGS and RIP
    pop rax
    mov rcx, [rsp + FRAME_RIP - FRAME_VECTOR]
    mov r11, [rsp + FRAME_RFLAGS - FRAME_VECTOR]
    mov rsp, [rsp + FRAME_RSP - FRAME_VECTOR]
    swapgs
    o64 sysret

; Exceptions and interrupts: 256 stubs of equal size.
align 16
trap_stubs:
%assign vector 0
%rep 256
    align TRAP_STUB_BYTES_VALUE
%if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
%else
    push 0
%endif
    push vector
%if vector == 1 || vector == 2 || vector == 8 || vector == 18
    jmp trap_own_stack
%else
    jmp trap_common
%endif
%assign vector vector + 1
%endrep

align 16
trap_common:
    cld
    test byte [rsp + 24], 3
    jz .from_kernel
    swapgs
.from_user:
    PUSH_REGISTERS
    xor ebp, ebp
    mov rdi, rsp
    call trap_dispatch
    jmp trap_return_to_user
.from_kernel:
    PUSH_REGISTERS
    mov rdi, rsp
    call trap_dispatch
    jmp trap_return_to_kernel

; NMI, #DB, #DF, #MC have stacks of their own, since they come at any instruction. From user mode they move to the
; process's stack and go on as usual. From the kernel GS may still be the user's: its sign tells.
align 16
trap_own_stack:
    cld
    test byte [rsp + 24], 3
    jz .from_kernel
    swapgs
    push rax
    mov rax, rsp
    mov rsp, [gs:CPU_KERNEL_STACK]
    push qword [rax + 56]           ; SS
    push qword [rax + 48]           ; RSP
    push qword [rax + 40]           ; RFLAGS
    push qword [rax + 32]           ; CS
    push qword [rax + 24]           ; RIP
    push qword [rax + 16]           ; error
    push qword [rax + 8]            ; vector
    mov rax, [rax]
    jmp trap_common.from_user
.from_kernel:
    PUSH_REGISTERS
    mov ecx, 0xc0000101             ; GS_BASE
    rdmsr
    xor ebx, ebx
    test edx, edx
    js .kernel_gs
    inc ebx
    swapgs
.kernel_gs:
    mov rdi, rsp
    call trap_dispatch
    test ebx, ebx
    jz trap_return_to_kernel
    swapgs
trap_return_to_kernel:
    POP_REGISTERS_TO_R9
    pop r11
    pop rcx
    pop rax
    add rsp, 16
    iretq

; A new process comes here from scheduler_switch_stack for its first run. RBX = a kernel function to run first, or 0.
trap_child_entry:
    call scheduler_finish_switch
    test rbx, rbx
    jz .first
    call rbx
.first:
    jmp [trap_first_return]

; RSP at a trap frame of user mode; interrupts are off.
trap_return_to_user:
    POP_REGISTERS_TO_R9
    pop r11
    pop rcx
    pop rax
    add rsp, 16
    swapgs
    iretq

; void scheduler_switch_stack(uint64_t *save, uint64_t load): keeps the callee-saved registers on this stack,
; stores its pointer at *save, goes on with the stack `load`.
align 16
scheduler_switch_stack:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    mov [rdi], rsp
    mov rsp, rsi
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
