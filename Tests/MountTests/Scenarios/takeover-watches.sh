# What is open, followed, watched, locked and bound when the process that serves is killed and upgraded lives through it: the
# snapshot of an open file, tail -f and -F, inotifywait, flock, bind mounts, another mount namespace.
. "$(dirname "$0")/_takeover.sh"
at_end() { kill -9 $(jobs -p) 2>/dev/null || true; umount -l "$D/bind" "$D/file" 2>/dev/null || true; }
mount_store
printf 1st | coffer put live/a >/dev/null; V=$M/live/a/current/value
exec 5< "$V"; mkdir "$D/bind"; touch "$D/file"
mount --bind "$M" "$D/bind"; mount --bind "$V" "$D/file"
mkfifo "$D/ready"; unshare -m sh -c 'echo > "$1"; read -r _ < "$1"; cat "$2" "$3" > "$4"' sh "$D/ready" "$D/bind/live/a/current/value" "$D/file" "$D/inside" & inside=$!
read -r _ < "$D/ready"
inotifywait -me close_write "$V" > "$D/heard" 2> "$D/watching" & watch=$!
for how in -f -F; do
    LC_ALL=C tail -n +1 -s 0.1 $how "$V" > "$D/tail$how" 2> "$D/errors$how" 5<&- & declare "tail${how#-}=$!"
    soon "tail $how prints" grep -q 1st "$D/tail$how"
done
soon "inotifywait watches" grep -q established "$D/watching"
python3 "$(dirname "$0")/_reading.py" "$D/stop" 1st,second,the-third "$V" "$D/file" > "$D/reads" 5<&- & reading=$!
exec 6< "$V"; flock 6
heard() { [ "$(grep -c CLOSE "$D/heard")" -ge "$1" ]; }
changes=0
change() { printf %s "$1" | coffer put live/a >/dev/null; changes=$((changes + 1)); soon "inotifywait hears of $1" heard $changes
    [ "$(cat "$D/bind/live/a/current/value" "$D/file")" = "$1$1" ] || fail "bind mounts do not show $1"; }
follow() { local tail; for tail in "$tailf" "$tailF"; do looks_again "$tail" "a tail $1"; done
    for how in -f -F; do [ ! -s "$D/errors$how" ] && [ "$(cat "$D/tail$how")" = 1st ] || fail "tail $how $1: $(cat "$D/errors$how" "$D/tail$how")"; done; }
kill_serving; kill_serving; follow "after two kills"; change second; follow "after a new version"
! flock -n "$V" true || fail "a lock is gone after a kill"
before=$(field ServingProcessId); coffer upgrade >/dev/null; taken_over "$before"
follow "after an upgrade"; change the-third; kill_serving; follow "in the end"
! flock -n "$V" true || fail "a lock is gone after an upgrade"
[ "$(cat <&5)" = 1st ] || fail "a file that was open before follows another version"
for process in "$tailf" "$tailF" "$watch"; do kill -0 "$process" || fail "a program has ended"; done
[ "$(cat "$D/watching" | wc -l)" = 2 ] || fail "inotifywait: $(cat "$D/watching")"
: > "$D/stop"; wait $reading; [ "$(cat "$D/reads")" = "the-third the-third often" ] || fail "a loop of reads: $(cat "$D/reads")"
echo > "$D/ready"; wait $inside; [ "$(cat "$D/inside")" = the-thirdthe-third ] || fail "another mount namespace"
kill "$tailf" "$tailF" "$watch"; exec 5<&- 6<&-
soon "the lock is free" flock -n "$V" true
umount "$D/bind" "$D/file"; coffer umount "$M"
