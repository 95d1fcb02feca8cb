#!/bin/sh
# Process 1 of the image's PID namespace: makes the image the root, and from then on only reaps orphans.
#
# usage: init.sh ROOT READY; writes its process id, as the appliance sees it, into the FIFO READY when all is done.
set -eu
root=$1
exec 3>"$2"
# /proc is still the appliance's, and so is the number.
read -r pid _ </proc/self/stat
mount --make-rprivate /
mount -t proc proc "$root/proc"
cd "$root"
# pivot_root(2), NOTES: the old root ends up on top of the new one, and is then taken off.
pivot_root . .
/dev/.firekiln/busybox umount -l .
cd /
echo "$pid" >&3
exec 3>&-
# `wait` also reaps children that it did not start.
exec /dev/.firekiln/busybox sh -c '
  trap : HUP INT TERM
  while :; do
    /dev/.firekiln/busybox sleep 1000000 &
    wait $!
  done'
