#!/bin/sh
# usage: make-old-tree.sh FOLDER   (as root)
# Makes the tree that the RUN cases change: every kind of file under /old, and the files of /etc that steps edit.
# Times are whole seconds, as an archive leaves them, and the same on every run.
set -eu
cd "$1"
umask 022
mkdir -p old/dir/sub/deep old/dir2/sub old/empty old/many old/data etc root tmp var/tmp proc sys dev run
printf 'alpha\n' > old/a
printf 'beta\n' > old/b
: > old/zero
for name in one two three; do printf '%s\n' "$name" > "old/dir/$name"; done
for name in x y z; do printf '%s\n' "$name" > "old/dir/sub/$name"; done
printf 'deep\n' > old/dir/sub/deep/leaf
printf 'p\n' > old/dir2/p
printf 'q\n' > old/dir2/sub/q
printf 'linked\n' > old/h1
ln old/h1 old/h2
ln old/h1 old/dir/h3
ln -s a old/link
ln -s dir old/linkdir
ln -s nowhere old/dangling
mkfifo -m 640 old/fifo
mknod -m 600 old/char c 5 1
mknod -m 660 old/block b 7 3
printf 'suid\n' > old/suid
chmod 4755 old/suid
printf 'owned\n' > old/owned
chown 1000:2000 old/owned
chmod 640 old/owned
mkdir -m 2775 old/setgid
mkdir -m 1777 old/sticky
printf 'cap\n' > old/capable
setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 old/capable
printf 'x\n' > old/attr
setfattr -n user.note -v kept old/attr
for number in $(seq 1 200); do echo "$number" > "old/many/file-$number"; done
head -c 300000 /dev/zero | tr '\0' 'q' > old/data/flat
truncate -s 2000000 old/data/sparse
printf 'end' >> old/data/sparse
printf 'n\n' > "old/n$(printf '\377\376')x"
# A cpio archive (newc) with one socket: the way to make one without a program that listens.
printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X' 1 49645 0 0 1 1000000000 0 0 0 0 0 5 0 > old/socket.cpio
printf 'sock\0\0' >> old/socket.cpio
printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X' 0 0 0 0 1 0 0 0 0 0 0 11 0 >> old/socket.cpio
printf 'TRAILER!!!\0\0\0\0' >> old/socket.cpio
printf 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/:/bin/false\n' > etc/passwd
printf 'root:x:0:\n' > etc/group
chmod 700 root
chmod 1777 tmp var/tmp
find . -exec touch -h -d '@1500000000' {} +
