# While programs replace a value by every means, readers see the old value or the new, whole; a watch on it goes on.
. "$(dirname "$0")/_editing.sh"
begin one; printf two > "$V"
coffer allow uid:35 'edit/*' >/dev/null
# Reads in a loop until it is told to stop; anything but a whole value is an error.
cat > "$D/read.py" <<'PY'
import os, sys
os.chdir(sys.argv[1]); good = {line.encode() for line in sys.argv[2].split(",")}
reads = 0; seen = set()
print("reading", flush=True)
while not os.path.exists(sys.argv[3]) or reads < 100:
    with open("value", "rb") as f: value = f.read()
    if value not in good: sys.exit("read %r" % value)
    if os.stat("value").st_size not in map(len, good): sys.exit("size")
    if "value" not in os.listdir("."): sys.exit("not listed")
    reads += 1; seen.add(value)
if len(seen) < 2: sys.exit("saw nothing change in %d reads" % reads)
PY
for who in some all; do
    [ $who = some ] || coffer allow '*' 'edit/*' >/dev/null
    stop=$D/stop.$who; printf A > "$D/A"; printf BB > "$D/BB"; chmod 644 "$D/A" "$D/BB"; n=$(versions edit/app)
    printf A > "$V"
    mkfifo "$D/begun"; readers=()
    # The kernel has one owner for a file that each user is shown as their own, and asks it when install sets an ACL: so
    # there are no readers of another user where install writes.
    uids=33; [ $who = some ] || uids="33 35"
    for uid in $uids; do
        as $uid python3 "$D/read.py" "$C" A,BB,A-,BB- "$stop" > "$D/begun" & readers+=($!)
    done
    cat "$D/begun" >/dev/null &
    for round in 1 2 3 4 5 6 7 8; do
        for file in A BB; do
            if [ $who = some ]; then user install -m 600 "$D/$file" value; else user cp --remove-destination "$D/$file" value; fi
            user sed -i 's/$/-/' value
            user cp --remove-destination "$D/$file" value
            user sed -i.bak 's/$/-/' value
            user sh -c "cat '$D/$file' > .new && mv .new value"
            user vim -es -i NONE -c "set backupcopy=no backup backupdir=. binary noeol" -c 's/$/-/' -c wq value
            user perl -pi.bak -e 's/-//' value
        done
    done
    touch "$stop"
    for reader in "${readers[@]}"; do wait "$reader" || fail "a reader ($who)"; done
    rm "$D/begun"
    # The last rounds are kept; each of the 112 edits made a version.
    [ "$(versions edit/app)" = 100 ] || fail "112 edits left $(versions edit/app) versions"
    clear_scratch
done
coffer policy delete >/dev/null; coffer allow uid:33 'edit/*' --write >/dev/null
# What programs that replace a file see, told by a process that goes by the name of one.
cat > "$D/replace.py" <<'PY'
import ctypes, os, sys
def called(name): ctypes.CDLL(None).prctl(15, name, 0, 0, 0)
def other(): # what another process of the same user sees
    child = os.fork()
    if not child:
        called(b"cat")
        try: os._exit(0 if open("value", "rb").read() == b"kept" else 1)
        except OSError: os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert other() == 0
called(b"install"); os.unlink("value")
assert not os.path.exists("value"), "the name is there after it was removed"
try: os.unlink("value"); sys.exit("removed twice")
except FileNotFoundError: pass
assert other() == 0, "another process noticed"
mode = sys.argv[1]
if mode == "die": os.kill(os.getpid(), 9)
fd = os.open("value", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
assert os.fstat(fd).st_size == 0
os.fchmod(fd, 0o644); os.fchown(fd, -1, 33); os.utime(fd, (1, 1))
if mode == "empty": os.close(fd); sys.exit(0)
os.write(fd, b"ne"); assert other() == 0, "a draft is seen"
os.write(fd, b"w"); assert os.fstat(fd).st_size == 3
if mode == "kill": os.kill(os.getpid(), 9)
os.close(fd)
assert open("value", "rb").read() == b"new"
os.chmod("value", 0o644)   # unzip does it by name, behind the close
try: os.mknod("value"); sys.exit("made twice")
except FileExistsError: pass
PY
printf kept > "$V"; n=$(versions edit/app)
user python3 "$D/replace.py" die 2>/dev/null && fail "a killed process ended well"
[ "$(user cat value)" = kept ] && [ "$(user ls)" = value ] || fail "the value is away behind a killed process"
user python3 "$D/replace.py" empty || fail "replaced by nothing"
[ "$(user cat value)" = kept ] || fail "nothing has replaced a value"
user python3 "$D/replace.py" write || fail "replaced"
[ "$(user cat value)" = new ] && [ "$(cat "$P")" = kept ] || fail "the replacement"
# A watch on the file and one on the directory go on, whatever replaces it.
cat > "$D/watch.py" <<'PY'
import ctypes, os, select, struct, subprocess, sys
libc = ctypes.CDLL(None); fd = libc.inotify_init(); os.set_blocking(fd, False)
watch = libc.inotify_add_watch(fd, b"value", 0xfff); inode = os.stat("value").st_ino
def heard():
    masks = 0
    while select.select([fd], [], [], 0)[0]:
        data = os.read(fd, 65536); at = 0
        while at < len(data):
            _, mask, _, length = struct.unpack_from("iIII", data, at); at += 16 + length; masks |= mask
    return masks
for command in sys.argv[1:]:
    subprocess.check_call(["sh", "-c", command])
    masks = heard()
    if masks & 0x8400: sys.exit("%s ended the watch" % command)
    if not masks: sys.exit("%s was not heard" % command)
    if os.stat("value").st_ino != inode: sys.exit("%s changed the inode" % command)
    if os.stat("value").st_nlink != 1: sys.exit("links")
subprocess.check_call(["sh", "-c", "echo last > value"])
if not heard() & 8: sys.exit("the last write was not heard")
PY
user python3 "$D/watch.py" "echo a > value" "echo b > .b; mv .b value" "sed -i s/b/c/ value" "sed -i.bak s/c/d/ value" "install -m 600 '$D/A' value" "cp --remove-destination '$D/BB' value" "echo e > value" || fail "a watch"
coffer audit verify >/dev/null
