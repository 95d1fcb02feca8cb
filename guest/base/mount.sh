#!/bin/sh
# Gets the root file system of a base ready to be taken over by its own init (guest/run/hand-over.sh); called by
# src/guest/base/boot-base.ts.
#
# usage: mount.sh ROOT MODULES RELEASE USER
#
# ROOT is the block device, MODULES another or empty, RELEASE the kernel's. Standard input is a line of authorized_keys for
# USER, or empty. Exit codes: 10 no file system, 11 no init, 12 no sshd, 13 no such user, 14 no such device.
set -eu
device=$1 modules=$2 release=$3 user=$4
root=/run/firekiln/vm/root
tools=/dev/.firekiln
state=/run/firekiln/base

# A program of busybox, seeing the base as its root: symlinks of the base lead to places of the base.
in_root() { chroot $root $tools/busybox "$@"; }

mkdir -p $root $state
[ -b "$device" ] || exit 14
mount -t ext4 "$device" $root || exit 10
# A base may be of a size that leaves no room; the disk may be larger than its file system.
resize2fs "$device" >/dev/null 2>&1 || :
mkdir -p $root/dev $root/proc $root/sys $root/run $root/tmp $tools
mount -t devtmpfs -o mode=0755,nosuid dev $root/dev
mount -t proc proc $root/proc
mount -t tmpfs -o mode=0755,nosuid,nodev run $root/run
. /firekiln/run/networkd.sh
cp "$(readlink -f /bin/busybox)" $tools/busybox
chmod 755 $tools $tools/busybox
# The base's init may forbid programs in /dev, as Alpine's does: in a mount of its own this one stays a program.
mount --bind $root$tools $root$tools

in_root test -x /sbin/init || exit 11
in_root sh -c '[ -x /usr/sbin/sshd ] || [ -x /usr/sbin/dropbear ] || [ -x /usr/bin/dropbear ] || [ -x /sbin/sshd ]' || exit 12
entry=$(in_root grep "^$user:" /etc/passwd) || exit 13

if [ -n "$modules" ] && ! in_root test -d "/lib/modules/$release"; then
  in_root mkdir -p "/lib/modules/$release"
  folder=$root$(in_root realpath "/lib/modules/$release")
  mount -t ext4 -o ro "$modules" "$folder"
  echo "/lib/modules/$release" >$state/modules
fi

# The resolver of this VM for the time of the build: over the base's file, so that the file stays as it is.
if ! in_root test -L /etc/resolv.conf; then
  in_root test -e /etc/resolv.conf || { in_root touch /etc/resolv.conf; echo yes >$state/resolver-made; }
  mount --bind /etc/resolv.conf $root/etc/resolv.conf
fi

read -r key || key=
if [ -n "$key" ]; then
  IFS=: read -r _ _ uid gid _ home _ <<END
$entry
END
  printf '%s\n' "$key" >$state/key
  in_root test -d "$home" || { echo "the home folder $home of $user is missing" >&2; exit 13; }
  if ! in_root test -d "$home/.ssh"; then
    in_root mkdir -m 700 "$home/.ssh"
    in_root chown "$uid:$gid" "$home/.ssh"
    echo "$home/.ssh" >$state/key-folder-made
  fi
  file=$home/.ssh/authorized_keys
  if ! in_root test -e "$file"; then
    printf '%s\n' "$key" | in_root dd of="$file" 2>/dev/null
    in_root chmod 600 "$file"
    in_root chown "$uid:$gid" "$file"
    echo "$file" >$state/key-file-made
  else
    # A last line may lack its end.
    printf '\n%s\n' "$key" | in_root tee -a "$file" >/dev/null
  fi
  echo "$file" >$state/key-file
fi
