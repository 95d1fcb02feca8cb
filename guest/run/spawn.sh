#!/bin/sh
# The parent of a program of the image; see enter.sh. Handlers, unlike ignored signals, are not inherited. The shell
# itself is silent: it would tell of signals that ended the program.
trap : HUP INT QUIT TERM USR1 USR2
exec 3>&2 2>/dev/null
(exec /dev/.firekiln/busybox env -i "$@" 2>&3 3>&-)
exit $?
