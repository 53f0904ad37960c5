# Extended attributes: what a version is, and what a writer expects.
. "$(dirname "$0")/_common.sh"
mount_store
is() { [ "$2" = "$3" ] || fail "$1: '$2', not '$3'"; }
get() { getfattr --absolute-names --only-values -n "user.coffer.$1" "$2"; }
printf '{"user":"app","password":"one"}' | coffer put prod/db >/dev/null
coffer allow uid:10001 'prod/*' >/dev/null; coffer allow uid:10002 'prod/*' --action DescribeSecret >/dev/null
S=$M/prod/db/current; V=$S/value
id=$(coffer versions prod/db --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["VersionId"])')
for file in "$V" "$S/password" "$S" "$M/prod/db/versions/$id/value"; do
    is "version of $file" "$(get version-id "$file")" "$id"
    is "stages of $file" "$(get stages "$file")" AWSCURRENT
    is "secret of $file" "$(get secret "$file")" prod/db
    is "rotation of $file" "$(get rotation "$file")" "not scheduled"
    is "strictness of $file" "$(get strict "$file")" no
done
is "made" "$(date -d "$(get created "$V")" +%s)" "$(stat -c %Y "$V")"
get key-id "$V" | grep -E '^[0-9a-f-]{36}$' >/dev/null || fail "key: $(get key-id "$V")"
is "a dump" "$(getfattr --absolute-names -d "$V" | grep -c '^user.coffer.')" 7
is "of the secret's directory" "$(getfattr --absolute-names -d "$M/prod/db" | grep -o '^user.coffer.[a-z-]*' | sort | tr '\n' ' ')" \
    "user.coffer.created user.coffer.rotation user.coffer.secret user.coffer.strict "
is "of a folder" "$(getfattr --absolute-names -d "$M/prod")" ""
coffer put prod/db --stage canary --stage blue --file <(printf two) >/dev/null
is "several labels" "$(get stages "$M/prod/db/canary/value" | tr ',' '\n' | sort | tr '\n' ' ')" "blue canary "
# Who may see them, and who may not.
is "who may only see" "$(as 10002 getfattr --absolute-names --only-values -n user.coffer.version-id "$V")" "$id"
refuses "No such file" as 10003 getfattr -d "$V"
# What the kernel and other programs ask for.
cat > "$D/errno.py" <<'PY'
import errno, os, sys
path = sys.argv[1]
def fails(code, call, *arguments):
    try: call(*arguments)
    except OSError as error: assert error.errno == code, (call, arguments, error)
    else: raise AssertionError(("did not fail", call, arguments))
for name in ("security.selinux", "security.capability", "system.posix_acl_access", "system.foo"):
    fails(errno.EOPNOTSUPP, os.getxattr, path, name)
fails(errno.ENODATA, os.getxattr, path, "user.coffer.nothing")
fails(errno.ENODATA, os.getxattr, path, "user.foo")
fails(errno.ENODATA, os.getxattr, path, "user.coffer.expect")
fails(errno.EOPNOTSUPP, os.setxattr, path, "user.foo", b"x")
fails(errno.EOPNOTSUPP, os.setxattr, path, "user.coffer.nothing", b"x")
fails(errno.EOPNOTSUPP, os.setxattr, path, "security.foo", b"x")
fails(errno.ENODATA, os.removexattr, path, "user.foo")
fails(errno.ENODATA, os.removexattr, path, "user.coffer.expect")
# What describes the version follows the version; a copy may bring it along.
os.setxattr(path, "user.coffer.version-id", b"x"); os.setxattr(path, "user.coffer.stages", b"x", os.XATTR_REPLACE)
fails(errno.EEXIST, os.setxattr, path, "user.coffer.version-id", b"x", os.XATTR_CREATE)
os.removexattr(path, "user.coffer.version-id")
assert len(os.getxattr(path, "user.coffer.version-id")) == 36
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(4)
assert libc.getxattr(path.encode(), b"user.coffer.version-id", None, 0) == 36
assert libc.getxattr(path.encode(), b"user.coffer.version-id", buffer, 4) == -1 and ctypes.get_errno() == errno.ERANGE
size = libc.listxattr(path.encode(), None, 0)
assert size == sum(len(name) + 1 for name in os.listxattr(path)), size
assert libc.listxattr(path.encode(), buffer, 4) == -1 and ctypes.get_errno() == errno.ERANGE
# No open draft, no expectation; and no version id.
fails(errno.EBADF, os.setxattr, path, "user.coffer.expect", b"none")
fails(errno.EINVAL, os.setxattr, path, "user.coffer.expect", b"short")
fails(errno.EROFS, os.setxattr, os.path.dirname(path) + "/../versions/" + sys.argv[2] + "/value", "user.coffer.stages", b"x")
PY
timeout 60 python3 "$D/errno.py" "$V" "$id" || fail "errno of extended attributes"
refuses "Permission denied" as 10001 setfattr -n user.coffer.stages -v x "$V"
ls -l "$S" >/dev/null; refuses "not supported" setfattr -n user.foo -v x "$V"
# Copies that take extended attributes along, out of the mount and back.
for copy in 'cp -a' 'cp --preserve=all' 'rsync -aX --inplace'; do
    rm -f "$D/copy"; $copy "$V" "$D/copy" || fail "$copy out"
    cmp "$V" "$D/copy" || fail "$copy out changed it"
    printf '{"user":"app","password":"%s"}' "$copy" > "$D/copy"; chmod 600 "$D/copy"
    $copy "$D/copy" "$V" || fail "$copy back"
    cmp "$V" "$D/copy" || fail "$copy back changed it"
done
printf plain > "$D/plain"; chmod 600 "$D/plain"; rsync -aX --inplace "$D/plain" "$V" || fail "rsync of a file without attributes"
mkdir "$D/out"; tar --xattrs -C "$M/prod/db" -cf - current | tar --xattrs --xattrs-include='user.*' -C "$D/out" -xf - || fail tar
cmp "$V" "$D/out/current/value" || fail "tar changed it"
# Compare and swap, through the descriptor and by a child of the shell that holds it.
cat > "$D/swap.py" <<'PY'
import errno, os, subprocess, sys
path, coffer = sys.argv[1:]
def read():
    with open(path, "rb") as file: return file.read()
def put(value): subprocess.run([coffer, "put", "prod/db"], input=value, check=True, stdout=subprocess.DEVNULL)
def versions(): return subprocess.run([coffer, "versions", "prod/db", "--json"], check=True, capture_output=True).stdout.count(b"VersionId")
def attribute(where, name): return os.getxattr(where, "user.coffer." + name).decode()
def expect(where, text, flags=0): os.setxattr(where, "user.coffer.expect", text.encode(), flags)
def is_stale(call):
    try: call()
    except OSError as error: assert error.errno == errno.ESTALE, error
    else: raise AssertionError("nobody said that it is stale")
put(b"one"); before = versions()
# Nothing in between: it is written.
file = os.open(path, os.O_RDWR)
expect(file, attribute(file, "version-id"))
assert attribute(file, "expect") == attribute(file, "version-id")
os.write(file, b"two"); os.fsync(file); os.write(file, b"!"); os.close(file)
assert read() == b"two!" and versions() == before + 1
# Another version in between: the close fails, the other's stays.
file = os.open(path, os.O_RDWR); base = attribute(file, "version-id")
put(b"theirs")
assert attribute(file, "version-id") == base != attribute(os.path.dirname(path), "version-id")
expect(file, base); os.write(file, b"mine"); is_stale(lambda: os.close(file))
assert read() == b"theirs" and versions() == before + 2
# fsync tells too, and what failed once is never written.
file = os.open(path, os.O_WRONLY | os.O_TRUNC); base = attribute(file, "version-id"); expect(path, base)
os.write(file, b"mine"); put(b"again theirs"); is_stale(lambda: os.fsync(file)); is_stale(lambda: os.close(file))
assert read() == b"again theirs" and versions() == before + 3
# The same bytes as before are no excuse.
file = os.open(path, os.O_RDWR); expect(file, attribute(file, "version-id"))
os.write(file, b"again theirs"); put(b"once more"); is_stale(lambda: os.close(file))
assert read() == b"once more" and versions() == before + 4
# An expectation that is taken back, flags, and another member of the same object.
file = os.open(path, os.O_RDWR); expect(file, "none", os.XATTR_CREATE)
for flags, code in ((os.XATTR_CREATE, errno.EEXIST),):
    try: expect(file, "none", flags)
    except OSError as error: assert error.errno == code
    else: raise AssertionError(flags)
expect(file, attribute(file, "version-id"), os.XATTR_REPLACE); os.removexattr(file, "user.coffer.expect")
put(b"theirs"); os.write(file, b"mine over "); os.close(file)
assert read().startswith(b"mine over ")
# Two writers who expect the same: one wins. Also where both commit at the same time.
import threading
for round in range(20):
    base = attribute(path, "version-id"); outcomes = []
    script = "import os,sys\nf=os.open(sys.argv[1],os.O_WRONLY|os.O_TRUNC)\nos.setxattr(f,'user.coffer.expect',sys.argv[2].encode())\nos.write(f,(sys.argv[3]+'/'+sys.argv[4]).encode())\nprint('ready',flush=True)\nsys.stdin.readline()\ntry: os.close(f); print('won')\nexcept OSError as e: print(e.errno)"
    writers = [subprocess.Popen([sys.executable, "-c", script, path, base, str(round), str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for n in range(3)]
    for writer in writers: assert writer.stdout.readline() == "ready\n"
    for writer in writers: writer.stdin.write("go\n"); writer.stdin.flush()
    said = sorted(writer.communicate()[0].strip() for writer in writers)
    assert said == [str(errno.ESTALE), str(errno.ESTALE), "won"], said
PY
timeout 120 python3 "$D/swap.py" "$V" "$COFFER" || fail "compare and swap"
n=$(versions prod/db); printf base > "$V"
base=$(get version-id "$V")
( exec 3>"$V"; setfattr -n user.coffer.expect -v "$base" "$V"; printf theirs | coffer put prod/db >/dev/null; printf mine >&3 )
is "the shell's draft" "$(cat "$V")" theirs
( exec 3>"$V"; setfattr -n user.coffer.expect -v "$(get version-id "$V")" "$V"; printf mine >&3 )
is "the shell's draft, with nothing in between" "$(cat "$V")" mine
exec 3>"$V"; refuses "Bad file descriptor" as 10001 setfattr -n user.coffer.expect -v none "$V"; exec 3>&-
# A new secret, expected not to be there; pending/ is compared with what is pending.
mkdir -p "$M/new/one/current"
python3 -c 'import os,subprocess,sys
f=os.open(sys.argv[1]+"/value",os.O_WRONLY|os.O_CREAT); os.setxattr(f,"user.coffer.expect",b"none"); os.write(f,b"mine")
subprocess.run([sys.argv[2],"put","new/one"],input=b"theirs",check=True,stdout=subprocess.DEVNULL)
try: os.close(f)
except OSError as e: sys.exit(0 if e.errno == 116 else 1)
sys.exit(2)' "$M/new/one/current" "$COFFER" || fail "a new secret that somebody else made: $?"
is "theirs stays" "$(cat "$M/new/one/current/value")" theirs
is "the refusals are recorded" "$(coffer audit log --json --limit 2000 | grep -c PreconditionNotMetException)" 44
coffer audit verify >/dev/null
