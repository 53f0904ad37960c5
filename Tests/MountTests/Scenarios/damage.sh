# A byte flipped anywhere in the store's file, while the store was closed: an error that names what is damaged. Flipped after a crash,
# when nothing is known of the file as a whole: such an error, or the right bytes; never wrong ones, never a crash.
. "$(dirname "$0")/_common.sh"
mount_store
for n in 1 2 3; do head -c 3000 /dev/urandom > "$D/v$n"; coffer put "d/s$n" --file "$D/v$n" >/dev/null; done
coffer umount "$M"
size=$(stat -c %s "$D/store/coffer.db")
cp "$D/store/coffer.db" "$D/whole"
RANDOM=${SEED:-4711}; echo "SEED=${SEED:-4711}"
refused=0 unread=0 unharmed=0
cp "$D/store/coffer.sum" "$D/sum"
for round in $(seq 60); do
    [ "$round" != 31 ] || rm "$D/store/coffer.sum" "$D/sum"
    offset=$(((RANDOM * 32768 + RANDOM) % size))
    cp "$D/whole" "$D/store/coffer.db"
    python3 - "$D/store/coffer.db" "$offset" <<'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2])); byte = f.read(1)[0]; f.seek(int(sys.argv[2])); f.write(bytes([byte ^ 0x41]))
PY
    [ "$round" -gt 30 ] || cp "$D/sum" "$D/store/coffer.sum"
    [ "$round" -le 30 ] || rm -f "$D/store/coffer.sum"
    if said=$(timeout 60 "$COFFER" mount "$D/store" "$M" --key-file "$D/key" --socket "$COFFER_SOCKET" 2>&1); then
        [ "$round" -gt 30 ] || fail "offset $offset: not noticed"
        harmed=0
        for n in 1 2 3; do
            if timeout 20 cat "$M/d/s$n/current/value" > "$D/out" 2> "$D/err"; then
                cmp "$D/out" "$D/v$n" || fail "offset $offset: wrong bytes of s$n"
            else
                grep "Input/output error" "$D/err" >/dev/null || fail "offset $offset: $(cat "$D/err")"
                grep "the value of 'd/s$n'" "$D/store.audit/coffer.log" >/dev/null || { cat "$D/err" "$D/store.audit/coffer.log"; fail "offset $offset: nothing in the log names s$n"; }
                coffer audit log --secret "d/s$n" --json | grep DecryptionFailure >/dev/null || fail "offset $offset: no audit record names s$n"
                harmed=1
            fi
        done
        kill -0 "$(daemon)" || fail "offset $offset: the daemon has crashed"
        coffer umount "$M"
        if [ $harmed = 1 ]; then unread=$((unread + 1)); else unharmed=$((unharmed + 1)); fi
    else
        status=$?
        [ $status -lt 128 ] || fail "offset $offset: ended with $status"
        [[ $said == *coffer:* ]] || fail "offset $offset: no clear error: $said"
        # The first 32 bytes tell SQLite's files apart; without them nothing else is looked at.
        [ "$round" -gt 30 ] || [ "$offset" -lt 32 ] || [[ $said == *"changed between bytes $((offset / 65536 * 65536)) and "* ]] || fail "offset $offset: not named: $said"
        refused=$((refused + 1))
    fi
done
echo "refused $refused, a value named unreadable $unread, unharmed $unharmed"
[ $((refused + unread)) -gt 10 ] || fail "hardly any flip was noticed"
# A secret's row put back from an older copy.
cp "$D/whole" "$D/store/coffer.db"; rm -f "$D/store/coffer.sum"; mount_store
printf new | coffer put d/s1 >/dev/null; coffer umount "$M"
rm "$D/store/coffer.sum"
row=$((3 * 72057594037927936 + 1))
sqlite3 "$D/store/coffer.db" "attach '$D/whole' as old; update record set revision=(select revision from old.record where id=$row), body=(select body from old.record where id=$row) where id=$row"
refuses "put back from an older copy" coffer mount "$D/store" "$M" --key-file "$D/key" --socket "$COFFER_SOCKET"
sqlite3 "$D/store/coffer.db" "delete from record where id=$((row + 1))"
refuses "removed" coffer mount "$D/store" "$M" --key-file "$D/key" --socket "$COFFER_SOCKET"
# Despite damage: what is whole is served, and nothing is written.
coffer mount "$D/store" "$M" --key-file "$D/key" --socket "$COFFER_SOCKET" --despite-damage >/dev/null 2>&1
cmp "$M/d/s3/current/value" "$D/v3" || fail "what is whole is not served"
refuses "Read-only" sh -c "echo x > $M/d/s3/current/value"
refuses "despite damage" sh -c "echo x | '$COFFER' put d/s3"
