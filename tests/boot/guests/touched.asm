; SPDX-License-Identifier: GPL-2.0-or-later
;
; Which pages a region uses, of both CPUs: the second writes to one page all the time without an exit, from long before
; the region. It counts only if what that CPU has cached of the page is forgotten when the region begins. For vcpus=2
; and touched=1.

%include "guest.inc"
%include "second.inc"

FAR_PAGE    equ 0x4000000       ; in 2 MiB that nothing else uses
PORT_MARKER equ 0x0cb0

LONG_MAIN
    START_SECOND
.wait:
    pause
    cmp dword [abs rounds], 1000
    jb .wait
    mov dx, PORT_MARKER
    mov eax, 1 << 1
    out dx, eax
    mov ebx, [abs rounds]
    add ebx, 1000
.region:
    pause
    cmp [abs rounds], ebx
    jb .region
    mov dx, PORT_MARKER
    mov eax, 1 << 1 | 1
    out dx, eax
    EXIT EXIT_OK

second:
    inc qword [abs FAR_PAGE]
    inc dword [abs rounds]
    pause
    jmp second

section .data
align 4
rounds: dd 0
