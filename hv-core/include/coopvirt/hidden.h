/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Included by the compiler's command line before every source of an image: all symbols, also those only declared,
 * belong to this image, and so are reached directly and never through a global offset table.
 */
#pragma GCC visibility push(hidden)
