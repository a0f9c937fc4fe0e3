; SPDX-License-Identifier: GPL-2.0-or-later
;
; The way into ring 3 and the three ways out of it: SYSCALL, and exceptions and interrupts by way of machine/trap.asm.
; The usual crossings are served here and never reach the run loop: a system call or exception of guest user mode goes
; to the guest's kernel, the kernel's return goes back, a hypercall goes to core's table. Each of them books its time
; and its cost as the run loop does. Frames go to the VCPU's shared page through hv-core's own map, so that no address
; of the guest's is ever touched. All else ends deprivileged_enter_ring3.
;
; GS is hv-core's between the two SWAPGS, and the guest's outside; while the guest runs, KERNEL_GS_BASE is hv-core's.
; Nothing but NMI, #DB and #MC can arrive in between, and they have stacks of their own.

bits 64
default rel
section .text

%include "asm_offsets.inc"
%include "cpu/general_registers.inc"
%include "coopvirt/mutation.inc"

extern hypercall_serve, deprivileged_account_large

MSR_KERNEL_GS_BASE equ 0xc0000102
FLAGS_IF equ 0x200

; The guest has just been left. RCX = struct vcpu; RAX and RDX are lost.
%macro ACCOUNT_EXIT 0
    rdtsc
    shl rdx, 32
    or rdx, rax
    mov [rcx + ACCOUNT_LAST], rdx
%endmacro

; It is about to be entered, after an exit for the reason. RCX = struct vcpu; RAX and RDX are lost.
%macro ACCOUNT_ENTER 1
    rdtsc
    shl rdx, 32
    or rax, rdx
    sub rax, [rcx + ACCOUNT_LAST]
    add [rcx + ACCOUNT_HYPERVISOR], rax
    cmp rax, [rcx + VCPU_BOOKED_BELOW]
    jae %%large
    inc dword [rcx + HISTOGRAM_%1 + rax * 4]
    jmp short %%done
%%large:
    mov rdx, [gs:CPU_ENTRY_STATE]
    mov dword [rdx + DEPRIVILEGED_RESUME_REASON], REASON_%1
    mov [rdx + DEPRIVILEGED_RESUME_STACK], rsp
    lea rsp, [%%done]
    mov [rdx + DEPRIVILEGED_RESUME], rsp
    jmp account_large
%%done:
%endmacro

; Base of GS in the mode that is entered next, from the state that RSP or RBX points to. RAX, RCX, RDX are lost.
%macro LOAD_GS 1
    mov eax, [%1]
    mov edx, [%1 + 4]
    mov ecx, MSR_KERNEL_GS_BASE
    wrmsr
%endmacro

; Jumps when the address is not canonical. The first register holds it, the second is lost.
%macro UNLESS_CANONICAL 3
    mov %2, %1
    sar %2, 47
    inc %2
    cmp %2, 1
    ja %3
%endmacro

; What a hypercall may read: RAX aside and RDX.
%macro SAVE_ARGUMENTS 1
    mov [%1 + RSI_AT], rsi
    mov [%1 + RDI_AT], rdi
    mov [%1 + R8_AT], r8
    mov [%1 + R9_AT], r9
    mov [%1 + R10_AT], r10
%endmacro

%macro SAVE_CALLEE_SAVED 1
    mov [%1 + RBX_AT], rbx
    mov [%1 + RBP_AT], rbp
    mov [%1 + R12_AT], r12
    mov [%1 + R13_AT], r13
    mov [%1 + R14_AT], r14
    mov [%1 + R15_AT], r15
%endmacro

; void deprivileged_enter_ring3(struct vcpu *vcpu): goes on where its state says and comes back at the next exit that is
; not served here, all of the guest's registers in vcpu->general and the state. Interrupts off.
global deprivileged_enter_ring3:function hidden
align 16
deprivileged_enter_ring3:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    sub rsp, 8
    mov rax, [rdi + VCPU_BACKEND]
    mov [rax + DEPRIVILEGED_STACK], rsp
    mov [gs:CPU_TASK_STACK], rsp
    mov rcx, [rax + DEPRIVILEGED_TASK_STACK]
    mov [rcx], rsp
    mov rcx, [rax + DEPRIVILEGED_RIP]
    SKIP_IF MUTATED(deprivileged_entry_rip), .canonical
    UNLESS_CANONICAL rcx, rdx, .bad_rip
.canonical:
    push SELECTOR_USER_DATA
    push qword [rax + DEPRIVILEGED_RSP]
    push qword [rax + DEPRIVILEGED_RFLAGS]
    push SELECTOR_USER_CODE
    push rcx
    mov rax, [rdi + RAX_AT]
    LOAD_GENERAL
    swapgs
    iretq
.bad_rip:
    mov qword [rax + DEPRIVILEGED_RAW_VECTOR], RAW_BAD_RIP

; RSP = DEPRIVILEGED_STACK.
leave_ring3:
    add rsp, 8
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

; SYSCALL: RCX = RIP behind it, R11 = RFLAGS, RSP the guest's. The guest's state serves as RSP until a stack is needed.
global deprivileged_system_call:function hidden
align 16
deprivileged_system_call:
    swapgs
    mov [gs:CPU_ENTRY_SCRATCH], rsp
    mov rsp, [gs:CPU_ENTRY_STATE]
    SKIP_IF MUTATED(deprivileged_call_of_user), system_call_of_kernel
    cmp byte [rsp + DEPRIVILEGED_IS_USER], 0
    je system_call_of_kernel
    mov [rsp + DEPRIVILEGED_RAX], rax
    mov [rsp + DEPRIVILEGED_RDX], rdx
    mov [rsp + DEPRIVILEGED_RIP], rcx
    mov rcx, [rsp + DEPRIVILEGED_VCPU]
    ACCOUNT_EXIT
    mov rdx, [rsp + DEPRIVILEGED_SHARED]
    mov rax, [rsp + DEPRIVILEGED_RIP]
    mov [rdx + SHARED_RIP], rax
    mov rax, [gs:CPU_ENTRY_SCRATCH]
    mov [rdx + SHARED_RSP], rax
    mov qword [rdx + SHARED_CS], SELECTOR_USER_CODE
    mov qword [rdx + SHARED_SS], SELECTOR_USER_DATA
    cmp byte [rdx + SHARED_MASKED], 0
    jne .masked
.unmasked:
    mov [rdx + SHARED_RFLAGS], r11
    mov byte [rdx + SHARED_MASKED], 1
    mov byte [rsp + DEPRIVILEGED_IS_USER], 0
    mov rax, [rsp + DEPRIVILEGED_KERNEL_ROOT]
    mov cr3, rax
    LOAD_GS rsp + DEPRIVILEGED_GS_KERNEL
    mov rcx, [rsp + DEPRIVILEGED_VCPU]
    ACCOUNT_ENTER SYSCALL_BOUNCE
    mov rax, [rsp + DEPRIVILEGED_RAX]
    mov rdx, [rsp + DEPRIVILEGED_RDX]
    mov rcx, [rsp + DEPRIVILEGED_SYSTEM_CALL_ENTRY]
    SKIP_IF MUTATED(deprivileged_call_flags), .with_flags
    mov r11d, FLAGS_ALWAYS
.with_flags:
    mov rsp, [gs:CPU_ENTRY_SCRATCH]
    swapgs
    o64 sysret
.masked:
    and r11d, ~FLAGS_IF
    jmp .unmasked

align 16
system_call_of_kernel:
    cmp rax, RETURN_CALL
    je system_call_return
    mov [rsp + DEPRIVILEGED_RIP], rcx
    mov [rsp + DEPRIVILEGED_RFLAGS], r11
    mov rcx, [rsp + DEPRIVILEGED_VCPU]
    mov [rcx + RAX_AT], rax
    mov [rcx + RDX_AT], rdx
    SAVE_ARGUMENTS rcx
    mov rax, [gs:CPU_ENTRY_SCRATCH]
    mov [rsp + DEPRIVILEGED_RSP], rax
    mov rsp, [rsp + DEPRIVILEGED_STACK]
    ACCOUNT_EXIT
    mov rdi, rcx
    call hypercall_serve
    mov rsp, [gs:CPU_ENTRY_STATE]
    test al, al
    jz .leave
    mov r11, [rsp + DEPRIVILEGED_RIP]
    SKIP_IF MUTATED(deprivileged_hypercall_rip), .canonical
    UNLESS_CANONICAL r11, rax, .bad_rip
.canonical:
    mov rcx, [rsp + DEPRIVILEGED_VCPU]
    ACCOUNT_ENTER HYPERCALL
    mov rax, [rcx + RAX_AT]
    mov rdx, [rcx + RDX_AT]
    mov rsi, [rcx + RSI_AT]
    mov rdi, [rcx + RDI_AT]
    mov r8, [rcx + R8_AT]
    mov r9, [rcx + R9_AT]
    mov r10, [rcx + R10_AT]
    mov rcx, r11
    mov r11, [rsp + DEPRIVILEGED_RFLAGS]
    mov rsp, [rsp + DEPRIVILEGED_RSP]
    swapgs
    o64 sysret
.bad_rip:
    mov qword [rsp + DEPRIVILEGED_RAW_VECTOR], RAW_BAD_RIP
    jmp .save
.leave:
    mov qword [rsp + DEPRIVILEGED_RAW_VECTOR], RAW_SERVED
.save:
    mov rax, [rsp + DEPRIVILEGED_VCPU]
    SAVE_CALLEE_SAVED rax
    mov rsp, [rsp + DEPRIVILEGED_STACK]
    jmp leave_ring3

; The kernel returns to guest user mode, with upcalls unmasked and none pending; another return is left to C.
align 16
system_call_return:
    mov [rsp + DEPRIVILEGED_RDX], rdx
    mov rcx, [rsp + DEPRIVILEGED_VCPU]
    ACCOUNT_EXIT
    mov rdx, [rsp + DEPRIVILEGED_SHARED]
    mov r11, [rdx + SHARED_RFLAGS]
    test r11d, FLAGS_IF
    jz .unusual
    cmp byte [rdx + SHARED_PENDING], 0
    jne .unusual
    SKIP_IF MUTATED(deprivileged_return_mode), .to_user
    test byte [rdx + SHARED_CS], 3
    jz .unusual
.to_user:
    mov rcx, [rdx + SHARED_RIP]
    SKIP_IF MUTATED(deprivileged_return_rip), .canonical
    UNLESS_CANONICAL rcx, rax, .unusual
.canonical:
    mov [rsp + DEPRIVILEGED_RIP], rcx
    mov rax, [rdx + SHARED_RSP]
    mov [rsp + DEPRIVILEGED_RSP], rax
    SKIP_IF MUTATED(deprivileged_return_flags), .with_flags
    and r11d, FLAGS_ALLOWED
.with_flags:
    or r11d, FLAGS_ALWAYS
    mov [rsp + DEPRIVILEGED_RFLAGS], r11
    mov byte [rdx + SHARED_MASKED], 0
    mov byte [rsp + DEPRIVILEGED_IS_USER], 1
    SKIP_IF MUTATED(deprivileged_return_root), .on_root
    mov rax, [rsp + DEPRIVILEGED_USER_ROOT]
    mov cr3, rax
.on_root:
    SKIP_IF MUTATED(deprivileged_return_gs), .with_gs
    LOAD_GS rsp + DEPRIVILEGED_GS_USER
.with_gs:
    mov rcx, [rsp + DEPRIVILEGED_VCPU]
    inc qword [rcx + ACCOUNT_RETURNS]
    ACCOUNT_ENTER HYPERCALL
    mov rax, [rsp + DEPRIVILEGED_SHARED]
    mov rdx, [rsp + DEPRIVILEGED_RDX]
    mov rcx, [rax + SHARED_RCX]
    mov r11, [rax + SHARED_R11]
    mov rax, [rax + SHARED_RAX]
    cmp rcx, [rsp + DEPRIVILEGED_RIP]
    jne .by_iret
    cmp r11, [rsp + DEPRIVILEGED_RFLAGS]
    jne .by_iret
    mov rsp, [rsp + DEPRIVILEGED_RSP]
    swapgs
    o64 sysret
.by_iret:
    mov [rsp + DEPRIVILEGED_RAX], rax
    mov rax, rsp
    mov rsp, [rax + DEPRIVILEGED_STACK]
    push SELECTOR_USER_DATA
    push qword [rax + DEPRIVILEGED_RSP]
    push qword [rax + DEPRIVILEGED_RFLAGS]
    push SELECTOR_USER_CODE
    push qword [rax + DEPRIVILEGED_RIP]
    mov rax, [rax + DEPRIVILEGED_RAX]
    swapgs
    iretq
.unusual:
    mov qword [rsp + DEPRIVILEGED_RAW_VECTOR], RAW_RETURN
    mov rcx, [rsp + DEPRIVILEGED_VCPU]
    mov rax, [rsp + DEPRIVILEGED_RDX]
    mov [rcx + RDX_AT], rax
    SAVE_ARGUMENTS rcx
    SAVE_CALLEE_SAVED rcx
    mov rsp, [rsp + DEPRIVILEGED_STACK]
    jmp leave_ring3

; Exceptions and interrupts of ring 3: see trap_user_entry in machine/trap.h. On the stack: vector, error, RIP, CS,
; RFLAGS, RSP, SS.
global deprivileged_trap:function hidden
align 16
deprivileged_trap:
    swapgs
    SKIP_IF MUTATED(deprivileged_trap_direction), .forward
    cld
.forward:
    push rax
    push rcx
    push rdx
    push rbx
%define AT_VECTOR rsp + 8 * 4
%define AT_ERROR rsp + 8 * 5
%define AT_RIP rsp + 8 * 6
%define AT_RFLAGS rsp + 8 * 8
%define AT_RSP rsp + 8 * 9
    mov rbx, [gs:CPU_ENTRY_STATE]
    mov rax, [AT_VECTOR]
    cmp eax, 32
    jae .leave
    movzx ecx, byte [rbx + DEPRIVILEGED_IS_USER]
    mov edx, [rbx + DEPRIVILEGED_BOUNCES + rcx * 4]
    bt edx, eax
    jnc .leave
    mov rcx, [rbx + DEPRIVILEGED_VCPU]
    ACCOUNT_EXIT
    mov rcx, [rbx + DEPRIVILEGED_SHARED]
    mov rax, [AT_RIP]
    mov [rcx + SHARED_RIP], rax
    mov rax, [AT_RSP]
    mov [rcx + SHARED_RSP], rax
    movzx eax, byte [rcx + SHARED_MASKED]
    xor eax, 1
    shl eax, 9
    mov rdx, [AT_RFLAGS]
    and edx, ~FLAGS_IF
    or edx, eax
    mov [rcx + SHARED_RFLAGS], rdx
    mov byte [rcx + SHARED_MASKED], 1
    mov rax, [AT_VECTOR]
    mov [rcx + SHARED_VECTOR], rax
    mov rdx, [AT_ERROR]
    cmp eax, 14
    jne .has_error
    mov rax, cr2
    mov [rcx + SHARED_FAULT_ADDRESS], rax
    SKIP_IF MUTATED(deprivileged_trap_error), .has_error
    cmp byte [rbx + DEPRIVILEGED_IS_USER], 0
    jne .has_error
    and edx, ~4                     ; its kernel's fault, not its user's
.has_error:
    mov [rcx + SHARED_ERROR], rdx
    cmp byte [rbx + DEPRIVILEGED_IS_USER], 0
    je .from_kernel
    mov qword [rcx + SHARED_CS], SELECTOR_USER_CODE
    mov qword [rcx + SHARED_SS], SELECTOR_USER_DATA
    mov byte [rbx + DEPRIVILEGED_IS_USER], 0
    mov rax, [rbx + DEPRIVILEGED_KERNEL_ROOT]
    mov cr3, rax
    SKIP_IF MUTATED(deprivileged_trap_gs), .bounce
    LOAD_GS rbx + DEPRIVILEGED_GS_KERNEL
.bounce:
    mov rax, [rbx + DEPRIVILEGED_EXCEPTION_ENTRY]
    mov [AT_RIP], rax
    SKIP_IF MUTATED(deprivileged_trap_flags), .with_flags
    mov qword [AT_RFLAGS], FLAGS_ALWAYS
.with_flags:
    mov rcx, [rbx + DEPRIVILEGED_VCPU]
    cmp dword [AT_VECTOR], 14
    jne .other
    ACCOUNT_ENTER PAGE_FAULT_BOUNCE
.return:
    pop rbx
    pop rdx
    pop rcx
    pop rax
    add rsp, 16
    swapgs
    iretq
.other:
    ACCOUNT_ENTER EXCEPTION_BOUNCE
    jmp .return
.from_kernel:
    mov qword [rcx + SHARED_CS], KERNEL_CODE_SHOWN
    mov qword [rcx + SHARED_SS], KERNEL_DATA_SHOWN
    jmp .bounce

.leave:
    mov rax, [rbx + DEPRIVILEGED_VCPU]
    pop rcx
    mov [rax + RBX_AT], rcx
    pop rcx
    mov [rax + RDX_AT], rcx
    pop rcx
    mov [rax + RCX_AT], rcx
    pop rcx
    mov [rax + RAX_AT], rcx
    SAVE_GENERAL_FROM_RBP rax
    pop qword [rbx + DEPRIVILEGED_RAW_VECTOR]
    pop qword [rbx + DEPRIVILEGED_RAW_ERROR]
    pop qword [rbx + DEPRIVILEGED_RIP]
    add rsp, 8
    pop qword [rbx + DEPRIVILEGED_RFLAGS]
    pop qword [rbx + DEPRIVILEGED_RSP]
    mov rcx, cr2
    mov [rbx + DEPRIVILEGED_RAW_ADDRESS], rcx
    mov rsp, [rbx + DEPRIVILEGED_STACK]
    jmp leave_ring3

; A cost that has no bucket of its own, or a crossing that is traced: RAX = it, RCX = struct vcpu, RDX = the state,
; which says where to go on. All registers but RAX and RDX are kept. There may be a frame at the upper end of the stack.
account_large:
    mov rsp, [rdx + DEPRIVILEGED_STACK]
    sub rsp, 128
    push rcx
    push rdi
    push rsi
    push r8
    push r9
    push r10
    push r11
    sub rsp, 8
    mov rdi, rcx
    mov rsi, rax
    mov edx, [rdx + DEPRIVILEGED_RESUME_REASON]
    call deprivileged_account_large
    add rsp, 8
    pop r11
    pop r10
    pop r9
    pop r8
    pop rsi
    pop rdi
    pop rcx
    mov rdx, [gs:CPU_ENTRY_STATE]
    mov rsp, [rdx + DEPRIVILEGED_RESUME_STACK]
    jmp [rdx + DEPRIVILEGED_RESUME]
