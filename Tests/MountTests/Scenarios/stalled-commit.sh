# The disk below the store stalls while versions are written, and then the process that serves is killed, which can't end before
# the disk goes on: every call is answered in time, and afterwards each version whose close succeeded is there, the trail is whole.
. "$(dirname "$0")/_stalling.sh"
make_disk store-disk
rm -rf "$D/store"; coffer init "$D/store-disk/s" --key-file "$D/key" >/dev/null; ln -s "$D/store-disk/s" "$D/store"
mount_store --audit-log "$D/trail" --deadline 2
for name in a b c; do printf two | coffer put "live/$name" >/dev/null; cat "$M/live/$name/current/value" >/dev/null; done
# A round: numbers are written without a pause, and those whose close succeeded are noted.
cat > "$D/write.py" <<'PY'
import os, sys
value, done, stop, number = sys.argv[1], open(sys.argv[2], "a"), sys.argv[3], 0
while not os.path.exists(stop):
    number += 1
    file = None
    try:
        file = os.open(value, os.O_WRONLY | os.O_TRUNC); os.write(file, b"%s-%d" % (sys.argv[4].encode(), number))
        end, file = file, None; os.close(end)
        print(f"{sys.argv[4]}-{number}", file=done, flush=True)
    except OSError:
        if file is not None:
            try: os.close(file)
            except OSError: pass
PY
hangs_in_the_disk() { grep -hs '' /proc/"$1"/task/*/stat | sed 's/.*) //' | grep -q ^D; }
noted() { [ -s "$D/done" ] && [ "$(wc -l < "$D/done")" -ge "$1" ]; }
killed_in_a_commit() { local round=$1 p call
    rm -f "$D/stop" "$D/done"
    python3 "$D/write.py" "$M/live/a/current/value" "$D/done" "$D/stop" "$round" & writer=$!
    soon "versions are written" noted 20
    p=$(field ServingProcessId); fsfreeze -f "$D/store-disk"; soon "a commit hangs" hangs_in_the_disk "$p"
    [ "$round" = 1 ] || eio 12 python3 -c 'import os, sys; f = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC); os.write(f, b"lost"); os.close(f)' "$M/live/c/current/value"
    kill -9 "$p"
    for call in "ls $M/live" "stat $M/live/b/current/value" "cat $M/live/b/current/value" "ls $M/live/c/current" "cat $M/live/c/current/value" "$COFFER status" "$COFFER get live/b"; do
        # shellcheck disable=SC2086
        within 12 $call || true; [[ $answer != lost* ]] || fail "what was refused is there"
    done
    fsfreeze -u "$D/store-disk"
    soon "reads go on" sh -c '[ "$(cat "$1" 2>&1)" = two ]' sh "$M/live/b/current/value"
    : > "$D/stop"; wait "$writer"
    # The last twenty, of which as many are kept as a secret has versions.
    coffer versions live/a --json | sed -n 's/.*"VersionId": *"\([^"]*\)".*/\1/p' | sort -u > "$D/ids"
    while read -r id; do coffer get live/a --version-id "$id"; echo; done < "$D/ids" > "$D/kept"
    for number in $(tail -20 "$D/done"); do grep -qx "$number" "$D/kept" || fail "$number was closed without an error, and is gone"; done
    [ "$(sort "$D/kept" | uniq -d | wc -l)" = 0 ] || fail "a version is there twice"
    coffer audit verify >/dev/null || fail "the trail"; }
killed_in_a_commit 1; killed_in_a_commit 2
coffer umount "$M"
