/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tiny static program that latency/exec and latency/sh start. It does nothing.
 */
int main(void)
{
    return 0;
}
