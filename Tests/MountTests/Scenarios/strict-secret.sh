# A strict secret: each read is decided anew; by default, as POSIX has it, the open decides.
. "$(dirname "$0")/_common.sh"
mount_store
is() { [ "$2" = "$3" ] || fail "$1: '$2', not '$3'"; }
printf 'open sesame' | coffer put a/plain >/dev/null; printf 'open sesame' | coffer put a/strict --strict >/dev/null
for user in 10001 10002; do coffer allow "uid:$user" 'a/*' >/dev/null; done
# Through a descriptor that another UID inherited. Becoming another UID takes root's rights, so root opens.
coffer allow uid:0 'a/*' >/dev/null
is "default: who inherits it reads" "$(setpriv --reuid 10003 --clear-groups cat < "$M/a/plain/current/value")" "open sesame"
refuses "Permission denied" sh -c "setpriv --reuid 10003 --clear-groups cat < $M/a/strict/current/value"
refuses "Permission denied" sh -c "setpriv --reuid 10001 --clear-groups cat < $M/a/strict/current/value"
is "the opener's children read" "$(sh -c "cat < $M/a/strict/current/value")" "open sesame"
is "the opener reads" "$(as 10001 cat "$M/a/strict/current/value")" "open sesame"
# After the policy was withdrawn; and what each call gets.
cat > "$D/hold.py" <<'PY'
import errno, mmap, os, sys
path = sys.argv[1]
def outcome(call):
    try: call()
    except OSError as error: return errno.errorcode[error.errno]
    return "done"
def sent(file):
    target = os.memfd_create("x"); return os.sendfile(target, file, 0, 4)
def spliced(file):
    r, w = os.pipe(); return os.splice(file, w, 4, offset_src=0)
def mapped(file):
    child = os.fork()
    if child == 0:
        import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        view = mmap.mmap(file, 0, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE); os._exit(0 if view[0:4] == b"open" else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
file = os.open(path, os.O_RDONLY)
print(outcome(lambda: os.pread(file, 4, 0)), outcome(lambda: sent(file)), outcome(lambda: spliced(file)), mapped(file), outcome(lambda: os.pread(file, 4, 0)), flush=True)
for line in sys.stdin:
    print(outcome(lambda: os.pread(file, 4, 0)), mapped(file) if line.strip() == "map" else "-", flush=True)
PY
coproc HOLD { as 10001 python3 "$D/hold.py" "$M/a/strict/current/value"; }; strict=(${HOLD[0]} ${HOLD[1]})
passing="EINVAL EINVAL"; if older 6.5; then passing="done done"; fi    # It didn't go through the page cache then.
read -r line <&"${strict[0]}"; is "a strict secret: pread, sendfile, splice, mmap, pread" "$line" "done $passing -7 done"
mkfifo "$D/in" "$D/out"; as 10001 python3 "$D/hold.py" "$M/a/plain/current/value" < "$D/in" > "$D/out" &
exec 5>"$D/in" 6<"$D/out"
read -r line <&6; is "any other: the same calls" "$line" "done done done 0 done"
coffer deny uid:10001 'a/*' >/dev/null
echo >&"${strict[1]}"; read -r line <&"${strict[0]}"; is "strict, withdrawn" "$line" "EACCES -"
echo map >&5; read -r line <&6; is "default, withdrawn: the open decided" "$line" "done 0"
# One that is open when the secret becomes strict follows it, what was mapped before included; and back.
coffer chattr a/plain --strict >/dev/null
echo map >&5; read -r line <&6; is "made strict" "$line" "EACCES -7"
coffer chattr a/plain --no-strict >/dev/null
echo map >&5; read -r line <&6; is "strict no longer" "$line" "done 0"
# A secret that was deleted meanwhile: by default the snapshot goes on.
coffer rm a/plain >/dev/null
echo >&5; read -r line <&6; is "default, deleted" "$line" "done -"
coffer restore a/plain >/dev/null; coffer chattr a/plain --strict >/dev/null
coffer policy get > "$D/policy"; sed 's/"Deny"/"Allow"/' "$D/policy" | coffer policy put /dev/stdin >/dev/null
echo >&5; read -r line <&6; is "strict, allowed again" "$line" "done -"
coffer rm a/plain >/dev/null
echo >&5; read -r line <&6; is "strict, deleted" "$line" "EACCES -"
coffer restore a/plain >/dev/null; coffer chattr a/plain --no-strict >/dev/null
exec 5>&- 6<&-
# A draft that is read: root's, through another UID's hands.
refuses "Permission denied" sh -c "setpriv --reuid 10003 --clear-groups cat <> $M/a/strict/current/value"
# What copies goes on working, within the mount too.
cp "$M/a/strict/current/value" "$D/copy"; cmp -s "$D/copy" <(printf 'open sesame') || fail cp
cp "$M/a/strict/current/value" "$M/a/plain/current/value" || fail "cp within the mount"
python3 -c 'import shutil,sys; shutil.copyfile(*sys.argv[1:])' "$M/a/strict/current/value" "$D/copy2"; cmp "$D/copy" "$D/copy2" || fail shutil
tar -C "$M/a/strict/current" -cf - value | tar -xOf - | cmp - "$D/copy" || fail tar
grep -q sesame "$M/a/strict/current/value" || fail grep
# Each refusal has its record; what was read has the open's only.
coffer audit log --json --limit 2000 --denied | python3 -c '
import json,sys
found=[r for r in map(json.loads, sys.stdin) if r["eventName"]=="GetSecretValue" and "strict" in r.get("errorMessage","")]
print(sorted({(r["userIdentity"]["uid"], r["errorCode"], r["requestParameters"]["versionStage"]) for r in found}))' > "$D/found"
for uid in 10001 10003; do grep -q "($uid, 'AccessDeniedException', 'AWSCURRENT')" "$D/found" || fail "no record: $(cat "$D/found")"; done
coffer audit verify >/dev/null
