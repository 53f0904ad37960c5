# Nobody can take over: the store has a passphrase and its key wasn't kept, or processes end at once again and again. Calls fail
# with EIO, nothing hangs, the log says so, and it can be unmounted.
. "$(dirname "$0")/_common.sh"
rm -rf "$D/store" "$D/store.audit"; printf 'pass phrase\n' > "$D/pass"
coffer init "$D/store" --passphrase-fd 3 3< "$D/pass" >/dev/null
mount_it() { coffer mount "$D/store" "$M" --passphrase-fd 3 --socket "$COFFER_SOCKET" "$@" 3< "$D/pass" >/dev/null; }
log() { grep -q "$1" "$D/store.audit/coffer.log" || fail "the log: $(cat "$D/store.audit/coffer.log")"; }
eio() { local said; said=$(LC_ALL=C timeout 20 cat "$M/a/b/current/value" 2>&1) && fail "it was served"; [[ $said == *"Input/output error"* ]] || fail "$said"; }
mount_it --no-resume; printf kept | coffer put a/b >/dev/null
kill -9 "$(daemon)"; eio; eio; log "without its passphrase"
coffer umount "$M"; mount_it; [ "$(cat "$M/a/b/current/value")" = kept ] || fail "mounted again"
# Each process that begins ends at once: its store has gone.
mv "$D/store" "$D/away"; kill -9 "$(daemon "$D/away")"; eio; log "ended at once"
mv "$D/away" "$D/store"; coffer umount "$M"
mount_it; [ "$(cat "$M/a/b/current/value")" = kept ] || fail "mounted after the last resort"
coffer umount "$M"
