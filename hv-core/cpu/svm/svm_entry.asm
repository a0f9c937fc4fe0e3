; SPDX-License-Identifier: GPL-2.0-or-later
;
; The world switch. GIF is clear from CLGI to STGI, so that nothing can come between the loading of one world's
; hidden state (VMLOAD) and its use; RFLAGS.IF is set inside, since it is what lets a physical interrupt end the guest's
; run (APM vol. 2, "V_INTR_MASKING" and "Global Interrupt Flag"). RAX and RSP travel in the control block.

bits 64
default rel
section .text

%include "asm_offsets.inc"

; general[] is the first member of struct vcpu, in the hardware's numbering
%define RAX_AT 8 * 0
%define RCX_AT 8 * 1
%define RDX_AT 8 * 2
%define RBX_AT 8 * 3
%define RBP_AT 8 * 5
%define RSI_AT 8 * 6
%define RDI_AT 8 * 7
%define R8_AT 8 * 8
%define R9_AT 8 * 9
%define R10_AT 8 * 10
%define R11_AT 8 * 11
%define R12_AT 8 * 12
%define R13_AT 8 * 13
%define R14_AT 8 * 14
%define R15_AT 8 * 15

; void svm_enter(struct vcpu *vcpu): enters the guest and comes back at its next exit, all of the guest's general registers
; in vcpu->general but RSP. Interrupts off; of the caller's registers RBX and RSP are kept, and RBX
; is the VCPU too (cpu_backend_enter).
global svm_enter:function hidden
svm_enter:
    mov rdx, [rdi + VCPU_BACKEND]
    mov rcx, [rdx + SVM_VCPU_VMCB]
    mov rax, [rdi + RAX_AT]
    mov [rcx + VMCB_SAVE_RAX], rax
    push rcx
    push rdi
    push qword [rdx + SVM_VCPU_HOST_STATE]
    mov rax, [rdx + SVM_VCPU_VMCB_ADDRESS]
    mov rcx, [rdi + RCX_AT]
    mov rdx, [rdi + RDX_AT]
    mov rbx, [rdi + RBX_AT]
    mov rbp, [rdi + RBP_AT]
    mov rsi, [rdi + RSI_AT]
    mov r8, [rdi + R8_AT]
    mov r9, [rdi + R9_AT]
    mov r10, [rdi + R10_AT]
    mov r11, [rdi + R11_AT]
    mov r12, [rdi + R12_AT]
    mov r13, [rdi + R13_AT]
    mov r14, [rdi + R14_AT]
    mov r15, [rdi + R15_AT]
    mov rdi, [rdi + RDI_AT]
    clgi
    sti
    vmload
    vmrun
    vmsave
    pop rax
    vmload
    cli
    stgi
    pop rax
    mov [rax + RCX_AT], rcx
    mov [rax + RDX_AT], rdx
    mov [rax + RBX_AT], rbx
    mov [rax + RBP_AT], rbp
    mov [rax + RSI_AT], rsi
    mov [rax + RDI_AT], rdi
    mov [rax + R8_AT], r8
    mov [rax + R9_AT], r9
    mov [rax + R10_AT], r10
    mov [rax + R11_AT], r11
    mov [rax + R12_AT], r12
    mov [rax + R13_AT], r13
    mov [rax + R14_AT], r14
    mov [rax + R15_AT], r15
    pop rcx
    mov rcx, [rcx + VMCB_SAVE_RAX]
    mov [rax + RAX_AT], rcx
    mov rbx, rax
    ret

; void svm_save_state(coop_paddr vmcb): the hidden state of this CPU, once
global svm_save_state:function hidden
svm_save_state:
    mov rax, rdi
    vmsave
    ret
