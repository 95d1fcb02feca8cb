#!/bin/sh
# Puts the file system of a VM together from its drives, and starts the namespaces that the image's programs run in.
#
# usage: setup.sh CONFIG
#
# CONFIG is a shell fragment, written by src/runtime/shim/setup-config.ts, with: rootfs (block device with the whole file
# system, or empty), else segments (block devices from the bottom up) and scratch; modules (block device or empty),
# release, hostname, workdir, volumes (one path a line), init (firekiln, or image: see hand-over.sh).
# With Firekiln's init, prints the image's /etc/passwd, a separator line, and its /etc/group: the host resolves users.
#
# Applets of busybox come before programs of the same name: those of util-linux need their path.
set -eu
. "$1"
base=/run/firekiln/vm
root=$base/root
tools=/dev/.firekiln

# A program of busybox, seeing the image as its root: symlinks of the image lead to places of the image.
in_root() { chroot $root $tools/busybox "$@"; }

is_mounted() { grep -q " $1 " /proc/mounts; }

mkdir -p $root

mount_layers() {
  mkdir -p $base/scratch
  number=0
  lower=
  for device in $segments; do
    folder=$base/lower/$number
    mkdir -p $folder
    mount -t ext4 -o ro "$device" $folder
    lower=$folder${lower:+:$lower}
    number=$((number + 1))
  done
  if [ -z "$lower" ]; then
    lower=$base/lower/empty
    mkdir -p $lower
  fi
  mount -t ext4 "$scratch" $base/scratch
  upper=$base/scratch/upper
  # A disk of `-o type=firecracker` comes with what the VM wrote before.
  mkdir -p $base/scratch/work $base/scratch/volumes
  if ! [ -d $upper ]; then
    mkdir $upper
    # The root folder of an overlay is that of its upper.
    chmod "$(stat -c %a "${lower%%:*}")" $upper
    chown "$(stat -c %u:%g "${lower%%:*}")" $upper
    touch -r "${lower%%:*}" $upper
  fi
  mount -t overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$base/scratch/work,redirect_dir=nofollow,metacopy=off,index=off" overlay $root
}

if [ -n "$rootfs" ]; then
  mount -t ext4 -o errors=remount-ro "$rootfs" $root
else
  mount_layers
fi

mkdir -p $root/dev $root/proc $root/sys
mkdir -p /dev/shm /dev/pts $tools
is_mounted /dev/shm || mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
is_mounted /dev/pts || mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
for link in fd:/proc/self/fd stdin:/proc/self/fd/0 stdout:/proc/self/fd/1 stderr:/proc/self/fd/2; do
  [ -e "/dev/${link%%:*}" ] || ln -s "${link#*:}" "/dev/${link%%:*}"
done
# What runs inside the image's root needs a program that is always there.
cp "$(readlink -f /bin/busybox)" $tools/busybox
cp /firekiln/run/spawn.sh $tools/spawn
chmod 755 $tools $tools/busybox $tools/spawn
mount --rbind /dev $root/dev
# An init of the image's own may forbid programs in /dev, as Alpine's does: in a mount of its own these stay programs.
[ "$init" != image ] || mount --bind $root$tools $root$tools
mount -t sysfs sysfs $root/sys
if [ "$init" = image ]; then
  mount -t proc proc $root/proc
  mkdir -p $root/run
  mount -t tmpfs -o mode=0755,nosuid,nodev run $root/run
else
  mount -t cgroup2 cgroup2 $root/sys/fs/cgroup 2>/dev/null || :
fi

if [ -n "$modules" ]; then
  in_root mkdir -p "/lib/modules/$release"
  folder=$root$(in_root realpath "/lib/modules/$release")
  mount -t ext4 -o ro "$modules" "$folder"
fi

address=$(ip -4 -o addr show scope global 2>/dev/null | awk '{ sub("/.*", "", $4); print $4; exit }')
in_root mkdir -p /etc
# An init of the image's own may have made a link of it, to what its resolver writes.
[ "$init" = image ] && [ -L $root/etc/resolv.conf ] || in_root rm -f /etc/resolv.conf
in_root rm -f /etc/hosts /etc/hostname
# shellcheck disable=SC2154 # hostname comes from CONFIG
{
  printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'
  printf 'ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n%s\t%s\n' "${address:-127.0.1.1}" "$hostname"
} | in_root dd of=/etc/hosts 2>/dev/null
printf '%s\n' "$hostname" | in_root dd of=/etc/hostname 2>/dev/null
[ -L $root/etc/resolv.conf ] || cat /etc/resolv.conf 2>/dev/null | in_root dd of=/etc/resolv.conf 2>/dev/null

# Volumes lie on the scratch disk itself: an overlay's upper can't be on an overlay.
number=0
printf '%s\n' "$volumes" | while IFS= read -r path; do
  [ -n "$path" ] || continue
  in_root mkdir -p "$path"
  [ -z "$rootfs" ] || continue
  folder=$root$(in_root realpath "$path")
  if ! [ -d $base/scratch/volumes/$number ]; then
    rm -rf $base/scratch/volumes/new
    cp -a "$folder" $base/scratch/volumes/new
    mv $base/scratch/volumes/new $base/scratch/volumes/$number
  fi
  mount --bind $base/scratch/volumes/$number "$folder"
  number=$((number + 1))
done

in_root mkdir -p "$workdir"

# When memory is short, the kernel is to take the image's programs and not what serves the control channel.
for file in /proc/[0-9]*/oom_score_adj; do echo -1000 >"$file"; done 2>/dev/null || :

[ "$init" = firekiln ] || { . /firekiln/run/networkd.sh; exit 0; }

mkfifo $base/ready
setsid /bin/unshare --mount --pid --fork sh /firekiln/run/init.sh $root $base/ready </dev/null >$base/init.log 2>&1 &
read -r pid <$base/ready || {
  echo "the namespaces of the image could not be made:" >&2
  cat $base/init.log >&2
  exit 1
}
echo "$pid" >$base/init.pid

exec sh /firekiln/run/accounts.sh
