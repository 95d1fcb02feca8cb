#!/bin/sh
# Takes away what mount.sh put into a base; run before the base is shut down, with the base's init as process 1.
root=/proc/1/root
tools=/dev/.firekiln
state=/run/firekiln/base
in_root() { chroot $root $tools/busybox "$@"; }

if [ -e $state/key-file ]; then
  read -r file <$state/key-file
  if [ -e $state/key-file-made ]; then
    in_root sh -c '[ "$(cat "$1")" != "$(cat)" ] || rm -f "$1"' - "$file" <$state/key
    [ ! -e $state/key-folder-made ] || in_root rmdir "${file%/*}" 2>/dev/null
  fi
  # Into the same file, so that owner and mode stay.
  if in_root test -e "$file"; then
    read -r key <$state/key
    in_root cat "$file" | grep -vxF "$key" >$state/rest
    # The empty line in front of the key was ours, too.
    [ -e $state/key-file-made ] || sed -i '${/^$/d}' $state/rest
    in_root dd of="$file" 2>/dev/null <$state/rest
  fi
fi
in_root umount /etc/resolv.conf 2>/dev/null
[ ! -e $state/resolver-made ] || in_root sh -c '[ -s /etc/resolv.conf ] || rm -f /etc/resolv.conf'
if [ -e $state/modules ]; then
  read -r folder <$state/modules
  in_root umount -l "$folder" && in_root rmdir "$folder" 2>/dev/null
fi
sync
