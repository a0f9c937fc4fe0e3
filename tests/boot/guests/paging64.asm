; SPDX-License-Identifier: GPL-2.0-or-later
;
; The paging matrix of a 64-bit kernel: every access (read, write, fetch) from ring 0 and 3 x rights of the page (P, W,
; U, NX) x rights of the entry above (W, U, NX) x page of 4 KiB, 2 MiB, 1 GiB x CR0.WP, CR4.SMEP, EFER.NXE. What must
; come of it is said once more here, from the manuals (APM vol. 2, "Page-Protection Checks"; SDM vol. 3, "Access
; Rights"), and whoever differs is printed: error code, CR2, accessed and dirty bits, and where the access went. Then a
; table that is seen at nine addresses and edited at each, and global pages.

%include "guest.inc"

UPPER   equ 0x800000            ; a table of page-directory pointers,
MIDDLE  equ 0x801000            ; a page directory
LOWER   equ 0x802000            ; and a page table of the tried pages
FRAMES  equ 0x900000            ; what their small ones map
LARGE   equ 0xa00000            ; what the large one does
STUBS   equ 0xc00000            ; the users' code
WINDOW  equ 1 << 39             ; where UPPER is
ALIASES equ 8                   ; of LOWER, in itself
VECTOR  equ 0x80                ; an access that succeeded

PRESENT  equ 1
WRITABLE equ 2
USERS    equ 4
ACCESSED equ 1 << 5
DIRTY    equ 1 << 6
LARGER   equ 1 << 7
GLOBALLY equ 1 << 8
NX_BIT   equ 63

; The CPU's bits in r12: 0 CR0.WP, 1 CR4.SMEP, 2 EFER.NXE. Rights in r13 (above) and r14 (the page's): 0 W, 1 U, 2 NX,
; and of the page 3 P. Access in r15: bit 0 user, the rest 0 read, 1 write, 2 fetch.
LONG_MAIN
    mov eax, 7
    xor ecx, ecx
    cpuid
    bt ebx, 7
    jnc .lacking
    mov eax, 0x80000001
    cpuid
    bt edx, 26
    jnc .lacking
    call prepare
    xor r12d, r12d
.cpu:
    call set_cpu
    call matrix
    PRINT "WP, SMEP, NXE "
    mov rax, r12
    call print_hex
    PRINT "faults        "
    mov eax, [abs faults]
    call print_hex
    inc r12d
    cmp r12d, 8
    jb .cpu
    mov r12d, 7
    call set_cpu
    call aliases
    call globals
    PRINT "wrong         "
    mov eax, [abs wrong]
    call print_hex
    cmp dword [abs wrong], 0
    jne .failed
    EXIT EXIT_OK
.lacking:
    PRINTLN "no SMEP, or no pages of 1 GiB"
.failed:
    EXIT EXIT_FAILED

; All that is mapped is the kernel's, but for the users' code.
prepare:
    mov edi, page_l2
    mov ecx, 2048
.kernel:
    and qword [rdi], ~USERS
    add rdi, 8
    loop .kernel
    or qword [abs page_l2 + 6 * 8], USERS
    mov edi, UPPER
    mov ecx, 3 * 4096 / 8
    xor eax, eax
    rep stosq
    mov edi, STUBS
    mov esi, stubs
    mov ecx, stubs_end - stubs
    rep movsb
    mov edi, FRAMES
    mov ecx, 2 * ALIASES
.frame:
    mov dword [rdi], 0x80cd             ; INT 0x80
    mov [rdi + 8], rdi
    add rdi, 4096
    loop .frame
    mov dword [abs LARGE], 0x80cd
    mov qword [abs LARGE + 8], LARGE
    mov qword [abs page_l4 + 8], UPPER | 7
    mov qword [abs UPPER], MIDDLE | 7
    mov qword [abs MIDDLE], LOWER | 7
    mov rax, cr3
    mov cr3, rax
    GATE 14, on_page_fault
    GATE VECTOR, on_success
    or byte [abs idt + VECTOR * 16 + 5], 3 << 5
    ret

; Makes %2 bit %1 of the register what bit %3 of the CPU's bits is.
%macro FOLLOW 3
    btr %2, %1
    bt r12d, %3
    jnc %%clear
    bts %2, %1
%%clear:
%endmacro

set_cpu:
    mov rax, cr0
    FOLLOW 16, rax, 0
    mov cr0, rax
    mov rax, cr4
    FOLLOW 20, rax, 1
    mov cr4, rax
    mov ecx, 0xc0000080
    rdmsr
    FOLLOW 11, eax, 2
    wrmsr
    mov dword [abs faults], 0
    ret

; %1 |= %2, where bit %4 of %3 is set.
%macro ADD_BIT 4
    bt %3, %4
    jnc %%clear
    bts %1, %2
%%clear:
%endmacro

matrix:
    mov ebp, sizes
.size:
    xor r13d, r13d
.upper:
    xor r14d, r14d
.leaf:
    xor r15d, r15d
.access:
    call try
    call judge
    inc r15d
    cmp r15d, 6
    jb .access
    inc r14d
    cmp r14d, 16
    jb .leaf
    inc r13d
    cmp r13d, 8
    jb .upper
    mov rax, [rbp + 8]                  ; what is above the next size has all rights
    or qword [rax], 7
    btr qword [rax], NX_BIT
    add ebp, SIZE_BYTES
    cmp ebp, sizes_end
    jb .size
    ret

; Sets both entries, flushes, and makes the access: its outcome to [code], and CR2.
try:
    mov rax, [rbp + 16]
    ADD_BIT rax, 0, r14d, 3
    ADD_BIT rax, 1, r14d, 0
    ADD_BIT rax, 2, r14d, 1
    ADD_BIT rax, NX_BIT, r14d, 2
    mov rdx, [rbp]
    mov [rdx], rax
    mov rdx, [rbp + 8]
    mov rax, [rdx]
    and rax, ~(WRITABLE | USERS | ACCESSED)
    btr rax, NX_BIT
    ADD_BIT rax, 1, r13d, 0
    ADD_BIT rax, 2, r13d, 1
    ADD_BIT rax, NX_BIT, r13d, 2
    mov [rdx], rax
    mov rdi, [rbp + 24]
    invlpg [rdi]
    inc qword [abs value]
    mov rsi, [abs value]
    xor eax, eax
    mov cr2, rax
    mov ecx, r15d
    shr ecx, 1
    shl ecx, 4                          ; a stub has 16 bytes
    mov [abs stack_before], rsp
    test r15d, 1
    jz .kernel
    push GDT_USER_DATA
    push 0
    push 2
    push GDT_USER_CODE
    add ecx, STUBS
    push rcx
    iretq
.kernel:
    add ecx, stubs
    jmp rcx

align 16
stubs:
    mov rax, [rdi + 8]
    int VECTOR
align 16
    mov [rdi + 8], rsi
    int VECTOR
align 16
    jmp rdi
align 16
stubs_end:

on_page_fault:
    pop qword [abs code]
    mov rdx, cr2
    inc dword [abs faults]
    jmp on_any
on_success:
    mov qword [abs code], SUCCESS
    xor edx, edx
on_any:
    mov [abs address], rdx
    mov [abs got], rax
    mov rsp, [abs stack_before]
    ret                                 ; from try

; What should have come of it to RAX.
expected:
    xor eax, eax
    test r15d, 1
    jz .kind
    or eax, 4
.kind:
    mov ecx, r15d
    shr ecx, 1
    cmp ecx, 1
    jb .read
    je .write
    test r12d, 2 | 4                    ; a fetch is told of with SMEP or NX only
    jz .read
    or eax, 16
    jmp .read
.write:
    or eax, 2
.read:
    mov edx, r13d                       ; no NX: the bit is reserved, first above
    test r12d, 4
    jnz .rights
    test edx, 4
    jnz .reserved
    test r14d, 8
    jz .done
    test r14d, 4
    jnz .reserved
.rights:
    test r14d, 8
    jz .done
    or eax, 1
    and edx, r14d                       ; both W, both U
    mov ebx, r13d
    or ebx, r14d
    and ebx, 4                          ; either NX
    test r15d, 1
    jz .kernel
    test edx, 2
    jz .done
    test ebx, ebx
    jz .maybe
    cmp ecx, 2
    je .done
.maybe:
    cmp ecx, 1
    jne .fine
    test edx, 1
    jz .done
    jmp .fine
.kernel:
    cmp ecx, 1
    jb .fine
    je .kernel_write
    test ebx, ebx
    jnz .done
    test edx, 2
    jz .fine
    test r12d, 2
    jz .fine
    ret
.kernel_write:
    test edx, 1
    jnz .fine
    test r12d, 1
    jnz .done
.fine:
    mov eax, SUCCESS
.done:
    ret
.reserved:
    or eax, 9
    ret

judge:
    call expected
    cmp rax, [abs code]
    jne .wrong
    mov rdx, [rbp]                      ; the page's entry now
    mov rdx, [rdx]
    mov ecx, r15d
    shr ecx, 1
    cmp eax, SUCCESS
    je .success
    test edx, DIRTY
    jnz .wrong
    mov rdx, [rbp + 24]
    cmp ecx, 2
    je .at
    add rdx, 8                          ; data are behind the instruction
.at:
    cmp rdx, [abs address]
    jne .wrong
    ret
.success:
    test edx, ACCESSED
    jz .wrong
    mov rbx, [rbp + 8]
    test qword [rbx], ACCESSED
    jz .wrong
    mov rbx, [rbp + 32]
    mov rbx, [rbx + 8]                  ; what is in the frame
    cmp ecx, 1
    je .written
    test edx, DIRTY
    jnz .wrong
    test ecx, ecx
    jnz .good
    cmp rbx, [abs got]
    jne .wrong
    ret
.written:
    test edx, DIRTY
    jz .wrong
    cmp rbx, [abs value]
    jne .wrong
.good:
    ret
; CPU, rights above, rights, access: a digit each; then what came of it, what should have, and the entry.
.wrong:
    inc dword [abs wrong]
    cmp dword [abs wrong], 16
    ja .good
    push rax
    PRINT "wrong: "
    mov eax, r12d
    shl eax, 4
    or eax, r13d
    shl eax, 4
    or eax, r14d
    shl eax, 4
    or eax, r15d
    call print_hex
    mov rax, [abs code]
    call print_hex
    pop rax
    call print_hex
    mov rax, [rbp]
    mov rax, [rax]
    call print_hex
    ret

; LOWER maps itself ALIASES times. Each time the first page becomes another frame by an edit at another address.
aliases:
    mov qword [abs MIDDLE], LOWER | 7
    mov rdi, WINDOW
    mov ecx, ALIASES
.map:
    mov qword [abs LOWER + rcx * 8], LOWER | WRITABLE | PRESENT
    loop .map
    invlpg [rdi]
.edit:
    lea rbx, [rcx + 1]
    shl rbx, 12
    lea rdx, [rdi + rbx]                ; the alias
    lea rax, [rbx + FRAMES]
    lea r8, [rax + WRITABLE + PRESENT]
    mov [rdx], r8
    invlpg [rdi]
    mov [rdi + 16], rax
    cmp [rax + 16], rax
    je .here
    inc dword [abs wrong]
.here:
    test qword [abs LOWER], DIRTY       ; seen at every other address too
    jnz .marked
    inc dword [abs wrong]
.marked:
    lea r9, [rdi + 4096]
    lea r8, [rdi + ALIASES * 4096 + 4096]
.look:
    mov rax, [r9]
    cmp rax, [rdx]
    je .same
    inc dword [abs wrong]
.same:
    add r9, 4096
    cmp r9, r8
    jb .look
    inc ecx
    cmp ecx, ALIASES
    jb .edit
    PRINTLN "one table at many addresses"
    ret

; A page becomes another frame, %1 flushes it.
%macro BECOMES 2+
    mov rax, [rdi + 8]
    mov qword [abs LOWER], FRAMES + %1 * 4096 | GLOBALLY | WRITABLE | PRESENT
    %2
    mov eax, FRAMES + %1 * 4096
    mov rax, [rax + 8]
    cmp rax, [rdi + 8]
    je %%right
    inc dword [abs wrong]
%%right:
%endmacro

; A global page stays over a new CR3 at the most: INVLPG and a change of CR4.PGE take it; CR3 too while PGE is clear.
globals:
    mov rbx, cr4
    bts rbx, 7
    mov cr4, rbx
    mov rdi, WINDOW
    BECOMES 1, invlpg [rdi]
    BECOMES 2, {call toggle}
    mov rbx, cr4
    btr rbx, 7
    mov cr4, rbx
    mov rbx, cr3
    BECOMES 3, mov cr3, rbx
    BECOMES 4, mov cr3, rbx
    PRINTLN "global pages"
    ret
toggle:
    btr rbx, 7
    mov cr4, rbx
    bts rbx, 7
    mov cr4, rbx
    ret

SUCCESS equ 0x100

section .data
align 8
; Of a size: the page's entry, the one above, what the entry has besides rights, where it is, and where it goes.
sizes:
    dq LOWER, MIDDLE, FRAMES, WINDOW, FRAMES
SIZE_BYTES equ $ - sizes
    dq MIDDLE + 8, UPPER, LARGE | LARGER, WINDOW + 0x200000, LARGE
    dq UPPER + 8, page_l4 + 8, LARGER, WINDOW + (1 << 30) + FRAMES + 4096, FRAMES + 4096
sizes_end:
code: dq 0
address: dq 0
got: dq 0
value: dq 0x1000
stack_before: dq 0
faults: dd 0
wrong: dd 0
section .text
