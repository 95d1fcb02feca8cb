#!/bin/sh
# Compiles a small guest kernel without initramfs support, for the check by hand of docs/testing.md: a base that its kernel
# boots by itself (docs/in-place.md). On Debian, as root for the packages; five minutes on two cores.
#
# usage: scripts/lean-kernel.sh FOLDER [VERSION]     gives FOLDER/vmlinux; VERSION as in linux-source-6.1
set -eu
folder=$1 version=${2:-6.1}
source=linux-source-$version
apt-get install --yes --no-install-recommends "$source" bc bison flex gcc libc6-dev libelf-dev make perl xz-utils
mkdir -p "$folder"
cd "$folder"
[ -d "$source" ] || tar -xf "/usr/src/$source.tar.xz"
cd "$source"
sed 's/ *#.*//; /^$/d; s/^/CONFIG_/' >../lean.config <<'END'
64BIT=y
LOCALVERSION="-lean"
EXPERT=y
IKCONFIG=y                      # says what it has: Firekiln reads it
MODULES=n
BLK_DEV_INITRD=n                # what it is for
BASE_FULL=y
BUG=y
KALLSYMS=y
PRINTK=y
RSEQ=y
MULTIUSER=y
HYPERVISOR_GUEST=y
PARAVIRT=y
KVM_GUEST=y
PVH=y                           # QEMU starts a vmlinux by it
ACPI=y                          # names the devices
PCI=y                           # without it ACPI does not start, though there is no PCI
VIRTIO_MENU=y                   # older Firecrackers name them on the command line
VIRTIO_MMIO=y
VIRTIO_MMIO_CMDLINE_DEVICES=y
X86_UP_APIC=y
X86_UP_IOAPIC=y
X86_MPPARSE=y
BLOCK=y
BLK_DEV=y
VIRTIO_BLK=y
PARTITION_ADVANCED=y            # root=PARTUUID=
EFI_PARTITION=y
MSDOS_PARTITION=y
EXT4_FS=y
EXT4_FS_POSIX_ACL=y
EXT4_FS_SECURITY=y              # file capabilities
DEVTMPFS=y
DEVTMPFS_MOUNT=y
TTY=y
UNIX98_PTYS=y
SERIAL_8250=y
SERIAL_8250_CONSOLE=y
HW_RANDOM=y
HW_RANDOM_VIRTIO=y
NET=y
PACKET=y
UNIX=y
INET=y
IP_PNP=y                        # ip=
NETDEVICES=y
NET_CORE=y
VIRTIO_NET=y
ETHERNET=n
WLAN=n
BINFMT_ELF=y
BINFMT_SCRIPT=y
PROC_FS=y
PROC_SYSCTL=y
SYSFS=y
TMPFS=y
TMPFS_XATTR=y
TMPFS_POSIX_ACL=y
SHMEM=y
FILE_LOCKING=y
POSIX_TIMERS=y
HIGH_RES_TIMERS=y
NO_HZ_IDLE=y
FUTEX=y
EPOLL=y                         # from here on what systemd asks for
SIGNALFD=y
TIMERFD=y
EVENTFD=y
FHANDLE=y
INOTIFY_USER=y
AUTOFS_FS=y
SECCOMP=y
SYSVIPC=y
MEMBARRIER=y
ADVISE_SYSCALLS=y
KCMP=y
CGROUPS=y
CGROUP_PIDS=y
CGROUP_SCHED=y
FAIR_GROUP_SCHED=y
MEMCG=y
BPF_SYSCALL=y
CGROUP_BPF=y
NAMESPACES=y
UTS_NS=y
IPC_NS=y
USER_NS=y
PID_NS=y
NET_NS=y
UNWINDER_FRAME_POINTER=y        # no libelf is needed to compile it
SPECULATION_MITIGATIONS=n
END
make KCONFIG_ALLCONFIG="$PWD/../lean.config" allnoconfig
make -j"$(nproc)" vmlinux
cp vmlinux ..
