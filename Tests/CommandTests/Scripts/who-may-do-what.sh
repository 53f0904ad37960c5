# Policies, the trail and the daemon's state by command, as the owner and as other users.
. "$(dirname "$0")/_common.sh"
printf x | coffer put prod/db >/dev/null; printf y | coffer put test/db >/dev/null

# Nothing is allowed by default, and what is hidden is as if it weren't there.
ends 3 user 33 get prod/db
ends 0 user 33 ls; is "a listing of nothing" "$(cat "$D/out")" ""
coffer allow uid:33 'prod/*' >/dev/null
is "who may read" "$(user 33 get prod/db)" x
is "a listing" "$(user 33 ls | tail -n +2 | cut -d' ' -f1)" prod/db
ends 4 user 33 rm prod/db
ends 4 sh -c "printf z | setpriv --reuid 33 --regid 33 --clear-groups '$COFFER' put prod/db"
coffer allow uid:33 'prod/*' --write >/dev/null
printf z | user 33 put prod/new >/dev/null; is "who may write" "$(user 33 get prod/new)" z
coffer deny uid:33 'prod/*' --write >/dev/null
is "a denial of writing leaves reading" "$(user 33 get prod/new)" z
ends 4 sh -c "printf z | setpriv --reuid 33 --regid 33 --clear-groups '$COFFER' put prod/new"
coffer deny uid:33 prod/new >/dev/null
ends 3 user 33 get prod/new
ends 0 user 33 get prod/db

# On one secret; the statement that decides is named.
coffer allow uid:34 --secret test/db >/dev/null
is "by the secret's own policy" "$(user 34 get test/db)" y
coffer policy get --secret test/db | grep '"UID": "34"' >/dev/null || fail "the secret's policy lacks the statement"
ends 3 coffer policy get --secret prod/db
ends 2 coffer allow uid:34
ends 2 coffer allow uid:34 'a*' --secret test/db
ends 0 coffer policy test uid:34 GetSecretValue test/db; grep -q "allowed by statement 1 .* of the secret's policy" "$D/out" || fail "test: $(cat "$D/out")"
ends 4 coffer policy test uid:33 GetSecretValue prod/new; grep -q "denied by statement" "$D/out" || fail "test: $(cat "$D/out")"
ends 4 coffer policy test uid:35 GetSecretValue prod/db
ends 6 coffer policy test nobody-such GetSecretValue prod/db
ends 6 coffer policy test uid:35 Steal prod/db

# A document: put, got back as it was, refused with its place, deleted.
printf '{"Version": "2012-10-17",\n "Statement": {"Effect": "Allow", "Principal": {"UID": "36"}, "Action": "secretsmanager:*", "Resource": "*"}}' > "$D/p"
coffer policy put "$D/p" >/dev/null; coffer policy get | cmp - <(cat "$D/p"; echo) || fail "the policy came back changed"
coffer policy put < "$D/p" >/dev/null
printf '{"Version": "2012-10-17",\n "Statement": [,]}' > "$D/bad"; ends 6 coffer policy put "$D/bad"; grep -q "line 2" "$D/err" || fail "no line"
ends 4 user 36 policy get
coffer policy delete >/dev/null; ends 3 coffer policy get

# The trail: filters, times, machines' form, following, checking.
# Three of what may be seen, two of what may not: those were told that there is nothing, and stand in the trail all the same.
is "refusals of one user" "$(coffer audit log --uid 33 --denied --json | grep -c '"errorCode":"AccessDeniedException"')" 5
is "by secret and limit" "$(coffer audit log --secret 'test/*' --limit 1 --json | wc -l)" 1
is "from the future" "$(coffer audit log --since 2999-01-01)" ""
coffer audit log --since 1h --until 0s --allowed | grep 'ok .*CreateSecret' >/dev/null || fail "the log for people"
ends 2 coffer audit log --since yesterday
ends 2 coffer audit log --denied --allowed
ends 4 user 36 audit log
mkfifo "$D/follow"
"$COFFER" audit log --follow --json --limit 1 > "$D/follow" & follower=$!
exec 8< "$D/follow"; read -rt 60 <&8 || fail "the follower shows nothing"
coffer get prod/db >/dev/null
until read -rt 60 line <&8 || fail "the follower does not go on"; [[ $line == *GetSecretValue*prod/db* ]]; do :; done
kill "$follower"; wait "$follower" 2>/dev/null || true; exec 8<&-
coffer audit verify | grep 'all in order' >/dev/null || fail "the trail does not verify"
sed -i '0,/"secretId":"test.db"/s//"secretId":"test\/dc"/' "$D/store.audit/audit.log"
ends 7 coffer audit verify; grep -q 'NOT in order' "$D/out" || fail "the change is not told"

# The daemon's state.
coffer status | grep -E "^mount point +$M$" >/dev/null || fail "status: $(coffer status)"
is "status --json" "$(coffer status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["MountPoint"])')" "$M"
ends 4 user 36 status

# curl speaks to it as any AWS client would, and unknown parameters are named.
call() { curl -sS --unix-socket "$COFFER_SOCKET" -H "X-Amz-Target: secretsmanager.$1" -d "$2" http://localhost/; }
[[ $(call GetSecretValue '{"SecretId": "prod/db"}') == *'"SecretString":"x"'* ]] || fail "curl"
[[ $(call GetSecretValue '{"SecretID": "prod/db"}') == *"no parameter 'SecretID'"* ]] || fail "an unknown parameter"
