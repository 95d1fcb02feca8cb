#!/bin/sh
# Sends a signal to the program that enter.sh runs under a name: `signal.sh SLOT SIGNAL`. Exit code 1 if it has ended.
read -r spawn 2>/dev/null </run/firekiln/vm/"$1".pid || exit 1
for file in /proc/[0-9]*/stat; do
  read -r line 2>/dev/null <"$file" || continue
  # pid (name) state ppid ...; the name may hold anything.
  rest=${line##*) }
  rest=${rest#* }
  if [ "${rest%% *}" = "$spawn" ]; then
    kill -"$2" "${line%% *}"
    exit
  fi
done
exit 1
