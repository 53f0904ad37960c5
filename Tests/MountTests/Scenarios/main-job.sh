# The main job: a TLS key, a JSON login and a keystore are stored, mounted, read, refused, changed and audited.
. "$(dirname "$0")/_common.sh"
mount_store
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$D/tls.key" -out "$D/tls.crt" -subj /CN=test -days 2 2>/dev/null
printf '{"username": "app", "password": "p\\u00e4ss\\"word", "port": 5432}' > "$D/login"
openssl pkcs12 -export -inkey "$D/tls.key" -in "$D/tls.crt" -passout pass:changeit -out "$D/keystore"
for name in tls.key login keystore; do
    coffer put "prod/web/$name" --file "$D/$name" >/dev/null
done
coffer audit log --json | head -1 | grep -v errorCode | grep CreateSecret >/dev/null || fail "a first put begins with a failure"
# Three at once make one secret and two more versions.
for n in 1 2 3; do printf $n | coffer put race/s >/dev/null & pids="${pids:-} $!"; done
for pid in $pids; do wait "$pid" || fail "a first put that was not the first"; done
[ "$(versions race/s)" = 3 ] || fail "a put was lost"
coffer allow uid:33 'prod/web/*' >/dev/null
for name in tls.key login keystore; do
    f=$M/prod/web/$name/current/value
    as 33 cat "$f" | cmp - "$D/$name" || fail "cat $name"
    install -d -o 33 "$D/of33"; as 33 cp "$f" "$D/of33/copy"
    cmp "$D/of33/copy" "$D/$name" || fail "cp $name"; rm -r "$D/of33"
    as 33 dd if="$f" bs=1 status=none | cmp - "$D/$name" || fail "dd $name"
    as 33 python3 -c 'import mmap,sys; f=open(sys.argv[1],"rb"); sys.stdout.buffer.write(mmap.mmap(f.fileno(),0,mmap.MAP_PRIVATE,mmap.PROT_READ)[:])' "$f" | cmp - "$D/$name" || fail "mmap $name"
    [ "$(as 33 stat -c %s "$f")" = "$(stat -c %s "$D/$name")" ] || fail "size of $name"
    refuses "No such file" as 34 cat "$f"
    cat "$f" > /dev/null; refuses "No such file" as 34 stat "$f"
done
as 33 openssl rsa -in "$M/prod/web/tls.key/current/value" -check -noout >/dev/null 2>&1 || fail "openssl reads the key"
[ "$(as 33 cat "$M/prod/web/login/current/password")" = 'päss"word' ] || fail "a member is its text"
[ "$(as 33 cat "$M/prod/web/login/current/port")" = 5432 ] || fail "a number is JSON"
[ -z "$(as 34 ls "$M")" ] || fail "a listing shows what is hidden"
# Allowed to see, not to read.
coffer allow uid:35 'prod/web/*' --action DescribeSecret >/dev/null
as 35 ls "$M/prod/web/login/current" | grep password >/dev/null || fail "who may see lists the members"
refuses "Permission denied" as 35 cat "$M/prod/web/login/current/value"
[ "$(as 35 stat -c %s "$M/prod/web/login/current/value")" = 0 ] || fail "the size is told to who may only see"
refuses "Permission denied" as 33 sh -c "echo x > $M/prod/web/login/current/value"
# UID 0 is not special where a Deny names it.
coffer deny uid:0 'prod/web/tls.key' >/dev/null
refuses "No such file" cat "$M/prod/web/tls.key/current/value"
coffer policy delete >/dev/null; coffer allow uid:33 'prod/web/*' --write >/dev/null
# Hidden below what is seen: the record names it.
refuses "No such file" as 33 cat "$M/prod/db/current/value"; printf x | coffer put prod/db >/dev/null
refuses "No such file" as 33 cat "$M/prod/db/current/value"
coffer audit log --denied --uid 33 --json | grep LookUp | grep '"prod/db"' >/dev/null || fail "a refused look at a name isn't in the trail"
# What was deleted does not come back by a file that was open.
printf x | coffer put prod/gone >/dev/null
if (exec 3>"$M/prod/gone/current/value"; coffer rm prod/gone --force >/dev/null; echo y >&3 && exec 3>&-) 2>"$D/err"; then :; fi
[ ! -e "$M/prod/gone" ] || fail "a deleted secret came back"
# Changed through the mount by who may.
as 33 sh -c "printf 'n\"ew' > $M/prod/web/login/current/password"
[ "$(cat "$M/prod/web/login/current/value")" = '{"username": "app", "password": "n\"ew", "port": 5432}' ] || fail "the others stay as they were"
[ "$(cat "$M/prod/web/login/previous/password")" = 'päss"word' ] || fail "previous is what was current"
[ "$(versions prod/web/login)" = 2 ] || fail "one version for one open file"
coffer audit log --limit 1000 --json > "$D/audit"
for event in CreateSecret PutSecretValue GetSecretValue OpenDraft PutStorePolicy; do grep -q "\"$event\"" "$D/audit" || fail "no $event in the trail"; done
coffer audit log --denied --uid 35 --json | grep AccessDenied >/dev/null || fail "the refusal isn't in the trail"
coffer audit log --denied --uid 34 --json > "$D/audit"
grep LookUp "$D/audit" | grep AccessDenied | grep '"prod"' >/dev/null || fail "a refused look on the mount isn't in the trail"
[ "$(wc -l < "$D/audit")" -le 3 ] || fail "refused looks flood the trail"
refuses "may see" as 34 "$COFFER" get prod/web/login
coffer audit log --denied --uid 34 --json | grep '"prod/web/login"' >/dev/null || fail "a refused get of what is hidden isn't in the trail"
coffer audit verify >/dev/null
! grep -raq -e 'prod/web' -e 'hunter' "$D/store" || fail "a name lies in the store's files"
coffer umount "$M"
mount_store
cmp "$M/prod/web/keystore/current/value" "$D/keystore" || fail "after mounting again"
coffer audit verify >/dev/null
