#!/bin/sh
# Runs the image's program in a VM that no Firekiln watches over, made by `-o type=firecracker`. The console is its input
# and output; when it has ended the VM ends.
#
# /run/firekiln/vm holds config (see setup.sh) and main.sh, written by src/runtime/firecracker-folder.ts.
base=/run/firekiln/vm
if sh /firekiln/run/setup.sh $base/config >/dev/null; then
  sh $base/main.sh
  echo "firekiln: the program ended with exit code $?"
else
  echo 'firekiln: failed: the file system could not be put together'
fi
sync
# Long enough for the console to be read to its end.
sleep 1
reboot -f
