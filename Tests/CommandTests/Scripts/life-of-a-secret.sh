# Every command on a secret, from put to rm, and the exit status of what is refused.
. "$(dirname "$0")/_common.sh"

# Values go in and come out byte for byte, from a pipe and from a file.
printf 'pass"w\\ord\n\n' | coffer put prod/db --description 'The login' --tag team=data >/dev/null
coffer get prod/db | cmp - <(printf 'pass"w\\ord\n\n') || fail "a text came back changed"
head -c 65536 /dev/urandom > "$D/binary"
coffer put prod/keystore --file "$D/binary" >/dev/null
coffer get prod/keystore | cmp - "$D/binary" || fail "a binary value came back changed"
printf '\377\000' | coffer put prod/keystore >/dev/null
coffer get prod/keystore --stage AWSPREVIOUS | cmp - "$D/binary" || fail "the version before came back changed"
printf '{"user":"app","port":5432,"note":"a\\nb"}' | coffer put prod/login >/dev/null
is "a member" "$(coffer get prod/login --member user)" app
is "a member that is a number" "$(coffer get prod/login --member port)" 5432
coffer get prod/login --json | python3 -c 'import json,sys; a=json.load(sys.stdin); assert json.loads(a["SecretString"])["note"]=="a\nb", a'
ends 3 coffer get prod/login --member nothing
ends 3 coffer get prod/nothing
ends 6 coffer get 'no good'
ends 6 coffer put prod/db --file "$D/nothing-here"
ends 2 coffer put prod/db --tag nonsense --file "$D/binary"
ends 2 coffer get
ends 2 coffer get prod/db --nonsense

# What is known of it.
coffer ls | grep -E '^NAME +CHANGED +LABELS +DESCRIPTION$' >/dev/null || fail "ls has no head"
is "ls of a prefix" "$(coffer ls prod/k | tail -n +2 | cut -d' ' -f1)" prod/keystore
is "ls --json" "$(coffer ls --json | grep -c '"Name"')" 3
coffer describe prod/db | grep 'team=data' >/dev/null || fail "describe lacks the tag"
coffer describe prod/db --json | grep '"Description": "The login"' >/dev/null || fail "describe --json"
is "no escape sequences where there is no terminal" "$( { coffer ls; coffer audit log; coffer status; } | grep -c $'\033')" 0

# Versions and labels.
id() { coffer versions "$1" --json | python3 -c 'import json,sys
for v in json.load(sys.stdin):
    if sys.argv[1] in v["VersionStages"]: print(v["VersionId"])' "$2"; }
printf one | coffer put v/s >/dev/null; first=$(id v/s AWSCURRENT)
printf two | coffer put v/s >/dev/null
printf three | coffer put v/s --stage AWSPENDING --stage canary >/dev/null
is current "$(coffer get v/s)" two; is pending "$(coffer get v/s --stage pending)" three
coffer rollback v/s >/dev/null; is "after a rollback" "$(coffer get v/s)" one
coffer promote v/s AWSPENDING >/dev/null; is "after a promotion" "$(coffer get v/s)" three
coffer promote v/s "$first" >/dev/null; is "after a promotion by id" "$(coffer get v/s)" one
is "by id" "$(coffer get v/s --version-id "$first")" one
ends 3 coffer promote v/s nobody
coffer put --stage canary new/s --file "$D/binary" >/dev/null
is "the first version is current whatever its label" "$(id new/s AWSCURRENT)" "$(id new/s canary)"
token=$(printf '%032d' 7)
printf same | coffer put v/t --token "$token" >/dev/null; printf same | coffer put v/t --token "$token" >/dev/null
is "one token, one version" "$(coffer versions v/t --json | grep -c VersionId)" 1
ends 5 sh -c "printf other | '$COFFER' put v/t --token $token"

# Tags, deletion, restoration.
coffer tag prod/db tier=1 team=web >/dev/null; coffer tag prod/db --remove tier >/dev/null
coffer describe prod/db | grep 'team=web' >/dev/null || fail "the tag was not changed"
coffer describe prod/db | grep tier >/dev/null && fail "the tag was not removed"
ends 2 coffer tag prod/db
coffer rm prod/db --recovery-window-days 7 | grep 'coffer restore prod/db' >/dev/null || fail "rm does not say how to go back"
ends 5 coffer get prod/db
ends 6 coffer rm prod/keystore --recovery-window-days 3
coffer ls | grep prod/db >/dev/null && fail "a deleted secret is listed"
coffer ls --deleted | grep 'prod/db' | grep 'deleted for good in' >/dev/null || fail "ls --deleted lacks it"
coffer restore prod/db >/dev/null; coffer get prod/db >/dev/null
coffer rm v/t --force >/dev/null; ends 3 coffer describe v/t

# Passwords.
is "the length" "$(coffer generate --length 40 | wc -c)" 40
coffer generate --length 4096 --exclude-punctuation --exclude-uppercase --exclude-numbers | grep -E '^[a-z]{4096}$' >/dev/null || fail "kinds"
is "nothing is shown" "$(coffer generate --put gen/s)" "made gen/s with a random password"
is "what is stored" "$(coffer get gen/s | wc -c)" 32
ends 6 coffer generate --length 0

# A terminal is asked without echo, twice; the value is in no argument list.
cat > "$D/ask.py" <<'PY'
import os, pty, sys
def ask(answers):
    pid, fd = pty.fork()
    if pid == 0: os.execv(sys.argv[1], ["coffer", "put", "asked/s"])
    said = b""
    for answer in answers:
        while not said.endswith(b": "): said += os.read(fd, 1)
        os.write(fd, answer + b"\n")
        said += b"|"
    try:
        while chunk := os.read(fd, 4096): said += chunk
    except OSError: pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said
status, said = ask([b"typed in", b"typed in"]); assert status == 0 and b"typed in" not in said, (status, said)
status, said = ask([b"typed in", b"mistyped"]); assert status == 6, (status, said)
PY
timeout 60 python3 "$D/ask.py" "$COFFER"; is "what was typed" "$(coffer get asked/s)" "typed in"

# The daemon is gone: a status of its own, and a doctor that works all the same.
coffer umount "$M" >/dev/null
ends 8 coffer ls; grep -q 'coffer mount' "$D/err" || fail "the error does not say what to do"
coffer doctor --store "$D/store" > "$D/out" || fail "the doctor fails a sound machine: $(cat "$D/out")"
grep -q '^warn  no daemon answers' "$D/out" || fail "the doctor misses that no daemon answers"
chmod 750 "$D/store"; ends 1 coffer doctor --store "$D/store"; grep -q '^FAIL.*chmod' "$D/out" || fail "the doctor misses an open store"
{ coffer doctor --json --store "$D/store" || true; } | python3 -c 'import json,sys; assert any(f["State"]=="fail" for f in json.load(sys.stdin))' || fail "doctor --json"
