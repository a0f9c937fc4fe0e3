; SPDX-License-Identifier: GPL-2.0-or-later
;
; CR0 shows what was written to it, whatever the hypervisor needs in the real one; and refuses what a CPU refuses. The
; x87 still works behind it, and TS still traps.

%include "guest.inc"

%define PE 1 << 0
%define TS 1 << 3
%define NE 1 << 5
%define NW 1 << 29
%define CD 1 << 30
%define PG 1 << 31

; Writes CR0 with the bits %2 set and %3 clear, and says whether it reads so.
%macro KEPT 3
    mov rcx, cr0
    mov eax, ~(%3)
    and rcx, rax
    mov eax, %2
    or rcx, rax
    mov cr0, rcx
    mov rax, cr0
    cmp rax, rcx
    jne wrong
    PRINTLN %1
%endmacro

; The exception when CR0 gets the bits %2 and loses %3.
%macro REFUSED 3
    mov rcx, cr0
    mov rbx, rcx
    mov rax, ~(%3)
    and rbx, rax
    mov rax, %2
    or rbx, rax
    REPORT %1, {mov cr0, rbx}
    mov rax, cr0
    cmp rax, rcx
    jne wrong
%endmacro

bits 32
main:
    LONG_MODE .long
bits 64
.long:
    CATCH_EXCEPTIONS
    KEPT "NE set", NE, 0
    KEPT "NE clear", 0, NE
    KEPT "CD set", CD, 0
    KEPT "CD and NW set", CD | NW, 0
    KEPT "CD and NW clear", 0, CD | NW
    KEPT "NE and CD changed at once", NE | CD, 0
    KEPT "and back", 0, NE | CD
    REFUSED "NW without CD", NW, 0
    REFUSED "a bit above 31", 1 << 32, 0
    REFUSED "paging off in 64-bit mode", NE, PG
    KEPT "TS set", TS | NE, 0
    REPORT "fld1 with TS", fld1
    clts
    REPORT "fld1 without", fld1
    fstp st0
    mov rax, cr0
    test al, TS
    jnz wrong
    PRINTLN "CLTS"
    EXIT EXIT_OK
wrong:
    PRINT "wrong "
    call print_hex
    EXIT EXIT_FAILED
