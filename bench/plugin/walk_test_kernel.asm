; SPDX-License-Identifier: GPL-2.0-or-later
;
; The smallest machine on which libcoopwalk can be checked: a Multiboot kernel, flat binary, that goes to long mode and
; touches known pages between the markers. The regions, in order, are the rows of walk_selftest.sh, which says how many
; walks each takes.

%include "test_kernel.inc"

PAGES   equ 16                          ; entries of the data TLB that the test asks for
ROUNDS  equ 100
SMALL   equ 0x40000000                  ; 4 KiB pages
SHARED  equ 0x40200000                  ; the same with G
LARGE   equ 0x80000000                  ; 2 MiB pages
TOUCHED equ 0x400000                    ; what all of them show
NESTED  equ 0x3000000                   ; tables of the second dimension, 4 KiB pages from 0 to 64 MiB

; fill TABLE, COUNT, FIRST ENTRY, STEP: entries below 4 GiB
%macro fill 4
    mov edi, %1
    mov ecx, %2
    mov eax, %3
%%next:
    mov [edi], eax
    add eax, %4
    add edi, 8
    dec ecx
    jnz %%next
%endmacro

start:
    mov esp, stack_top
    mov dword [pml4], pdpt + 7
    mov dword [pdpt], directory + 7
    mov dword [pdpt + 8], directory_small + 7
    mov dword [pdpt + 16], directory_large + 7
    fill directory, 512, 0x87, 0x200000
    mov dword [directory_small], table_small + 7
    mov dword [directory_small + 8], table_global + 7
    fill table_small, 512, TOUCHED + 7, 0x1000
    fill table_global, 512, TOUCHED + 0x107, 0x1000
    fill directory_large, 20, TOUCHED + 0x87, 0x200000
    mov dword [nested_pml4], nested_pdpt + 7
    mov dword [nested_pdpt], nested_directory + 7
    fill nested_directory, 32, NESTED + 7, 0x1000
    fill NESTED, 32 * 512, 7, 0x1000
    mov eax, (1 << 5) | (1 << 7)        ; CR4.PAE, PGE
    mov cr4, eax
    mov eax, pml4
    mov cr3, eax
    mov ecx, 0xc0000080                 ; EFER.LME, SVME
    rdmsr
    or eax, (1 << 8) | (1 << 12)
    wrmsr
    mov eax, cr0
    or eax, 1 << 31
    mov cr0, eax
    lgdt [gdt_pointer]
    jmp 8:long_mode

bits 64
%macro begin 0
    mov dx, PORT_MARKER
    marker NOP_BEGIN, 0
%endmacro

%macro end 0
    mov dx, PORT_MARKER
    marker NOP_END, 1
%endmacro

; One round over COUNT pages from ADDRESS, STEP apart. Uses RBX, ECX.
%macro round 3
    mov ebx, %1
    mov ecx, %2
%%page:
    mov al, [rbx]
    add rbx, %3
    dec ecx
    jnz %%page
%endmacro

; The rounds of a region, and one before it.
%macro rounds 3
    round %1, %2, %3
    begin
    mov ebp, ROUNDS
%%next:
    round %1, %2, %3
    dec ebp
    jnz %%next
    end
%endmacro

; A guest that begins at the label: entered once before the region and ROUNDS times in it. The host touches one page
; for it.
%macro guest_rounds 1
    mov qword [vmcb + 0x578], %1
    mov rax, vmcb
    vmload
    vmrun
    begin
    mov ebp, ROUNDS
%%next:
    mov qword [vmcb + 0x578], %1
    mov rax, vmcb
    vmload
    vmrun
    dec ebp
    jnz %%next
    end
%endmacro

long_mode:
    mov eax, 16
    mov ds, eax
    mov es, eax
    mov ss, eax
    rounds SMALL, PAGES, 0x1000         ; 1: as many pages as entries
    rounds SMALL, PAGES + 1, 0x1000     ; 2: one more, in a circle: each is the one that was thrown out
    rounds LARGE, PAGES + 1, 0x200000   ; 3: the same by large pages

    round SMALL, 4, 0x1000              ; 4: a write to CR3 in each round
    round SHARED, 4, 0x1000
    mov r9, cr3
    begin
    mov ebp, ROUNDS
.root:
    mov cr3, r9
    round SMALL, 4, 0x1000
    round SHARED, 4, 0x1000
    dec ebp
    jnz .root
    end

    mov r10d, SMALL                     ; 5: one page made void in each round, by three forms of operand
    mov r11d, 2
    begin
    mov ebp, ROUNDS
.page:
    invlpg [r10]
    round SMALL, 4, 0x1000
    invlpg [r10 + 0x1000]
    round SMALL, 4, 0x1000
    invlpg [r10 + r11 * 8 + 0x2010]
    round SMALL, 4, 0x1000
    dec ebp
    jnz .page
    end

    mov r9, cr4                         ; 6: CR4.PGE off and on again: global pages too
    mov r10, r9
    xor r10, 1 << 7
    begin
    mov ebp, ROUNDS
.all:
    mov cr4, r10
    mov cr4, r9
    round SMALL, 4, 0x1000
    round SHARED, 4, 0x1000
    dec ebp
    jnz .all
    end

    call svm_start
    guest_rounds guest_idle             ; 7: world switches alone
    guest_rounds guest_round            ; 8: PAGES + 1 pages, in two dimensions
    mov qword [vmcb + 0x90], 0
    guest_rounds guest_round            ; 9: the same in one, the tables being the same
    mov dword [vmcb + 0x5c], 1
    guest_rounds guest_few              ; 10: TLB_CONTROL flushes all at each entry
    mov dword [vmcb + 0x5c], 0
    or dword [vmcb], 1 << 19            ; 11: a write to CR3 that is intercepted flushes nothing
    guest_rounds guest_root

    mov al, 0x10
    mov dx, PORT_EXIT
    out dx, al
    hlt

svm_start:                              ; a guest in the same 64-bit world (APM 2, "Secure Virtual Machine")
    mov ecx, 0xc0010117                 ; VM_HSAVE_PA
    mov eax, host_save
    xor edx, edx
    wrmsr
    mov dword [vmcb + 0x010], 3         ; intercept VMRUN and VMMCALL
    mov dword [vmcb + 0x058], 1         ; ASID
    mov dword [vmcb + 0x090], 1         ; nested paging
    mov dword [vmcb + 0x0b0], nested_pml4
    mov dword [vmcb + 0x4d0], (1 << 8) | (1 << 10) | (1 << 12)
    mov rax, cr0
    mov [vmcb + 0x558], rax
    mov rax, cr3
    mov [vmcb + 0x550], rax
    mov rax, cr4
    mov [vmcb + 0x548], rax
    mov dword [vmcb + 0x570], 2         ; RFLAGS
    mov rax, 0x0007040600070406         ; the PAT's default
    mov [vmcb + 0x668], rax
    mov dword [vmcb + 0x5d8], stack_top ; RSP
    mov dword [vmcb + 0x410], 0x029b0008 ; CS: attributes (L) and selector
    mov dword [vmcb + 0x414], -1
    mov eax, 0x0c930010
    mov [vmcb + 0x400], eax             ; ES, SS, DS
    mov [vmcb + 0x420], eax
    mov [vmcb + 0x430], eax
    ret

guest_round:
    round SMALL, PAGES + 1, 0x1000
guest_idle:
    vmmcall
guest_few:
    round SMALL, 4, 0x1000
    vmmcall
guest_root:
    round SMALL, 4, 0x1000
    mov rdx, cr3
    mov cr3, rdx

align 8
gdt: dq 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_pointer: dw 23
    dd gdt
file_end:

section .bss nobits align=4096
    resb 4096
pml4: resb 4096
pdpt: resb 4096
directory: resb 4096
directory_small: resb 4096
directory_large: resb 4096
table_small: resb 4096
table_global: resb 4096
nested_pml4: resb 4096
nested_pdpt: resb 4096
nested_directory: resb 4096
vmcb: resb 4096
host_save: resb 4096
    resb 4096
stack_top:
memory_end:
