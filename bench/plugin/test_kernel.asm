; SPDX-License-Identifier: GPL-2.0-or-later
;
; The smallest machine on which libcoopcount can be checked: a Multiboot kernel, flat binary, that runs
; known work between the markers, and writes the TSC difference of each region as eight hexadecimal
; digits to port 0xe9. The regions, in order, are the rows of selftest.sh.

%include "test_kernel.inc"

; A region around its body; both time stamps lie inside the markers.
%macro begin 0
    mov dx, PORT_MARKER
    marker NOP_BEGIN, 0
    rdtsc
    mov [stamp], eax
%endmacro

%macro end 0
    rdtsc
    mov dx, PORT_MARKER
    push eax
    marker NOP_END, 1
    pop eax
    sub eax, [stamp]
    call print
%endmacro

start:
    mov esp, stack_top
    lgdt [gdt_pointer]
    jmp 8:reload
reload:
    mov eax, 16
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov dword [idt], (8 << 16) + (skip_two - header)
    mov dword [idt + 4], 0x00108e00
    mov dword [idt + 6 * 8], (8 << 16) + (skip_two - header)
    mov dword [idt + 6 * 8 + 4], 0x00108e00    ; skip_two lies above 1 MiB: its upper half is 0x0010
    lidt [idt_pointer]
    call svm_start

    begin                               ; 1: nothing
    end

    begin                               ; 2: 2000 instructions
    mov ecx, 1000
    align 16
.loop:
    dec ecx
    jnz .loop
    end

    begin                               ; 3: REP
    mov ecx, 1000
    mov edi, scratch
    rep stosw
    end

    begin                               ; 4: 100 faults, delivered here
    mov ecx, 100
.fault:
    ud2
    dec ecx
    jnz .fault
    end

    begin                               ; 5: 100 memory-mapped accesses in the midst of a block
    mov ecx, 100
.mmio:
    inc ebx
    mov eax, [0xfee00020]
    inc ebx
    dec ecx
    jnz .mmio
    end

    begin                               ; 6: 100 port accesses
    mov ecx, 100
.port:
    in al, 0x80
    dec ecx
    jnz .port
    end

    begin                               ; 7: 100 world switches, each exit by VMMCALL
    mov ecx, 100
.vmmcall:
    mov eax, vmcb
    vmrun
    dec ecx
    jnz .vmmcall
    end

    begin                               ; 8: 100 world switches, each exit by CPUID after two NOPs
    mov ecx, 100
.cpuid:
    mov dword [vmcb + 0x578], guest_cpuid
    mov eax, vmcb
    vmrun
    dec ecx
    jnz .cpuid
    end

    begin                               ; 9: 100 faults found while the instruction executes
    mov ecx, 100
    xor ebx, ebx
.divide:
    div ebx
    dec ecx
    jnz .divide
    end

    mov al, 0x10
    mov dx, PORT_EXIT
    out dx, al
    hlt

skip_two:                               ; #UD and #DE: UD2 and DIV have two bytes each
    add dword [esp], 2
    iret

print:                                  ; EAX as eight digits and a newline
    mov ecx, 8
    mov edx, eax
.digit:
    rol edx, 4
    mov eax, edx
    and eax, 15
    mov al, [digits + eax]
    out 0xe9, al
    loop .digit
    mov al, 10
    out 0xe9, al
    ret

svm_start:                              ; a guest in the same flat 32-bit world (APM 2, "Secure Virtual Machine")
    mov ecx, 0xc0000080                 ; EFER.SVME
    rdmsr
    or eax, 1 << 12
    wrmsr
    mov ecx, 0xc0010117                 ; VM_HSAVE_PA
    mov eax, host_save
    xor edx, edx
    wrmsr
    mov dword [vmcb + 0x00c], 1 << 18   ; intercept CPUID
    mov dword [vmcb + 0x010], 3         ; intercept VMRUN and VMMCALL
    mov dword [vmcb + 0x058], 1         ; ASID
    mov dword [vmcb + 0x4d0], 1 << 12   ; EFER
    mov eax, cr0
    mov [vmcb + 0x558], eax
    mov dword [vmcb + 0x570], 2         ; RFLAGS
    mov dword [vmcb + 0x578], guest_vmmcall
    mov dword [vmcb + 0x5d8], stack_top ; RSP
    mov dword [vmcb + 0x410], 0x0c9b0008 ; CS: attributes and selector
    mov dword [vmcb + 0x414], -1        ; limit
    mov eax, 0x0c930010
    mov [vmcb + 0x400], eax             ; ES, SS, DS
    mov [vmcb + 0x420], eax
    mov [vmcb + 0x430], eax
    mov dword [vmcb + 0x404], -1
    mov dword [vmcb + 0x424], -1
    mov dword [vmcb + 0x434], -1
    ret

guest_vmmcall:
    vmmcall
guest_cpuid:
    nop
    nop
    cpuid

digits: db "0123456789abcdef"
align 8
gdt: dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer: dw 23
    dd gdt
idt_pointer: dw 7 * 8 - 1
    dd idt
file_end:

section .bss nobits align=4096
    resb 4096
vmcb: resb 4096
host_save: resb 4096
idt: resb 4096
scratch: resb 4096
stamp: resd 1
    resb 4096
stack_top:
memory_end:
