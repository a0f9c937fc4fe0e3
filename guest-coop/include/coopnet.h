/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/net0, /dev/net1: whole Ethernet frames without their check sequence, one a call. write(2) sends one, read(2)
 * waits for one and cuts it when the buffer is shorter; poll(2) tells. A frame that nobody reads in time is lost.
 */
#ifndef COOPNET_H
#define COOPNET_H

#define COOPNET_FRAME_LEAST 14u   /* the header alone */
#define COOPNET_FRAME_MOST  1514u /* with 1500 bytes behind it */

/* ioctl: OUT six bytes, the address that the machine has given to this one. */
#define COOPNET_ADDRESS 0x4e01u

#endif
