# SPDX-License-Identifier: GPL-2.0-or-later
# Work whose result shows whether anything went wrong on the way, in one line.

seq 1 20000 | gzip | gunzip | sort -rn | md5sum | sed 's/^/checksum /; s/ *-$//'
