#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Started by BusyBox' init (tests/boot/inittab): ends the machine as the word end= of the kernel's line says.

starts() { cat /tmp/starts 2> /dev/null | wc -l; }
while [ "$(starts)" -lt 3 ]; do sleep 0.1; done
sleep 0.5
echo started again and again
case $(cat /proc/cmdline) in
    *end=poweroff-now*) poweroff -f ;;
    *end=reboot-now*) reboot -f ;;
    *end=halt-now*) halt -f ;;
    *end=poweroff*) poweroff ;;
    *end=reboot*) reboot ;;
    *end=halt*) halt ;;
esac
