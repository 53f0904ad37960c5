# Who watches a value, a member or their directory learns of each new version and moved label, whoever made it.
. "$(dirname "$0")/_common.sh"
mount_store
export COFFER
# A program in the background, by the process that $! is.
beside() { exec setpriv --reuid 10001 --regid 10001 --clear-groups "$@"; }
# shellcheck disable=SC2046
at_end() { kill $(jobs -p) 2>/dev/null || true; }
printf fence | coffer put e/fence >/dev/null
printf first | coffer put e/a >/dev/null; printf '{"user":"app","password":"p1"}' | coffer put e/a >/dev/null
for text in one two; do printf %s $text | coffer put h/x >/dev/null; done
coffer allow uid:10001 write 'e/*' >/dev/null; coffer allow uid:10001 write 'h/*' >/dev/null
coffer allow uid:10002 'e/*' --action DescribeSecret >/dev/null
coffer deny uid:0 'h/*' --action DescribeSecret >/dev/null
python3 "$(dirname "$0")/_events.py" "$M" || fail "events"
# Programs. Each says when it watches, so nothing is waited for but what must come.
V=$M/e/a/current/value
comes() { timeout 30 sh -c 'until grep -q "$2" "$1"; do :; done' sh "$1" "$2" || fail "never came: $2 in $(cat "$1")"; }
printf w0 | coffer put e/a >/dev/null
beside stdbuf -oL inotifywait -m -e modify,close_write --format '%e %w%f' "$V" "$M/e/a/current" > "$D/events" 2>"$D/said" & watch=$!
comes "$D/said" established
for n in 1 2 3; do
    case $n in 1) printf w1 | coffer put e/a >/dev/null ;; 2) printf w2 > "$V" ;; 3) coffer rollback e/a >/dev/null ;; esac
    timeout 30 sh -c 'until [ "$(grep -c "CLOSE.*value" "$1")" -ge "$2" ]; do :; done' sh "$D/events" $((n * 2)) || fail "inotifywait: $n"
done
kill -0 $watch; kill $watch; wait $watch || true; [ "$(grep -c 'CLOSE.*value' "$D/events")" = 6 ] || fail "inotifywait: $(cat "$D/events")"
# As systemd's path units do: wait for one event, look, wait again.
for n in 1 2; do
    beside inotifywait -e close_write "$V" >/dev/null 2>"$D/said" & watch=$!
    comes "$D/said" established
    printf 'path%s' $n | coffer put e/a >/dev/null
    wait $watch || fail "inotifywait ended with $?"
    [ "$(as 10001 cat "$V")" = "path$n" ] || fail "the event came before the version"
done
# entr runs its program at the start, and at each event.
printf '%s\n' "$V" > "$D/names"; : > "$D/entr"; chmod 666 "$D/entr"
beside entr -n sh -c 'cat "$1" >> "$2"; echo >> "$2"' sh "$V" "$D/entr" < "$D/names" >/dev/null 2>&1 & entr=$!
comes "$D/entr" path2
# It passes over what comes within 50 ms of a run of its program, on every file system: then once more.
soon() { timeout 1 sh -c 'until grep -q "$2" "$1"; do :; done' sh "$D/entr" "$1"; }
for n in 1 2 3 4 5; do printf 'e1.%s' $n | coffer put e/a >/dev/null; ! soon e1 || break; done
for n in 1 2 3 4 5; do printf 'e2.%s' $n > "$V"; ! soon e2 || break; done
kill $entr; wait $entr || true; grep -q e1 "$D/entr" || fail "entr: put"; grep -q e2 "$D/entr" || fail "entr: written"; printf e2 | coffer put e/a >/dev/null
# tail -F follows the name only to another file; this one stays the same, so it shows the version that it opened.
beside stdbuf -oL tail -n +1 -F "$V" > "$D/tail" 2>&1 & tail=$!
comes "$D/tail" e2; printf longer-than-before | coffer put e/a >/dev/null
kill -0 $tail; kill $tail; wait $tail || true; [ "$(cat "$D/tail")" = e2 ] || fail "tail -F: $(cat "$D/tail")"
coffer audit verify >/dev/null
# A change leaves one record, however many learn of it.
records() { cat "$D"/store.audit/audit.log | wc -l; }
beside inotifywait -e close_write "$M/e/a/previous" >/dev/null 2>"$D/said" & watch=$!
comes "$D/said" established; n=$(records); printf counted | coffer put e/a >/dev/null; wait $watch
[ "$(records)" = $((n + 1)) ] || fail "a put and its events made $(($(records) - n)) records"
# The helper ends with the daemon, however that ends, and keeps nobody from unmounting.
helper() { pgrep -f "^coffer make-events $M " || true; }
first=$(helper); [ -n "$first" ] || fail "no helper"
ls -lR "$M/e" >/dev/null; printf before-umount | coffer put e/a >/dev/null; coffer umount "$M"
timeout 30 tail --pid "$first" -f /dev/null || fail "the helper outlives the daemon"
mount_store
ls -lR "$M/e" >/dev/null; printf again | coffer put e/a >/dev/null
end=$((SECONDS + 30)); until [ -n "$(helper)" ]; do [ $SECONDS -lt $end ] || fail "no helper after a new mount"; done
second=$(helper); kill -9 "$(daemon)"; timeout 30 tail --pid "$second" -f /dev/null || fail "the helper outlives a kill"
