; SPDX-License-Identifier: GPL-2.0-or-later
;
; The world switch. GIF is clear from CLGI to STGI, so that nothing can come between the loading of one world's
; hidden state (VMLOAD) and its use; RFLAGS.IF is set inside, since it is what lets a physical interrupt end the guest's
; run (APM vol. 2, "V_INTR_MASKING" and "Global Interrupt Flag"). RAX and RSP travel in the control block.

bits 64
default rel
section .text

%include "asm_offsets.inc"
%include "cpu/general_registers.inc"

; void svm_enter(struct vcpu *vcpu): enters the guest and comes back at its next exit, all of the guest's general
; registers in vcpu->general but RSP. Interrupts off; of the caller's registers RBX and RSP are kept, and RBX is the
; VCPU too (cpu_backend_enter).
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
    LOAD_GENERAL
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
    SAVE_GENERAL rax
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
