# Kills at bad moments: of the supervisor too, in both orders, of standbys, while something stands still, the disk is full, the socket
# is gone, an upgrade, an unmount or the end is under way; by an ordinary user on their own mount.
. "$(dirname "$0")/_stalling.sh"
at_end() { end_stalls; umount -l "$D/small" "$D/home/m" 2>/dev/null || true; [ -z "${mode:-}" ] || chmod "$mode" /dev/fuse; }
V=$M/live/a/current/value
supervisor() { field SupervisorProcessId; }
serving() { field ServingProcessId; }
standbys() { local one; for one in $(pgrep -P "$(supervisor)"); do [ "$one" = "$(serving)" ] || echo "$one"; done; }
has_standby() { [ "$(standbys | wc -l)" -ge 1 ]; }
gone() { ! pgrep -f "[m]ount $D/store " >/dev/null; }
reads() { within 12 cat "$V" && [ "$answer" = "$1" ] || fail "$2: $answer"; }
mount_store --deadline 2; printf one | coffer put live/a >/dev/null
# The supervisor and the process that serves: no call hangs, and the next mount just works.
for order in supervisor-first serving-first; do
    soon "there is a standby" has_standby; s=$(supervisor); p=$(serving)
    if [ $order = supervisor-first ]; then kill -9 "$s" "$p"; else kill -9 "$p" "$s"; fi
    ! within 5 cat "$V" || [ "$answer" = one ] || fail "$order: $answer"
    within 20 "$COFFER" umount "$M" || fail "umount, $order: $answer"; soon "all processes end, $order" gone
    mount_store --deadline 2; reads one "mounted again, $order"
done
# The standby dies again and again; then so does the one that serves.
for n in 1 2 3; do soon "there is a standby" has_standby; kill -9 $(standbys); reads one "a standby less"; done
kill_serving; reads one "after standbys"
# The supervisor stands still: nobody takes over before it goes on, and then somebody does.
s=$(supervisor); p=$(serving); kill -STOP "$s"; kill -9 "$p"; cat "$V" > "$D/waited" & waiting=$!
soon "the process has ended" sh -c '! kill -0 "$1" 2>/dev/null || grep -q "^State:.Z" "/proc/$1/status"' sh "$p"
kill -CONT "$s"; wait $waiting && [ "$(cat "$D/waited")" = one ] || fail "a read that waited for the supervisor"
# The socket has gone: the next process makes another.
p=$(serving); rm "$COFFER_SOCKET"; kill -9 "$p"; reads one "without the socket"; taken_over "$p"
# Two upgrades at once; upgrades and kills; one whose programs are killed; one with a draft that doesn't end.
# One of the two may find nobody at the socket, as between any two processes.
p=$(serving); coffer upgrade >/dev/null 2>&1 & first=$!; outcome=; coffer upgrade >/dev/null 2>&1 || outcome=1; wait $first || [ -z "$outcome" ] || fail "two upgrades at once"
taken_over "$p"; reads one "after two upgrades"
for n in 1 2 3 4 5; do p=$(serving); coffer upgrade >/dev/null 2>&1 & first=$!; kill -9 "$p"; reads one "an upgrade and a kill"; wait $first || true
    soon "somebody answers" coffer status >/dev/null 2>&1; done
p=$(serving); python3 - "$V" "$COFFER" > "$D/outcome" <<'PY' || fail "an upgrade with a draft: $(cat "$D/outcome")"
import errno, os, subprocess, sys
file = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC); os.write(file, b"lost")
subprocess.run([sys.argv[2], "upgrade"], check=True, timeout=60, stdout=subprocess.DEVNULL)
for call in (lambda: os.write(file, b"more"), lambda: os.close(file)):
    try: call(); print("done")
    except OSError as error: print(errno.errorcode[error.errno])
PY
[ "$(cat "$D/outcome")" = "EIO
EIO" ] && [ "$(serving)" != "$p" ] || fail "a draft that outlasted an upgrade: $(cat "$D/outcome")"; reads one "after a draft that was lost"
# An unmount, by each way, beside a kill, before it and after it: it comes back, and no process stays.
for way in "$COFFER umount" "$COFFER umount --force" "$COFFER umount --lazy" "umount" "kill"; do for order in before after; do
    p=$(serving); s=$(supervisor); if [ "$way" = kill ]; then set -- kill -TERM "$s"; else set -- $way "$M"; fi
    [ $order = after ] || kill -9 "$p"
    "$@" & leaving=$!; [ $order = before ] || kill -9 "$p" 2>/dev/null || true
    wait $leaving || fail "$way $order a kill"; soon "all processes end: $way $order a kill" gone; ! mountpoint -q "$M" || fail "it is still mounted: $way $order a kill"
    mount_store --deadline 2; reads one "mounted again"
done; done
coffer audit verify >/dev/null; coffer umount "$M"
# A full disk.
mkdir "$D/small"; mount -t tmpfs -o size=6m none "$D/small"; mv "$D/store" "$D/store.audit" "$D/small"; ln -s "$D/small/store" "$D/store"
mount_store --audit-log "$D/small/store.audit" --deadline 2; reads one "on a small disk"; p=$(serving)
cat /dev/zero > "$D/small/fill" 2>/dev/null || true; kill -9 "$p"; within 12 ls "$M/live" && [ "$answer" = a ] || fail "ls on a full disk, after a kill: $answer"
rm "$D/small/fill"; taken_over "$p"; printf two > "$V"; reads two "once there is room"; coffer audit verify >/dev/null; coffer umount "$M"
# An ordinary user's mount.
mode=$(stat -c %a /dev/fuse); chmod 666 /dev/fuse; install -d -o 1000 -g 1000 "$D/home" "$D/home/m"; export COFFER_SOCKET=$D/home/run/control.sock
theirs() { as 1000 "$COFFER" "$@"; }
theirs init "$D/home/store" --key-file "$D/home/key" >/dev/null; theirs mount "$D/home/store" "$D/home/m" --key-file "$D/home/key" --socket "$COFFER_SOCKET" >/dev/null
printf mine | theirs put a/b >/dev/null
coffer() { theirs "$@"; }
for n in 1 2 3 4 5; do p=$(serving); kill -9 "$p"; [ "$(as 1000 cat "$D/home/m/a/b/current/value")" = mine ] || fail "an ordinary user's mount after a kill"; taken_over "$p"; done
[ "$(field Takeovers)" = 5 ] || fail "take-overs of an ordinary user's mount: $(field Takeovers)"
theirs upgrade >/dev/null; theirs umount "$D/home/m"; soon "all processes end" sh -c '! pgrep -f "[m]ount $1/home/store " >/dev/null' sh "$D"
