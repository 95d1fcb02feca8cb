#!/bin/sh
# Makes the image's own init the first process of the VM, in the root that setup.sh has put together.
#
# usage: hand-over.sh PROGRAM; its standard input is a shell fragment for become-init.sh.
#
# The control channel and what runs in it stay behind, with the appliance as their root. The image's programs are reached
# through process 1. Exit code 3 if the image has no such program.
set -eu
base=/run/firekiln/vm
cat >$base/init-command
chroot $base/root /dev/.firekiln/busybox test -x "$1" || exit 3
kill -USR1 1
tries=0
# By the file and not by its path: the image's init may be its own /bin/busybox.
until [ -e $base/handed-over ] && [ "$(stat -Lc %d:%i /proc/1/exe)" != "$(stat -Lc %d:%i /bin/busybox)" ]; do
  tries=$((tries + 1))
  [ $tries -lt 600 ] || { echo "process 1 does not become $1" >&2; exit 1; }
  sleep 0.05
done
echo 1 >$base/init.pid
exec sh /firekiln/run/accounts.sh
