"""Readers and a writer on a mount whose serving process is killed and upgraded: MOUNT COFFER TRAIL KILLS UPGRADES SEED.

Each kill comes as soon as it can, with or without a standby that is ready, or once there is one: the stalls of the two, and of
upgrades, are told apart. With a seventh argument, `without-resend`, a call that is under way when its process is killed may fail, by EIO."""
import ctypes, errno, json, mmap, os, platform, random, subprocess, sys, time

mount, coffer, trail = sys.argv[1:4]
kills, upgrades, seed = map(int, sys.argv[4:7])
may_fail = sys.argv[7:] == ["without-resend"]
secrets, reader_count, uid = 100, 8, 4321
rng = random.Random(seed)

def run(*arguments, **options):
    return subprocess.run([coffer, *arguments], capture_output=True, timeout=60, **options)

def status():
    while True:
        answer = run("status", "--json")
        if answer.returncode == 0:
            return json.loads(answer.stdout)

# The numbers of the system calls in which a process waits for what the supervisor says.
waiting = {"x86_64": "47", "aarch64": "212"}.get(platform.machine())

def has_standby(now):
    """Whether a process waits for its turn; a standby that still prepares itself does other things."""
    supervisor = now["SupervisorProcessId"]
    for process in open(f"/proc/{supervisor}/task/{supervisor}/children").read().split():
        try:
            if int(process) != now["ServingProcessId"] and open(f"/proc/{process}/syscall").read().split()[0] == waiting:
                return True
        except OSError: pass
    return False

values = [os.urandom(20 + i).hex().encode() for i in range(secrets)]
for i, value in enumerate(values):
    run("put", f"s/n{i}", input=value, check=True)
run("put", "w/w", input=b"0", check=True)
run("allow", f"uid:{uid}", "read", "s/*", check=True)
flag = mmap.mmap(-1, 4096)

def end_with_parent():
    """However that ends: PR_SET_PDEATHSIG. A change of the user undoes it."""
    ctypes.CDLL(None).prctl(1, 9)

def child(body):
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        end_with_parent()
        status = 1
        try:
            os.write(writing, json.dumps(body()).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    return process, reading

def read_all(number):
    os.setgroups([]); os.setgid(uid); os.setuid(uid); end_with_parent()
    opens, wrong, errors, waits, i = 0, 0, [], [], number
    while flag[0] == 0:
        i = (i + 7) % secrets
        began, file = time.monotonic(), None
        try:
            file = os.open(f"{mount}/s/n{i}/current/value", os.O_RDONLY)
            opens += 1
            size, found = os.fstat(file).st_size, b""
            while part := os.read(file, 4096):
                found += part
            end, file = file, None
            os.close(end)
            wrong += found != values[i] or size != len(found)
        except OSError as error:
            errors.append([error.errno, str(error)])
            if file is not None: os.close(file)
        ended = time.monotonic()
        if ended - began > 0.002: waits.append((began, ended))
    return opens, wrong, errors, waits

def write_all():
    done, failed, number = [], [], 0
    while flag[0] == 0:
        number += 1
        file = None
        try:
            file = os.open(f"{mount}/w/w/current/value", os.O_WRONLY | os.O_TRUNC)
            os.write(file, b"%d" % number)
            end, file = file, None
            os.close(end)
            done.append(number)
        except OSError:
            failed.append(number)
            if file is not None:
                try: os.close(file)
                except OSError: pass
    return done[-90:], len(done), failed

children = [child(lambda n=n: read_all(n)) for n in range(reader_count)] + [child(write_all)]
moments = []
try:
    rounds = ["kill"] * kills + ["upgrade"] * upgrades
    rng.shuffle(rounds)
    for what in rounds:
        now, waits = status(), what == "kill" and rng.random() < 0.5
        serving, limit = now["ServingProcessId"], time.monotonic() + 20
        while waits and waiting and not has_standby(now):
            assert time.monotonic() < limit, "no standby gets ready"
        time.sleep(rng.random() * 0.2)
        if what == "kill":
            what += ", standby ready" if has_standby(now) else ", no standby"
            began = time.monotonic()
            os.kill(serving, 9)
            while status()["ServingProcessId"] == serving: pass
        else:
            began = time.monotonic()
            outcome = run("upgrade")
            assert outcome.returncode == 0, outcome
        moments.append((what, began, time.monotonic()))
finally:
    flag[0] = 1
reports = []
for process, reading in children:
    text = b""
    while part := os.read(reading, 1 << 16): text += part
    os.waitpid(process, 0)
    reports.append(json.loads(text))
*readers, (last, count, failed) = reports
opens = sum(r[0] for r in readers)
failures = sum(len(r[2]) for r in readers)
assert all(may_fail and code == errno.EIO for r in readers for code, _ in r[2]), [r[2][:3] for r in readers]
# A reader waits for one call at a time.
assert all(len(r[2]) <= kills for r in readers), [len(r[2]) for r in readers]
assert not any(r[1] for r in readers), "wrong bytes"
records = sum(f'"uid":{uid},' in line and '"GetSecretValue"' in line for line in open(trail))
# An open may have had its record when its process was killed.
assert opens <= records <= opens + failures, f"{opens} opens, {records} records"
versions = json.loads(run("versions", "w/w", "--json").stdout)
versions = versions["Versions"] if isinstance(versions, dict) else versions
stored = [int(run("get", "w/w", "--version-id", v["VersionId"]).stdout) for v in versions]
assert len(stored) == len(set(stored)), "a value is there twice"
missing = [n for n in last if n > min(stored) and n not in stored]
assert not missing, f"committed and not there: {missing}"
assert may_fail or not set(failed) & set(stored), f"failed and there: {set(failed) & set(stored)}"
assert run("audit", "verify").returncode == 0, "the trail"
assert status()["Takeovers"] == kills + upgrades
print(f"{kills} kills, {upgrades} upgrades, seed {seed}: {opens} opens {records} records, {failures} failed;"
      f" {count} values written, {len(failed)} refused")
# Of each take-over, the longest that one reader waited: an open, reads and a close, as it sees them.
stalls = {}
for what, began, ended in moments:
    calls = [b - a for r in readers for a, b in r[3] if a < ended and b > began]
    stalls.setdefault(what, []).append(max(calls, default=0) * 1000)
for what in sorted(stalls):
    found = sorted(stalls[what])
    print(f"longest stall, {len(found)} times ({what}): median {found[len(found) // 2]:.0f} ms, nine in ten {found[len(found) * 9 // 10]:.0f} ms, all {found[-1]:.0f} ms")
