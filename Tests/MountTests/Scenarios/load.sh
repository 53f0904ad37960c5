# 100 000 secrets in one folder, 10 000 open files, 64 threads, a draft that is never closed, and no room left.
# In memory, where there is room: 100 000 durable writes take a minute on a disk.
[ "$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 1000000 ] 2>/dev/null && export TMPDIR=/dev/shm
. "$(dirname "$0")/_common.sh"
at_end() { kill -9 $(jobs -p) 2>/dev/null || true; }
count=${COFFER_LOAD_COUNT:-100000}
mount_store
began=$EPOCHREALTIME; lap() { local now=$EPOCHREALTIME; printf '%6.2f s  %s\n' "$(awk "BEGIN { print $now - $began }")" "$1"; began=$EPOCHREALTIME; }
COFFER=$COFFER timeout 300 python3 "$(dirname "$0")/_fill.py" "$COFFER_SOCKET" load/s "$count"; lap "make $count secrets"
one=load/s$(printf %06d $((count * 3 / 4)))
coffer allow uid:4321 read "$one" >/dev/null
began=$EPOCHREALTIME
[ "$(ls "$M/load" | wc -l)" = "$count" ] || fail "ls"; lap "ls"
[ "$(ls -l "$M/load" | grep -c ^d)" = "$count" ] || fail "ls -l"; lap "ls -l"
[ "$(find "$M/load" -maxdepth 1 -name 's*7' | wc -l)" = $((count / 10)) ] || fail "find"; lap "find"
[ "$(bash -c 'compgen -f "$1"' sh "$M/load/s00012" | wc -l)" = 10 ] || fail "completion"; lap "completion"
[ "$(as 4321 ls "$M/load")" = "${one#load/}" ] || fail "another user's ls"; lap "ls of who sees one"
[ -z "$(as 4322 ls "$M")" ] || fail "who sees nothing"; lap "ls of who sees none"
[ "$(as 4321 cat "$M/$one/current/value")" = "value $((count * 3 / 4))" ] || fail "another user's read"; lap "read of who sees one"
[ "$(as 4321 bash -c 'compgen -f "$1"' sh "$M/load/s0" | wc -l)" = 1 ] || fail "another user's completion"; lap "completion of who sees one"
! as 4321 stat "$M/load/s000001" 2>/dev/null || fail "a hidden name"; lap "look at a hidden name"
cat > "$D/load.py" <<'PY'
import errno, os, random, resource, subprocess, sys, threading, time
mount, count, coffer = sys.argv[1], int(sys.argv[2]), sys.argv[3]
folder = mount + "/load"
status = lambda name: int(subprocess.run([coffer, "status", "--json"], capture_output=True, text=True, check=True).stdout.split(f'"{name}":')[1].split(",")[0].split("}")[0])
value = lambda i: f"{folder}/s{i:06d}/current/value"
# A listing while secrets come and go: who stays is there once, whoever else.
stop = threading.Event()
def churn():
    n = 0
    while not stop.is_set():
        n += 1; os.makedirs(f"{folder}/x{n}/current")
        with open(f"{folder}/x{n}/current/value", "w") as f: f.write("x")
        if n > 5: os.rmdir(f"{folder}/x{n - 5}")
thread = threading.Thread(target=churn); thread.start()
for _ in range(5):
    names = [n for n in os.listdir(folder) if n[0] == "s"]
    assert len(names) == len(set(names)) == count, (len(names), len(set(names)))
stop.set(); thread.join()
# 10 000 files open at once.
resource.setrlimit(resource.RLIMIT_NOFILE, (10_100, max(10_100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
before = status("GuardedBytes"), status("OpenFiles")
files = [os.open(value(i % count), os.O_RDONLY) for i in range(10_000)]
assert status("OpenFiles") == before[1] + 10_000
assert all(os.read(f, 100) == b"value %d" % (i % count) for i, f in enumerate(files))
for f in files: os.close(f)
# 64 threads read and write; each secret is written by one thread.
def work(number):
    rng = random.Random(number)
    for i in range(30):
        with open(value(rng.randrange(64, count)), "rb") as f: assert f.read().startswith(b"value ")
        with open(value(number), "wb") as f: f.write(b"%d:%d" % (number, i))
        with open(value(number), "rb") as f: assert f.read() == b"%d:%d" % (number, i)
failures = []
def guarded(number):
    try: work(number)
    except BaseException as error: failures.append(repr(error))
threads = [threading.Thread(target=guarded, args=(n,)) for n in range(64)]
for t in threads: t.start()
for t in threads: t.join()
assert not failures, failures[:3]
# A draft that is never closed holds nobody up; many of them find no room, and give it back.
draft = os.open(value(1), os.O_WRONLY); os.write(draft, b"never")
with open(value(1), "wb") as f: f.write(b"other")
with open(value(1), "rb") as f: assert f.read() == b"other"
drafts, block = [], b"x" * 65_536
try:
    while len(drafts) < 2000:
        drafts.append(os.open(value(100 + len(drafts)), os.O_WRONLY)); os.write(drafts[-1], block)
except OSError as error: assert error.errno == errno.ENOSPC, error
else: sys.exit("drafts have no bound")
print(f"{len(drafts) - 1} drafts of 64 KiB had room")
with open(value(2), "rb") as f: f.read()
for f in drafts:
    os.ftruncate(f, 0) if f != drafts[-1] else None
    try: os.close(f)
    except OSError: pass
again = os.open(value(3), os.O_WRONLY); os.write(again, block); os.close(again)
for _ in range(1000):
    if status("OpenFiles") == before[1] + 1: break
assert status("OpenFiles") == before[1] + 1 and status("OpenDrafts") == 1
assert status("GuardedBytes") <= before[0] + 8192, (before, status("GuardedBytes"))
PY
timeout 200 python3 "$D/load.py" "$M" "$count" "$COFFER" || fail "load"; lap "the rest"
coffer audit verify > /dev/null; lap "verify"
serving=$(daemon); grep -E "VmRSS|VmHWM" /proc/$serving/status
coffer umount "$M"
