; SPDX-License-Identifier: GPL-2.0-or-later
;
; The world switch. The CPU exchanges control registers, segments, RIP and RSP by the VMCS; the other general registers
; are exchanged here. Interrupts stay off: what the guest was left for, the exit has acknowledged (SDM vol. 3, "VM
; Exits").

bits 64
default rel
section .text

%include "asm_offsets.inc"
%include "cpu/general_registers.inc"

; void vmx_enter(struct vcpu *vcpu): enters the guest and comes back at its next exit, all of the guest's general
; registers in vcpu->general but RSP; or comes back at once with the failure noted in struct vmx_vcpu. Its VMCS is
; current, interrupts are off; of the caller's registers RBX and RSP are kept, and RBX is the VCPU too
; (cpu_backend_enter).
global vmx_enter:function hidden
vmx_enter:
    push rdi
    mov rdx, [rdi + VCPU_BACKEND]
    cmp rsp, [rdx + VMX_VCPU_HOST_RSP]
    jne .new_stack
.stack_known:
    cmp byte [rdx + VMX_VCPU_IS_LAUNCHED], 0 ; nothing below changes the flags
    mov rax, [rdi + RAX_AT]
    LOAD_GENERAL
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
    mov [rdx + VMX_VCPU_FAILURE], al
    jmp vmx_return

; The host's RIP in the VMCS: all but RSP are the guest's.
global vmx_exited:function hidden
vmx_exited:
    push rax
    mov rax, [rsp + 8]
    SAVE_GENERAL rax
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
