# What lies below the store answers nothing any more, neither reads nor writes (a file system of ours, which stands still while a lock is
# held): cached secrets are read, `ls` goes on, the rest is EIO in time; no unmount hangs, other stores are mounted meanwhile; and
# when it goes on, the store is whole. Once where data is kept back only, once every call, and then with a kill as well.
. "$(dirname "$0")/_stalling.sh"
below=
# Without its process nobody waits for it.
at_end() { [ -z "$below" ] || kill -9 "$below" 2>/dev/null || true; end_stalls; umount -l "$D/other" "$D/disk" 2>/dev/null || true; }
# shellcheck disable=SC2046
cc -O1 -o "$D/stallfs" "$(dirname "$0")/_stallfs.c" $(pkg-config --cflags --libs fuse3)
mkdir "$D/disk" "$D/other"; touch "$D/gate"; exec 9< "$D/gate"
coffer init "$D/store-other" --key-file "$D/key-other" >/dev/null
stall() { flock -x 9; }
go_on() { flock -u 9; }
# Not from the kernel's memory: what the process has not read itself has to come from below.
drop() { python3 - "$D/disk/s/coffer.db" "$D/disk/s/coffer.db-wal" <<'PY'
import os, sys
for name in sys.argv[1:]:
    file = os.open(name, os.O_RDONLY); os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED); os.close(file)
PY
}
value() { echo "$M/live/$1/current/value"; }
unmounted() { ! grep -q " $M fuse" /proc/mounts; }
gone() { ! pgrep -f "[m]ount $D/store " >/dev/null; }
stands_still() { local kind=$1 n reader readers= call; shift
    rm -rf "$D/store" "$D/trail" "$D/backing" "$D/key"; mkdir "$D/backing"
    "$D/stallfs" "$D/backing" "$D/gate" "$kind" "$D/disk" -f 2>/dev/null 9<&- & below=$!
    soon "it is mounted" mountpoint -q "$D/disk"
    coffer init "$D/disk/s" --key-file "$D/key" >/dev/null; ln -s "$D/disk/s" "$D/store"
    mount_store --audit-log "$D/trail" --deadline 2 9<&-
    # More than is kept in memory.
    python3 -c '
import os, sys
for number in range(500):
    name = f"{sys.argv[1]}/live/n{number}"; os.makedirs(name + "/current")
    with open(name + "/current/value", "wb") as file: file.write(os.urandom(30000).hex().encode())' "$M"
    printf two | coffer put live/two >/dev/null; kill_serving; drop
    [ "$(cat "$(value two)")" = two ] || fail "read before"
    stall
    within 5 ls "$M/live" && [ "$(wc -l <<< "$answer")" = 501 ] || fail "ls: $answer"
    within 5 stat "$(value n1)" || fail "stat: $answer"
    within 5 cat "$(value two)" && [ "$answer" = two ] || fail "what is in memory: $answer"
    for n in 1 2 3 4 5 6 7 8; do (eio 12 cat "$(value n$((n * 50)))") & readers="$readers $!"; done
    for reader in $readers; do wait "$reader" || fail "a read that needs what stands still ($kind)"; done
    eio 12 python3 -c 'import os, sys; f = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC); os.write(f, b"lost"); os.close(f)' "$(value n2)"
    within 5 ls "$M/live" && [ "$(wc -l <<< "$answer")" = 501 ] || fail "ls after a write: $answer"
    within 5 cat "$(value two)" && [ "$answer" = two ] || fail "what is in memory, after a write: $answer"
    within 12 "$COFFER" status || [ -n "$answer" ] || fail "coffer status says nothing"
    ! within 12 "$COFFER" get live/n77 && [ -n "$answer" ] || fail "coffer get: $answer"
    if [ "$kind" = all ]; then
        kill -9 "$(field ServingProcessId)"
        for call in "ls $M/live" "stat $(value n1)" "cat $(value two)" "cat $(value n3)" "$COFFER status"; do
            # shellcheck disable=SC2086
            within 12 $call || true
        done
    fi
    # It may say that the daemon goes on; that it comes back is what counts.
    within 50 "$COFFER" umount "$@" "$M" || [ -n "$answer" ] || fail "coffer umount says nothing"
    unmounted || fail "coffer umount $*: it is still mounted"
    within 20 "$COFFER" mount "$D/store-other" "$D/other" --key-file "$D/key-other" --socket "$D/other.sock" || fail "another store: $answer"
    within 20 "$COFFER" umount "$D/other" || fail "another store, unmounted: $answer"
    go_on; soon "the daemon ends" gone
    mount_store --audit-log "$D/trail" --deadline 2 9<&-
    [ "$(cat "$(value two)")" = two ] && [ "$(ls "$M/live" | wc -l)" = 501 ] || fail "mounted again"
    cat "$M"/live/*/current/value | wc -c | grep -qx $((500 * 60000 + 3)) || fail "values are lost"
    coffer audit verify >/dev/null || fail "the trail"
    coffer umount "$M"; umount "$D/disk"; wait "$below" 2>/dev/null || true; below=; rm -f "$D/store"; }
stands_still data; stands_still all --force
