#!/bin/sh
# usage: make-tools-tree.sh FOLDER
# Makes the tree with the programs that the RUN cases call: a static busybox and setfattr with its libraries.
set -eu
out=$1
busybox=$(command -v busybox)
mkdir -p "$out/bin" "$out/usr/bin" "$out/etc"
cp "$busybox" "$out/bin/busybox"
for applet in $("$busybox" --list); do
  [ "$applet" = busybox ] || ln -sf busybox "$out/bin/$applet"
done
for program in $(command -v setfattr) $(command -v fallocate) $(command -v unshare); do
  cp -L "$program" "$out/usr/bin/"
  for library in $(ldd "$program" | grep -o '/[^ ]*'); do
    mkdir -p "$out$(dirname "$library")"
    cp -L "$library" "$out$library"
  done
done
rm -f "$out/bin/fallocate" "$out/bin/unshare"
