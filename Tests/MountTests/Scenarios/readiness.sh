# Whoever starts a daemon hears when it serves: by the command's return, --ready-fd, or systemd's socket. Passphrases are typed.
. "$(dirname "$0")/_common.sh"
cat > "$D/ready.py" <<'PY'
import os, signal, socket, subprocess, sys
coffer, folder = sys.argv[1:]
store, point, key, control = (f"{folder}/{name}" for name in ("store", "m", "key", "sock"))
command = [coffer, "mount", store, point, "--key-file", key, "--socket", control, "--foreground"]
def serve(environment, descriptor=None):
    more = ["--ready-fd", str(descriptor)] if descriptor is not None else []
    return subprocess.Popen(command + more, env=os.environ | environment, pass_fds=[descriptor] if descriptor is not None else [], stderr=subprocess.DEVNULL)
def end(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0, process.returncode
# --ready-fd in the foreground: a line once it serves, and not before.
read, write = os.pipe()
process = serve({}, write); os.close(write)
assert b"READY=1" in os.read(read, 100); assert os.path.ismount(point); os.close(read)
# SIGQUIT leaves no dead mount behind.
process.send_signal(signal.SIGQUIT); assert process.wait(20) == 0; assert not os.path.ismount(point)
# sd_notify, by a path and by an abstract name.
for name in (f"{folder}/notify", f"\0coffer-{os.getpid()}"):
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); manager.bind(name); manager.settimeout(30)
    process = serve({"NOTIFY_SOCKET": name.replace("\0", "@")})
    assert b"READY=1" in manager.recv(500); assert os.path.ismount(point)
    process.send_signal(signal.SIGTERM)
    assert b"STOPPING=1" in manager.recv(500); assert process.wait(20) == 0; manager.close()
# A passphrase at a terminal: asked for without echo, and twice where it is new.
import pty, select
def typed(arguments, answers):
    child, terminal = pty.fork()
    if child == 0: os.execv(coffer, [coffer] + arguments)
    said, waiting = b"", list(answers)
    while True:
        assert select.select([terminal], [], [], 60)[0], said
        try: part = os.read(terminal, 1000)
        except OSError: break
        if not part: break
        said += part
        if waiting and said.rstrip(b" ").endswith(b":"):
            os.write(terminal, waiting.pop(0) + b"\n"); said += b"<typed>"
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert b"horse" not in said, said
    return status, said
status, said = typed(["init", folder + "/typed"], [b"correct horse", b"correct house"])
assert status != 0 and not os.path.exists(folder + "/typed"), (status, said)
status, said = typed(["init", folder + "/typed"], [b"", b""])
assert status != 0 and not os.path.exists(folder + "/typed"), (status, said)
status, said = typed(["init", folder + "/typed"], [b"correct horse", b"correct horse"]); assert status == 0, said
mount = ["mount", folder + "/typed", point, "--socket", control]
status, said = typed(mount, [b"wrong horse"]); assert status == 7 and b"does not unlock" in said, (status, said)
status, said = typed(mount, [b"correct horse"]); assert status == 0 and os.path.ismount(point), (status, said)
subprocess.run([coffer, "umount", point], check=True)
PY
timeout 120 python3 "$D/ready.py" "$COFFER" "$D" || fail "see above"
