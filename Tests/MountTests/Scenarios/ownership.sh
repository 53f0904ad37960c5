# Who owns a secret's files: each caller by default, and whom `coffer chattr` fixes; the policy decides all the same.
. "$(dirname "$0")/_common.sh"
mount_store
look() { stat -c '%u %g %a %s' "$1"; }
is() { [ "$2" = "$3" ] || fail "$1: '$2', not '$3'"; }
printf key | coffer put web/tls >/dev/null
coffer allow www-data 'web/*' >/dev/null; coffer allow uid:10001 'web/*' --write >/dev/null
coffer allow uid:10002 'web/*' --action DescribeSecret >/dev/null
V=$M/web/tls/current/value
is "who may read" "$(as 33 stat -c '%u %g %a %s' "$V")" "33 33 400 3"
is "who may write too" "$(as 10001 stat -c '%u %g %a %s' "$V")" "10001 10001 600 3"
is "who may only see" "$(as 10002 stat -c '%u %g %a %s' "$V")" "0 0 0 0"
# Nothing stands between the policy and the caller: the kernel doesn't judge by the mode.
grep "$M" /proc/mounts | grep default_permissions && fail "mounted with default_permissions"
# Fixed: the same for everybody who may open it, and nothing new for who may not.
coffer chattr web/tls --owner root --group ssl-cert --mode 0640 >/dev/null
gid=$(getent group ssl-cert | cut -d: -f3)
is "fixed for a reader" "$(as 33 stat -c '%u %g %a %s' "$V")" "0 $gid 640 3"
is "fixed for a writer" "$(as 10001 stat -c '%u %g %a %s' "$V")" "0 $gid 640 3"
is "fixed, only seen" "$(as 10002 stat -c '%u %g %a %s' "$V")" "0 0 0 0"
is "the versions" "$(as 33 stat -c '%u %g %a' "$M"/web/tls/versions/*/value)" "0 $gid 640"
is "the policy decides" "$(as 33 cat "$V")" key
refuses "Permission denied" as 10002 cat "$V"
# access(2) asks the policy, not the mode.
as 33 test -r "$V" || fail "a reader's test -r"
if as 33 test -w "$V"; then fail "a reader's test -w"; fi
as 10001 test -w "$V" || fail "a writer's test -w"
if as 10002 test -r "$V"; then fail "test -r of who may only see"; fi
# A mode that is shown may be set; another is not taken for granted.
as 10001 chmod 640 "$V" || fail "chmod to what it is"
refuses "not permitted" as 10001 chmod 600 "$V"
refuses "not permitted" as 10001 chown 10001 "$V"
# One part at a time; --default frees all three.
coffer chattr web/tls --mode 0400 >/dev/null; is "another mode" "$(look "$V")" "0 $gid 400 3"
coffer chattr web/tls --default --group 4711 >/dev/null; is "the group only" "$(as 33 stat -c '%u %g %a' "$V")" "33 4711 400"
coffer chattr web/tls --default >/dev/null; is "the caller's own again" "$(as 33 stat -c '%u %g %a' "$V")" "33 33 400"
# What put fixes; it stays over new versions and a restart.
printf x | coffer put web/new --owner www-data --group 33 --mode 0440 --strict >/dev/null
printf y | coffer put web/new >/dev/null
printf z | coffer put web/tls --mode 0444 >/dev/null
coffer describe web/new | grep 'owner www-data (33), group www-data (33), mode 0440; strict' >/dev/null || fail "describe: $(coffer describe web/new)"
coffer describe web/new --json | python3 -c 'import json,sys; s=json.load(sys.stdin)["FileSettings"]; assert s == {"Owner":33,"Group":33,"Mode":"0440","Strict":True}, s'
grep -q '"Mode": "0440"' "$M/web/new/metadata.json" || fail "metadata.json"
coffer umount "$M" >/dev/null; mount_store
is "after a restart" "$(look "$M/web/new/current/value")" "33 33 440 1"
is "after a restart" "$(look "$V")" "0 0 444 1"
# What is refused, and by which words.
refuses "knows no user 'nobody-here'" coffer chattr web/tls --owner nobody-here
refuses "knows no user 'nobody-here'" coffer put web/tls --owner nobody-here --file "$0"
refuses "knows no user 'nobody-here'" coffer put web/never --owner nobody-here --file "$0"
is "nothing was written" "$(cat "$V") $(coffer ls web/never 2>/dev/null | wc -l)" "z 0"
refuses "knows no group 'none-such'" coffer chattr web/tls --group none-such
for mode in 4755 0755 0040 1444 640x 77 ''; do refuses "can't be the mode" coffer chattr web/tls --mode "$mode"; done
refuses "say what to change" coffer chattr web/tls
refuses "may see" coffer chattr web/nothing --mode 0400
refuses "no statement lets UID 33" as 33 "$COFFER" chattr web/tls --mode 0400
refuses "may see" as 10003 "$COFFER" chattr web/tls --mode 0400
as 10001 "$COFFER" chattr web/tls --mode 0600 >/dev/null || fail "--write covers chattr"
is "a record for each, the refused too" "$(coffer audit log --json --limit 1000 | python3 -c '
import json,sys
found=[r for r in map(json.loads, sys.stdin) if r["eventName"]=="PutFileSettings" and r["requestParameters"]["secretId"]=="web/tls"]
print(len([r for r in found if "errorCode" not in r]), sorted(r["errorCode"] for r in found if "errorCode" in r))')" \
    "6 ['AccessDeniedException', 'AccessDeniedException', 'InvalidParameterException', 'InvalidParameterException', 'InvalidParameterException']"
coffer audit verify >/dev/null
