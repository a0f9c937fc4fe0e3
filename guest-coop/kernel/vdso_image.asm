; SPDX-License-Identifier: GPL-2.0-or-later
;
; The shared object of vdso/, as it was linked, filled up to a page: kernel/vdso.c copies it to the frame that every
; process maps. A larger one does not assemble.

section .rodata
global vdso_image
align 8
vdso_image:
    incbin "vdso/vdso.so"
    times 4096 - ($ - vdso_image) db 0
