# The process that serves is killed and upgraded under readers and a writer: no call of a reader fails, each open has one
# record, no committed value is lost. COFFER_TAKEOVER_KILLS and COFFER_TAKEOVER_SEED make it longer, or another one.
. "$(dirname "$0")/_common.sh"
at_end() { kill -9 $(jobs -p) 2>/dev/null || true; umount -l "$D/bind" "$D/file" 2>/dev/null || true; }
kills=${COFFER_TAKEOVER_KILLS:-50}; seed=${COFFER_TAKEOVER_SEED:-$RANDOM}
mount_store
field() { coffer status --json | sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }
taken_over() { until [ "$(field ServingProcessId)" != "$1" ]; do :; done 2>/dev/null; }
kill_serving() { local p; p=$(field ServingProcessId); kill -9 "$p"; taken_over "$p"; }
# What is open, watched, bound, and locked lives through it.
printf first | coffer put live/a >/dev/null; V=$M/live/a/current/value
exec 5< "$V"; mkdir "$D/bind"; touch "$D/file"
mount --bind "$M" "$D/bind"; mount --bind "$V" "$D/file"
mkfifo "$D/ready"; unshare -m sh -c 'echo > "$1"; read -r _ < "$1"; cat "$2" "$3" > "$4"' sh "$D/ready" "$D/bind/live/a/current/value" "$D/file" "$D/inside" & inside=$!
read -r _ < "$D/ready"
inotifywait -mqe close_write "$V" > "$D/heard" 2> "$D/watching" & watch=$!
until ls -l /proc/$watch/fd 2>/dev/null | grep -q inotify && grep -q "inotify wd" /proc/$watch/fdinfo/*; do :; done
exec 6< "$V"; flock 6
mkfifo "$D/go" "$D/drafted"
python3 - "$V" "$D/go" "$D/drafted" > "$D/outcome" <<'PY' & draft=$!
import errno, os, sys
file = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC); os.write(file, b"lost"); open(sys.argv[3], "w").close(); open(sys.argv[2]).read()
for call in (lambda: os.write(file, b"more"), lambda: os.fsync(file), lambda: os.close(file)):
    try: call(); print("done")
    except OSError as error: print(errno.errorcode[error.errno])
PY
: < "$D/drafted"
kill_serving; : > "$D/go"; wait $draft
[ "$(cat "$D/outcome")" = "$(printf 'EIO\nEIO\nEIO')" ] || fail "a draft that was lost: $(cat "$D/outcome")"
[ "$(cat <&5)" = first ] || fail "a file that was open before"
! flock -n "$V" true || fail "a lock is gone"
[ "$(cat "$V")" = first ] || fail "half a draft was committed"
exec 5< "$V"; printf second | coffer put live/a >/dev/null; kill_serving
[ "$(cat <&5)" = first ] || fail "a file that was open follows another version"
until grep -q value "$D/heard"; do :; done
[ "$(cat "$D/bind/live/a/current/value" "$D/file")" = secondsecond ] || fail "a bind mount"
echo > "$D/ready"; wait $inside; [ "$(cat "$D/inside")" = secondsecond ] || fail "another mount namespace"
exec 5<&- 6<&-; kill $watch; umount "$D/bind" "$D/file"
# A file of a strict secret is read on by who opened it.
printf guarded | coffer put --strict live/s >/dev/null; exec 5< "$M/live/s/current/value"; kill_serving
[ "$(cat <&5)" = guarded ] || fail "a file of a strict secret that was open before"
exec 5<&-; [ "$(cat "$M/live/s/current/value")" = guarded ] || fail "a strict secret, opened anew"
# The process stands still, as under a debugger: it is ended, and calls go on.
p=$(field ServingProcessId); kill -STOP "$p"
[ "$(timeout 20 cat "$V")" = second ] || fail "a process that stands still keeps readers"
[ "$(field ServingProcessId)" != "$p" ] || fail "it still serves"
# An upgrade to a program that can't open the store: the old one goes on.
p=$(field ServingProcessId); sqlite3 "$D/store/coffer.db" "PRAGMA user_version = 99"
! coffer upgrade >"$D/said" 2>&1 || fail "upgraded to a program that can't open the store"
grep -q refused "$D/said" && [ "$(field ServingProcessId)" = "$p" ] || fail "the old one does not go on: $(cat "$D/said")"
sqlite3 "$D/store/coffer.db" "PRAGMA user_version = 1"; [ "$(cat "$V")" = second ] || fail "read after a refused upgrade"
coffer upgrade >/dev/null; [ "$(field ServingProcessId)" != "$p" ] || fail "upgrade"
# And to one that says it can, and then can't: the old one takes over from it.
cp "$COFFER" "$D/coffer"; coffer umount "$M"; COFFER=$D/coffer mount_store; p=$(field ServingProcessId); rm "$D/coffer"
cat > "$D/coffer" <<'PY'
#!/usr/bin/python3
import socket, sys
end = socket.socket(fileno=3)
while message := end.recv(65536):
    if message[:1] == b"C": end.send(b"H")
    if message[:1] == b"B": sys.exit(9)
PY
chmod 755 "$D/coffer"; ! coffer upgrade >"$D/said" 2>&1 || fail "upgraded to a program that ended"
grep -q refused "$D/said" && [ "$(cat "$V")" = second ] || fail "after an upgrade that failed late: $(cat "$D/said")"
# The supervisor alone goes: the mount goes on. Then everything: calls fail at once, and the next mount just works.
kill -9 "$(field SupervisorProcessId)"; [ "$(cat "$V")" = second ] || fail "the mount ended with the supervisor"
refuses "no supervisor" coffer upgrade
kill_everything; ! timeout 5 ls "$M" 2>"$D/said" || fail "a dead mount answers"; grep -q "not connected\|connection abort" "$D/said" || fail "$(cat "$D/said")"
coffer umount "$M"; mount_store; [ "$(cat "$V")" = second ] || fail "mounted again"
timeout 300 python3 "$(dirname "$0")/_takeover.py" "$M" "$COFFER" "$D/store.audit/audit.log" "$kills" 10 "$seed" || fail "take-over, seed $seed; the log: $(tail -5 "$D/store.audit/coffer.log")"
coffer umount "$M"
