# The disk below the trail stalls, and with it the log, which lies beside the trail where nobody says otherwise: who needs the
# disk hears EIO in time, the others don't wait, nobody is killed for it, and when the disk goes on so does everything.
. "$(dirname "$0")/_stalling.sh"
make_disk trail-disk
mount_store --audit-log "$D/trail-disk/trail" --deadline 2
printf one | coffer put a/a >/dev/null; printf two | coffer put a/b >/dev/null
cat "$M/a/a/current/value" "$M/a/b/current/value" >/dev/null; before=$(field ServingProcessId)
fsfreeze -f "$D/trail-disk"
others_go_on() { within 5 ls "$M/a" && [ "$answer" = "a
b" ] || fail "ls $1: $answer"
    within 5 stat "$M/a/b/current/value" || fail "stat $1: $answer"
    within 12 "$COFFER" status || [ -n "$answer" ] || fail "coffer status says nothing $1"; }
eio 12 cat "$M/a/a/current/value"; others_go_on "after one read"
for n in 1 2 3 4 5 6 7 8; do (eio 12 cat "$M/a/b/current/value") & readers="${readers:-} $!"; done
for reader in $readers; do wait "$reader" || fail "a read with a stalled trail"; done
others_go_on "after many"; eio 12 cat "$M/a/a/current/value"
fsfreeze -u "$D/trail-disk"
soon "reads go on" sh -c '[ "$(cat "$1" 2>&1)" = two ]' sh "$M/a/b/current/value"
[ "$(field ServingProcessId)" = "$before" ] || fail "the process that waited for its log was ended"
grep -q "in time" "$D/trail-disk/trail/coffer.log" || fail "nothing is in the log: $(cat "$D/trail-disk/trail/coffer.log")"
# Once more, and the process is killed: it can't end before the disk goes on, and nobody waits for that.
fsfreeze -f "$D/trail-disk"; eio 12 cat "$M/a/a/current/value"
kill -9 "$before"
for call in "ls $M/a" "stat $M/a/b/current/value" "cat $M/a/a/current/value" "$COFFER status"; do
    # shellcheck disable=SC2086
    within 12 $call || true
done
fsfreeze -u "$D/trail-disk"
soon "reads go on after a kill" sh -c '[ "$(cat "$1" 2>&1)" = two ]' sh "$M/a/b/current/value"
printf three | coffer put a/a >/dev/null; [ "$(cat "$M/a/a/current/value")" = three ] || fail "a write afterwards"
coffer audit verify >/dev/null || fail "the trail"
coffer umount "$M"
