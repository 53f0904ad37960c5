# What is open goes on as it was when another process takes over: each snapshot, whatever became of its version; who waits in
# poll; the page cache; and watchers hear of a change though the process was killed before it could tell them.
. "$(dirname "$0")/_takeover.sh"
at_end() { kill -9 $(jobs -p) 2>/dev/null || true; }
mount_store
V=$M/o/a/current/value
printf 'the first version' | coffer put o/a >/dev/null
# The version that is open is dropped by no number of versions that follow, and by the first one after it was closed.
exec 5< "$V" 6< "$M/o/a/metadata.json"
for n in $(seq 105); do printf '%s' "$n" > "$V"; done
kill_serving
[ "$(stat -Lc %s /dev/fd/5)" = 17 ] || fail "fstat tells another version's size"
[ "$(cat <&5)" = 'the first version' ] || fail "a file that was open before"
grep -q '"o/a"' <&6 || fail "metadata.json that was open before"
kill_serving; printf x > "$V"; coffer versions o/a --json | grep -q '"VersionId"' || fail versions
[ "$(versions o/a)" = 100 ] || fail "the version that is open goes"
exec 5<&- 6<&-; kill_serving; printf y > "$V"; printf z > "$V"
[ "$(versions o/a)" = 100 ] || fail "$(versions o/a) versions"
[ "$(field OpenFiles)" = 0 ] || fail "files that were closed count as open"
# A strict secret's file is read on by who opened it, and by nobody else.
printf guarded | coffer put --strict o/s >/dev/null; coffer allow uid:33 read 'o/*' >/dev/null
exec 5< "$M/o/s/current/value"; kill_serving
! as 33 cat <&5 2>/dev/null || fail "a strict secret is read by another user"
[ "$(cat <&5)" = guarded ] || fail "a strict secret's file"
exec 5<&-
# Who waits in poll hears of a version that comes after the kill.
mkfifo "$D/waiting" "$D/go"
python3 - "$V" "$D/waiting" > "$D/woken" <<'PY' &
import os, select, sys
file = os.open(sys.argv[1], os.O_RDONLY)
waiter = select.poll(); waiter.register(file, select.POLLPRI)
assert waiter.poll(0) == []
open(sys.argv[2], "w").close()
print("woken" if waiter.poll(30000) else "not woken")
PY
poller=$!; timeout 20 cat "$D/waiting"
until grep -q poll /proc/$poller/wchan || ! [ -e /proc/$poller ]; do :; done
kill_serving; printf urgent > "$V"; wait $poller; [ "$(cat "$D/woken")" = woken ] || fail "who waits in poll"
# What a mapping brought into the page cache goes with the last close, though another process has served it.
PYTHONPATH=$(dirname "$0") PYTHONDONTWRITEBYTECODE=1 python3 - "$V" "$D/waiting" "$D/go" > "$D/pages" <<'PY' &
import mmap, os, sys
from _pages import pages
first = os.open(sys.argv[1], os.O_RDONLY)
kept = mmap.mmap(first, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
# What the write before made the daemon drop may be dropped just now.
while not (kept[:] == b"urgent" and pages(first)): pass
open(sys.argv[2], "w").close(); open(sys.argv[3]).read()
assert kept[:] == b"urgent"
kept.close(); os.close(first)
# The last close is heard of later; each look has a descriptor of its own.
for _ in range(100000):
    file = os.open(sys.argv[1], os.O_RDONLY); left = pages(file); os.close(file)
    if not left: print("gone"); break
PY
mapper=$!; timeout 20 cat "$D/waiting"; kill_serving; timeout 20 sh -c ': > "$1"' sh "$D/go"; wait $mapper
[ "$(cat "$D/pages")" = gone ] || fail "a value stays in the page cache"
# A change whose process is killed at once is heard of all the same.
inotifywait -mqe close_write "$V" > "$D/heard" 2> "$D/watching" & watch=$!
until ls -l /proc/$watch/fd 2>/dev/null | grep -q inotify && grep -q "inotify wd" /proc/$watch/fdinfo/*; do :; done
for n in $(seq 15); do
    before=$(wc -l < "$D/heard"); p=$(field ServingProcessId)
    printf 'by api %s' "$n" | coffer put o/a >/dev/null; kill -9 "$p"
    timeout 20 sh -c 'until [ "$(wc -l < "$1")" -gt "$2" ]; do :; done' sh "$D/heard" "$before" || fail "change $n was not heard of"
    taken_over "$p"
done
kill $watch; coffer audit verify >/dev/null || fail "the trail"
coffer umount "$M"
