#!/bin/sh
# A small init: passes SIGTERM on, and ends as its child ended (128 + the signal that killed it).
trap 'kill -TERM $child' TERM
"$@" &
child=$!
wait $child
code=$?
# A wait that a trap interrupts says nothing of the child: wait again while it is there.
while kill -0 $child 2>/dev/null; do
  wait $child
  code=$?
done
exit $code
