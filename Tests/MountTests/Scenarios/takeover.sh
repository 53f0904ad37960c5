# The process that serves is killed and upgraded under readers and a writer: no call of a reader fails, each open has one
# record, no committed value is lost. COFFER_TAKEOVER_KILLS and COFFER_TAKEOVER_SEED make it longer, or another one.
. "$(dirname "$0")/_takeover.sh"
at_end() { kill -9 $(jobs -p) 2>/dev/null || true; }
kills=${COFFER_TAKEOVER_KILLS:-50}; seed=${COFFER_TAKEOVER_SEED:-$RANDOM}
mount_store
printf first | coffer put live/a >/dev/null; V=$M/live/a/current/value
exec 5< "$V"
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
[ "$(cat "$V")" = first ] || fail "half a draft was committed"
exec 5< "$V"; printf second | coffer put live/a >/dev/null; kill_serving
[ "$(cat <&5)" = first ] || fail "a file that was open follows another version"
exec 5<&-
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
