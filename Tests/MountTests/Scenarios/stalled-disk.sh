# The disk below the store, or the trail, stands still (a frozen file system): who needs it hears EIO in time, `ls` and reads of
# other secrets don't wait, and when it goes on nothing is lost.
. "$(dirname "$0")/_common.sh"
at_end() { fsfreeze -u "$D/store-disk" 2>/dev/null || true; fsfreeze -u "$D/trail-disk" 2>/dev/null || true; kill -9 $(jobs -p) 2>/dev/null || true
    pkill -KILL -f "[m]ount $D/store" || true; umount -l "$M" "$D/store-disk" "$D/trail-disk" 2>/dev/null || true; }
for disk in store-disk trail-disk; do
    truncate -s 48M "$D/$disk.img"; mkfs.ext4 -q "$D/$disk.img"; mkdir "$D/$disk"; mount -o loop "$D/$disk.img" "$D/$disk"
done
rm -rf "$D/store"; coffer init "$D/store-disk/s" --key-file "$D/key" >/dev/null; ln -s "$D/store-disk/s" "$D/store"
mount_store --audit-log "$D/trail-disk/trail" --log-file "$D/messages" --deadline 2
printf one | coffer put a/a >/dev/null; printf two | coffer put a/b >/dev/null
cat "$M/a/a/current/value" "$M/a/b/current/value" >/dev/null
# At most the deadline, and what the watch's period and a busy machine add.
within() { local limit=$1 began=$SECONDS; shift; timeout 30 "$@" || return 1; [ $((SECONDS - began)) -le "$limit" ] || fail "took $((SECONDS - began)) s: $*"; }
eio() { local said; said=$(LC_ALL=C within 12 "$@" 2>&1) && fail "was not refused: $*"; [[ $said == *"Input/output error"* ]] || fail "$*: $said"; }
stalled_store() {
    fsfreeze -f "$D/store-disk"
    eio python3 -c 'import os, sys; f = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC); os.write(f, b"lost"); os.close(f)' "$M/a/a/current/value"
    [ "$(within 5 ls "$M/a")" = "a
b" ] && [ "$(within 5 cat "$M/a/b/current/value")" = two ] || fail "others wait for a stalled store"
    fsfreeze -u "$D/store-disk"
    within 20 sh -c 'until printf three > "$1" && [ "$(cat "$1")" = three ]; do :; done 2>/dev/null' sh "$M/a/a/current/value" || fail "it does not go on"
}
# There a fault in one thread (SQLite's shared memory, of a file that is frozen) keeps all from mapping memory.
if ! older 6.7; then stalled_store; fi
fsfreeze -f "$D/trail-disk"
for n in 1 2 3 4 5 6 7 8; do (eio cat "$M/a/b/current/value") & readers="${readers:-} $!"; done
[ "$(within 8 ls "$M/a")" = "a
b" ] && [ -n "$(within 8 stat "$M/a/b/current/value")" ] || fail "ls waits for a stalled trail"
for reader in $readers; do wait "$reader" || fail "a read with a stalled trail"; done
[ "$(within 5 ls "$M/a" | wc -l)" = 2 ] || fail "ls"
fsfreeze -u "$D/trail-disk"
within 20 sh -c 'until [ "$(cat "$1")" = two ]; do :; done 2>/dev/null' sh "$M/a/b/current/value" || fail "it does not go on"
coffer audit verify >/dev/null || fail "the trail"
grep -q "did not answer in time\|in time" "$D/messages" || fail "nothing is in the log: $(cat "$D/messages")"
coffer umount "$M"
