#!/bin/sh
# Runs a program of the image as a user of the image; its exit code, 128+n if a signal ended it, is that of the script.
#
# usage: enter.sh SLOT UID GID GROUPS WORKDIR [NAME=VALUE]... PROGRAM [ARGUMENT]...
#
# SLOT names the program for signal.sh. GROUPS is a comma-separated list, or empty for none.
slot=$1 uid=$2 gid=$3 groups=$4 workdir=$5
shift 5
base=/run/firekiln/vm
echo $$ >"$base/$slot.pid"
# What serves the control channel is kept from the kernel's choice when memory is short; the image's programs are not.
echo 0 >/proc/self/oom_score_adj
ulimit -Hn 524288 2>/dev/null
ulimit -Sn 1024 2>/dev/null
read -r init <$base/init.pid
if ! /bin/nsenter --target "$init" --mount -- /dev/.firekiln/busybox test -d "$workdir"; then
  echo "firekiln: the folder $workdir does not exist in the VM" >&2
  exit 126
fi
# --no-fork: the namespace is that of spawn's child, so that spawn itself survives what the terminal sends to all.
set -- /bin/nsenter --target "$init" --mount --pid --no-fork --setuid "$uid" "--wdns=$workdir" -- \
  /dev/.firekiln/busybox sh /dev/.firekiln/spawn "$@"
if [ -n "$groups" ]; then
  exec /bin/setpriv --regid "$gid" --groups "$groups" -- "$@"
fi
exec /bin/setpriv --regid "$gid" --clear-groups -- "$@"
