; SPDX-License-Identifier: GPL-2.0-or-later
;
; The world switch. The CPU exchanges control registers, segments, RIP and RSP by the VMCS; the other general registers are
; exchanged here. Interrupts stay off: what the guest was left for, the exit has acknowledged (SDM vol. 3, "VM Exits").

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

; void vmx_enter(struct vcpu *vcpu): enters the guest and comes back at its next exit, all of the guest's general registers
; in vcpu->general but RSP; or comes back at once with the failure noted in struct vmx_vcpu. Its VMCS is current,
; interrupts are off; of the caller's registers RBX and RSP are kept, and RBX
; is the VCPU too (cpu_backend_enter).
global vmx_enter:function hidden
vmx_enter:
    push rdi
    mov rdx, [rdi + VCPU_BACKEND]
    cmp rsp, [rdx + VMX_VCPU_HOST_RSP]
    jne .new_stack
.stack_known:
    cmp byte [rdx + VMX_VCPU_IS_LAUNCHED], 0 ; nothing below changes the flags
    mov rax, [rdi + RAX_AT]
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
    je .launch
    vmresume
    jmp .failed
.launch: ; RDX is the guest's by now
    push rdx
    mov rdx, [rsp + 8]
    mov rdx, [rdx + VCPU_BACKEND]
    mov byte [rdx + VMX_VCPU_IS_LAUNCHED], 1
    pop rdx
    vmlaunch
.failed: ; VMfailInvalid: CF; VMfailValid: ZF (SDM vol. 3, "VMX Instruction Reference")
    mov ecx, VMX_ENTRY_FAILED_INVALID
    mov eax, VMX_ENTRY_FAILED_VALID
    cmovc eax, ecx
    mov rdi, [rsp]
    mov rdx, [rdi + VCPU_BACKEND]
    mov [rdx + VMX_VCPU_FAILURE], eax
    jmp vmx_return

; The host's RIP in the VMCS: all but RSP are the guest's.
global vmx_exited:function hidden
vmx_exited:
    push rax
    mov rax, [rsp + 8]
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
    mov [rax + RAX_AT], rcx
vmx_return:
    pop rbx
    ret

vmx_enter.new_stack:
    mov [rdx + VMX_VCPU_HOST_RSP], rsp
    mov eax, VMX_FIELD_HOST_RSP
    vmwrite rax, rsp
    jmp vmx_enter.stack_known
