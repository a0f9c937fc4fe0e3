; SPDX-License-Identifier: GPL-2.0-or-later
;
; Hypercalls without the hypercall page: arguments and result lie where the instruction wants them (pv/hypercall.h).

bits 64
global hypercall_by_vmmcall, hypercall_by_vmcall, hypercall_by_syscall

section .text

align 16
hypercall_by_vmmcall:
    vmmcall
    ret

align 16
hypercall_by_vmcall:
    vmcall
    ret

align 16
hypercall_by_syscall:
    syscall
    ret
