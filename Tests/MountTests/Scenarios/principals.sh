# Users that come and go: policies name them, and follow the user database. In a mount namespace with an /etc of its own.
if [ "${OWN_ETC:-}" != yes ]; then exec unshare --mount --propagation private env OWN_ETC=yes bash "$0"; fi
. "$(dirname "$0")/_common.sh"
cp -a /etc "$D/etc"
mount --bind "$D/etc" /etc
trap 'status=$?; umount -l /etc; (exit $status); finish' EXIT
useradd --no-create-home --uid 61001 cofferbob
groupadd --gid 61500 coffergroup
mount_store
printf one | coffer put p/s >/dev/null
coffer allow '*' read 'p/*' >/dev/null
coffer deny user:cofferbob 'p/*' >/dev/null
coffer allow group:coffergroup write 'p/*' >/dev/null
as 61002 cat "$M/p/s/current/value" >/dev/null || fail "another user is refused"
refuses "No such file" as 61001 cat "$M/p/s/current/value"
log=$D/store.audit/coffer.log
# Waits for a line in the log; the limit only fires on failure.
told() { timeout 20 sh -c 'tail -n +1 -F "$1" 2>/dev/null | grep -q -m1 "$2"' sh "$log" "$1" || { cat "$log"; fail "the log does not say: $1"; }; }
userdel cofferbob
told "names user:cofferbob, whom this machine doesn't know any more"
as 61002 cat "$M/p/s/current/value" >/dev/null || fail "a removed user's Deny locks others out"
# The name belongs to another number now: it is that one who is refused, and not the old one. The daemon says nothing of what it knows;
# the group that goes at last tells when it has looked.
useradd --no-create-home --uid 61003 cofferbob
groupdel coffergroup
told "names group:coffergroup, whom this machine doesn't know any more"
refuses "No such file" as 61003 cat "$M/p/s/current/value"
as 61001 cat "$M/p/s/current/value" >/dev/null || fail "the old number is still refused"
refuses "cofferbobby" coffer allow user:cofferbobby read "p/*"
coffer allow uid:61003 see "q/*" >/dev/null || fail "a group that is gone stands in the way of another statement"
