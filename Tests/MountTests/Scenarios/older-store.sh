# A whole store put back from an older copy, beside its newer trail: found, refused, and gone on from only where that is asked for.
. "$(dirname "$0")/_common.sh"
put() { printf %s "$1" | coffer put a/b >/dev/null; }
again() { coffer mount "$D/store" "$M" --key-file "$D/key" --socket "$COFFER_SOCKET" "$@"; }
mount_store; put leaked; coffer umount "$M"; cp -a "$D/store" "$D/copy"
# One change more is enough.
mount_store; put rotated; coffer umount "$M"; cp -a "$D/store" "$D/newest"
rm -r "$D/store"; cp -a "$D/copy" "$D/store"
refuses "older than its audit trail" again
refuses "older than its audit trail" again
# Damage passed over: served as it is, and nothing is written, the trail's opinion neither.
again --despite-damage >/dev/null 2>&1; [ "$(coffer get a/b)" = leaked ] || fail "not served"; coffer umount "$M"
refuses "older than its audit trail" again
# The newest copy is in order.
rm -r "$D/store"; cp -a "$D/newest" "$D/store"; mount_store; [ "$(coffer get a/b)" = rotated ] || fail "the newest copy"; coffer umount "$M"
# Accepted: recorded, and from then on all is in order again.
rm -r "$D/store"; cp -a "$D/copy" "$D/store"
again --accept-older-store >/dev/null 2>&1; [ "$(coffer get a/b)" = leaked ] || fail "not accepted"
coffer audit log --json | grep -c AcceptOlderStore | grep -qx 1 || fail "accepting is not recorded"
put third; coffer umount "$M"; mount_store; [ "$(coffer get a/b)" = third ] || fail "after accepting"
coffer audit verify >/dev/null || fail "the trail is not in order"
