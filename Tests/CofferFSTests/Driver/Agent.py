"""A process that makes system calls for a test: the test must not call into a mount that it serves itself.

The first process reads commands from standard input and makes others, each with its own user; each of those takes
commands, a JSON object a line, from a connection of its own, and answers with a line: {"r": result} or {"e": errno}.
"""

import base64, ctypes, json, os, signal, socket, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
root = sys.argv[1]
count = 0


def path(name):
    return root + "/" + name if name else root


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def status(s):
    return [s.st_ino, s.st_mode, s.st_nlink, s.st_uid, s.st_gid, s.st_size, s.st_mtime_ns, s.st_ctime_ns]


def getdents(fd, size):
    buffer = ctypes.create_string_buffer(size)
    end = checked(libc.getdents64(fd, buffer, ctypes.c_size_t(size)))
    entries, at = [], 0
    while at < end:
        inode, following, length, kind = struct.unpack_from("=QqHB", buffer.raw, at)
        name = buffer.raw[at + 19:at + length].split(b"\0")[0].decode()
        entries.append([name, inode, kind, following])
        at += length
    return entries


def text(data):
    return base64.b64encode(data).decode()


def transfer(function, fd, data, *at):
    done = 0
    while done < len(data):
        done += function(fd, data[done:], *[place + done for place in at])
    return done


def collect(function, fd, size, *at):
    """Reads as much as there is: a read may be cut into pieces."""
    data = b""
    while len(data) < size:
        piece = function(fd, size - len(data), *[place + len(data) for place in at])
        if not piece:
            break
        data += piece
    return text(data)


calls = {
    "open": lambda c: os.open(path(c["path"]), c["flags"], c["mode"]),
    "close": lambda c: os.close(c["fd"]),
    "read": lambda c: collect(os.read, c["fd"], c["size"]),
    "pread": lambda c: collect(os.pread, c["fd"], c["size"], c["at"]),
    "write": lambda c: transfer(os.write, c["fd"], base64.b64decode(c["data"])),
    "pwrite": lambda c: transfer(os.pwrite, c["fd"], base64.b64decode(c["data"]), c["at"]),
    "lseek": lambda c: os.lseek(c["fd"], c["at"], c["whence"]),
    "dup": lambda c: os.dup(c["fd"]),
    "fsync": lambda c: os.fsync(c["fd"]),
    "truncate": lambda c: os.truncate(path(c["path"]), c["size"]),
    "ftruncate": lambda c: os.ftruncate(c["fd"], c["size"]),
    "stat": lambda c: status(os.stat(path(c["path"]))),
    "fstat": lambda c: status(os.fstat(c["fd"])),
    "getdents": lambda c: getdents(c["fd"], c["size"]),
    "mkdir": lambda c: os.mkdir(path(c["path"]), c["mode"]),
    "rmdir": lambda c: os.rmdir(path(c["path"])),
    "unlink": lambda c: os.unlink(path(c["path"])),
    "rename": lambda c: checked(
        libc.renameat2(-100, path(c["path"]).encode(), -100, path(c["to"]).encode(), c["flags"])) and None,
    "link": lambda c: os.link(path(c["path"]), path(c["to"])),
    "symlink": lambda c: os.symlink(c["to"], path(c["path"])),
    "mknod": lambda c: os.mknod(path(c["path"]), c["mode"], c["device"]),
    "chmod": lambda c: os.chmod(path(c["path"]), c["mode"]),
    "chown": lambda c: os.chown(path(c["path"]), c["uid"], c["gid"]),
    "utimens": lambda c: os.utime(path(c["path"]), ns=(c["time"], c["time"])),
    # Python's os.access asks faccessat with the real UID, which is the effective one here too.
    "access": lambda c: checked(libc.access(path(c["path"]).encode(), c["mode"])) and None,
    "setxattr": lambda c: os.setxattr(path(c["path"]), c["name"], base64.b64decode(c["data"]), c["flags"]),
    "getxattr": lambda c: text(os.getxattr(path(c["path"]), c["name"])),
    "listxattr": lambda c: os.listxattr(path(c["path"])),
    "removexattr": lambda c: os.removexattr(path(c["path"]), c["name"]),
    "nameLimit": lambda c: os.statvfs(path(c["path"])).f_namemax,
}


def make_process(user=None):
    """Forks a process with a socket to reach it by; with another user, if one is given."""
    global count
    count += 1
    name = f"coffer-agent-{os.getpid()}-{count}"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("\0" + name)
    listener.listen(1)
    process = os.fork()
    if process:
        listener.close()
        return [process, name]
    connection, _ = listener.accept()
    listener.close()
    if user:
        os.setgroups(user["groups"])
        os.setresgid(user["gid"], user["gid"], user["gid"])
        os.setresuid(user["uid"], user["uid"], user["uid"])
    serve(connection.makefile("rb"), connection.makefile("wb"), connection.fileno())


def serve(requests, answers, connection):
    for line in requests:
        command = json.loads(line)
        try:
            if command["call"] == "fork":
                answer = {"r": make_process()}
            elif command["call"] == "exit":
                # As the kernel does at the end of a process, but before the answer.
                for fd in sorted(int(name) for name in os.listdir("/proc/self/fd")):
                    if fd > 2 and fd != connection:
                        try:
                            os.close(fd)
                        except OSError:
                            pass
                answer = {"r": None}
            else:
                answer = {"r": calls[command["call"]](command)}
        except OSError as error:
            answer = {"e": error.errno}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
    os._exit(0)


signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.umask(0)
os.chdir("/")
for line in sys.stdin:
    print(json.dumps(make_process(json.loads(line))), flush=True)
