"""Watches files with inotify and changes them: each change is told, once, and nothing that is no change.

_events.py MOUNT: needs root, the command in $COFFER, and the secrets that events.sh has made. UID 10001 may read and write,
10002 may see, 10003 neither. A limit is for what never comes; nothing is waited for that does not come.
"""
import ctypes, os, select, struct, subprocess, sys, threading, time

MODIFY, ATTRIB, CLOSE_WRITE, OPEN, IGNORED = 0x2, 0x4, 0x8, 0x20, 0x8000
mount = sys.argv[1]
coffer = os.environ["COFFER"]
libc = ctypes.CDLL(None, use_errno=True)


def acting(uid, body):
    """Does something as another user: the file system's UID follows the effective one."""
    os.setegid(uid), os.seteuid(uid)
    try:
        return body()
    finally:
        os.seteuid(0), os.setegid(0)


class Watcher:
    def __init__(self, uid=10001):
        self.uid, self.names = uid, {}
        self.descriptor = libc.inotify_init1(os.O_CLOEXEC)

    def add(self, path, mask=MODIFY | CLOSE_WRITE | IGNORED):
        def body():
            watch = libc.inotify_add_watch(self.descriptor, (mount + "/" + path).encode(), mask)
            if watch < 0:
                raise OSError(ctypes.get_errno(), path)
            self.names[watch] = path
        acting(self.uid, body)
        return self

    def read(self, seconds=30):
        """The next events, each as (what was watched, name in it, mask)."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            raise AssertionError("no event came")
        found, data = [], os.read(self.descriptor, 65536)
        while data:
            watch, mask, _, length = struct.unpack_from("iIII", data)
            found.append((self.names[watch], data[16:16 + length].rstrip(b"\0").decode(), mask))
            data = data[16 + length:]
        return found


def run(*words, text=None, uid=None):
    drop = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    done = subprocess.run(words, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, **drop)
    assert done.returncode == 0, (words, done.stdout)


def put(name, text):
    run(coffer, "put", name, text=text)


def content(path, uid=10001):
    def body():
        with open(mount + "/" + path, "rb") as file:
            return file.read()
    return acting(uid, body)


fence = Watcher().add("e/fence/current/value", CLOSE_WRITE)
fences = 0


def told(watcher):
    """Everything that the watcher is told of what happened up to now: another secret's change comes after it."""
    global fences
    fences += 1
    put("e/fence", b"fence %d" % fences)
    fence.read()
    found = []
    while select.select([watcher.descriptor], [], [], 0)[0]:
        found += watcher.read()
    return found


def expect(what, watcher, change, wanted, unwanted=()):
    """Makes a change; every wanted (watched, name) is told of it once, those unwanted not at all."""
    change()
    seen = []
    while not all(any(event[:2] == each and event[2] & CLOSE_WRITE for event in seen) for each in wanted):
        try:
            seen += watcher.read()
        except AssertionError:
            raise AssertionError(f"{what}: not told: {[each for each in wanted if not any(e[:2] == each and e[2] & CLOSE_WRITE for e in seen)]}; told {seen}")
    seen += told(watcher)
    for each in wanted:
        closes = [event for event in seen if event[:2] == each and event[2] & CLOSE_WRITE]
        assert len(closes) == 1, (what, each, seen)
        assert any(event[:2] == each and event[2] & MODIFY for event in seen), (what, each, seen)
    for each in unwanted:
        assert not any(event[:2] == each for event in seen), (what, each, seen)
    assert not any(event[2] & IGNORED for event in seen), (what, seen)


C, P = "e/a/current", "e/a/previous"
value, inC, inP = (C + "/value", ""), (C, "value"), (P, "value")
user, password = (C, "user"), (C, "password")
watcher = Watcher().add(C).add(C + "/value").add(P)
shell = lambda script: run("sh", "-c", script, uid=10001)
V = f"{mount}/{C}/value"

# Ten changes: by the command, through the mount by another process, by labels, by a rotation's steps.
expect("put", watcher, lambda: put("e/a", b'{"user":"app","password":"p2"}'), [value, inC, inP, password], [user])
expect("put of another member", watcher, lambda: put("e/a", b'{"user":"two","password":"p2"}'), [value, inC, inP, user], [password])
expect("written", watcher, lambda: shell(f"printf '%s' '{{\"user\":\"two\",\"password\":\"p3\"}}' > {V}"), [value, inC, inP, password], [user])
expect("a member written", watcher, lambda: shell(f"printf p4 > {mount}/{C}/password"), [value, inC, inP, password], [user])
expect("appended", watcher, lambda: shell(f"printf ' ' >> {V}"), [value, inC, inP], [user, password])
expect("edited", watcher, lambda: shell(f"sed -i s/p4/p5/ {V}"), [value, inC, inP], [user])
expect("rollback", watcher, lambda: run(coffer, "rollback", "e/a"), [value, inC, inP, password], [user])
pending = f"{mount}/e/a/pending"
shell(f"mkdir {pending} && printf '%s' '{{\"user\":\"two\",\"password\":\"p6\"}}' > {pending}/value")
made = os.getxattr(f"{pending}/value", "user.coffer.version-id").decode()
expect("promoted, as a rotation does", watcher, lambda: run(coffer, "promote", "e/a", made), [value, inC, inP, password])
expect("truncated by path", watcher, lambda: acting(10001, lambda: os.truncate(V, 40)), [value, inC, inP])
expect("put as binary", watcher, lambda: put("e/a", b"\0\1\2"), [value, inC, inP])
assert content(C + "/value") == b"\0\1\2"

# Who is told of a change only (IN_MODIFY: Go's fsnotify, node's fs.watch) can read the new value then, whoever wrote it.
simple = Watcher().add(C + "/value", MODIFY)
for number, change in enumerate([lambda text: put("e/a", text), lambda text: shell(f"printf '%s' '{text.decode()}' > {V}"),
                                 lambda text: shell(f"exec 3>{V}; printf '%s' '{text.decode()}' >&3; sync {V} <&3; cat {V} >/dev/null")]):
    text = b"modified %d" % number
    change(text)
    while content(C + "/value") != text:
        simple.read()
    told(simple)

# Many changes at once: some are told together, and after the last one something is told.
for number in range(50):
    put("e/a", b"burst %d" % number)
last = Watcher().add(C + "/value", CLOSE_WRITE)
put("e/a", b"the last")
last.read()
assert content(C + "/value") == b"the last"
told(watcher), told(last)

# What is no change is not told, and moves no time.
before = os.stat(V)
quiet = Watcher().add(P).add(P + "/value").add(C, MODIFY | CLOSE_WRITE | ATTRIB)
run(coffer, "allow", "uid:10004", "e/a")
run(coffer, "tag", "e/a", "a=b")
run(coffer, "describe", "e/a")
acting(10001, lambda: os.close(os.open(V, os.O_RDONLY)))
events = told(quiet)
assert not events, events
shell(f"printf 'the last' > {V}")     # the same again: its own calls are told of, by the kernel, and nothing else
assert not [event for event in told(quiet) if event[0].startswith(P)]
after = os.stat(V)
assert (before.st_mtime_ns, before.st_ctime_ns, before.st_size) == (after.st_mtime_ns, after.st_ctime_ns, after.st_size)

# Who may see may watch; who may not, can't.
seer = Watcher(10002).add(C + "/value").add(C)
for path in (C, C + "/value", "e/a", P):
    try:
        Watcher(10003).add(path)
        raise SystemExit(f"UID 10003 watches {path}")
    except OSError as error:
        assert error.errno == 2, error
expect("as a witness", seer, lambda: put("e/a", b"for all to see"), [value, inC])

# What root may not see is told of too: the daemon's helper needs no policy.
hidden = Watcher(10001).add("h/x/current/value").add("h/x/previous")
assert not os.path.exists(mount + "/h/x")
expect("hidden", hidden, lambda: shell(f"printf mine > {mount}/h/x/current/value"), [("h/x/current/value", ""), ("h/x/previous", "value")])

# The helper killed: the next one is told by another.
def helpers():
    return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and (mount + "\0").encode() in cmdline(pid) and b"make-events" in cmdline(pid)]
def cmdline(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""
told(watcher)
first = helpers()
assert len(first) == 1, first
os.kill(first[0], 9)
expect("after a kill", watcher, lambda: put("e/a", b"still there"), [value, inC, inP])
assert len(helpers()) == 1 and helpers() != first

# poll(2): what is open is ready, and says so when it has been overtaken; it reads on as it was.
put("e/a", b"opened")
def waits(make, ask):
    file = acting(10001, lambda: os.open(V, os.O_RDONLY))
    waiter = make(file)
    assert not ask(waiter, 0), "overtaken from the start"
    opened = content(C + "/value")
    started, answers = threading.Event(), []
    def wait():
        started.set()
        answers.append(ask(waiter, 30))
    thread = threading.Thread(target=wait)
    thread.start()
    started.wait()
    put("e/a", opened + b"+")
    thread.join()
    assert answers[0], "nobody was woken"
    assert ask(waiter, 0), "overtaken once, and no longer"
    assert os.lseek(file, 0, os.SEEK_HOLE) == len(opened)
    assert os.pread(file, 100, 0) == opened and content(C + "/value") == opened + b"+"
    os.close(file)
def polled(file):
    poll = select.poll(); poll.register(file, select.POLLPRI); return poll
def epolled(file):
    poll = select.epoll(); poll.register(file, select.EPOLLPRI); return poll
waits(polled, lambda poll, seconds: [mask for _, mask in poll.poll(seconds * 1000) if mask & select.POLLPRI])
waits(epolled, lambda poll, seconds: [mask for _, mask in poll.poll(seconds) if mask & select.EPOLLPRI])
waits(lambda file: file, lambda file, seconds: select.select([], [], [file], seconds)[2])
file = acting(10001, lambda: os.open(V, os.O_RDONLY))
poll = select.poll(); poll.register(file, select.POLLIN | select.POLLOUT)
assert poll.poll(0) == [(file, select.POLLIN | select.POLLOUT)]
edge = select.epoll(); edge.register(file, select.EPOLLIN | select.EPOLLET); assert edge.poll(0)
os.close(file)

# Every watch is still there.
told(watcher)
expect("at the end", watcher, lambda: put("e/a", b"the end"), [value, inC, inP])
