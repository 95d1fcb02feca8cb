#!/bin/sh
# The parent of a program of the image; see enter.sh. Handlers, unlike ignored signals, are not inherited. The shell
# itself is silent: it would tell of signals that ended the program.
trap : HUP INT QUIT TERM USR1 USR2
exec 3>&2 2>/dev/null

# Prints where PATH ($1) has a program; exit code 1 if nowhere. busybox would take its own of that name instead.
find_program() {
  places=$1:
  while [ -n "$places" ]; do
    file=${places%%:*}/$2
    places=${places#*:}
    [ -f "$file" ] && [ -x "$file" ] && echo "$file" && return
  done
  return 1
}

path=
count=$#
program=
while [ "$count" -gt 0 ]; do
  count=$((count - 1))
  word=$1
  shift
  if [ -z "$program" ]; then
    case $word in
      PATH=*) path=${word#PATH=} ;;
      *=*) ;;
      */*) program=$word ;;
      *)
        program=$word
        word=$(find_program "$path" "$word") || { echo "firekiln: there is no program $program in $path" >&3; exit 127; }
        ;;
    esac
  fi
  set -- "$@" "$word"
done
(exec /dev/.firekiln/busybox env -i "$@" 2>&3 3>&-)
exit $?
