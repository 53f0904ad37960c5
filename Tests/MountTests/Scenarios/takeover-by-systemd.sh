# The mount outlives its supervisor too, where systemd keeps the descriptors: it is stopped and started again, and then killed
# with everything else, and who has files open, or comes meanwhile, notices nothing. A program plays systemd.
. "$(dirname "$0")/_takeover.sh"
at_end() { kill -9 $(jobs -p) 2>/dev/null || true; }
cat > "$D/manager.py" <<'PY'
"""Plays systemd: keeps the descriptors that it is sent, and hands them to the next process. A word a line tells it what to do."""
import array, os, signal, socket, subprocess, sys
path, command = sys.argv[1], sys.argv[2:]
inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); inbox.bind(path); inbox.settimeout(60)
kept = {}

def until_ready():
    while True:
        message, extra, _, _ = inbox.recvmsg(4096, socket.CMSG_SPACE(16))
        fields = dict(line.split("=", 1) for line in message.decode().splitlines() if "=" in line)
        name = fields.get("FDNAME")
        if "FDSTOREREMOVE" in fields: os.close(kept.pop(name)) if name in kept else None
        if "FDSTORE" in fields: kept[name] = array.array("i", extra[0][2])[0]
        if "READY" in fields: return

def start():
    names = sorted(kept)
    def prepare():
        held = [os.dup(kept[name]) for name in names]
        for place, number in enumerate(held): os.dup2(number, 100 + place)
        for place in range(len(names)): os.dup2(100 + place, 3 + place, inheritable=True)
        if names: os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(names)), LISTEN_FDNAMES=":".join(names))
    environment = dict(os.environ, NOTIFY_SOCKET=path)
    # sh tells its own process number, which stays the daemon's.
    setting = f"LISTEN_PID=$$ LISTEN_FDS={len(names)} LISTEN_FDNAMES={':'.join(names)} " if names else ""
    process = subprocess.Popen(["sh", "-c", setting + 'exec "$@"', "sh", *command], env=environment, close_fds=False, preexec_fn=prepare)
    until_ready()
    return process

daemon = start(); print("ready", flush=True)
for word in sys.stdin:
    if word == "stop\n": daemon.terminate()
    elif word == "wait\n": pass
    print("ended", daemon.wait(60), len(kept), flush=True)
    if word == "wait\n": break
    sys.stdin.readline(); daemon = start(); print("ready", flush=True)
while kept:
    message = inbox.recvmsg(4096, socket.CMSG_SPACE(16))[0].decode()
    for line in message.splitlines():
        if line.startswith("FDNAME="): kept.pop(line[7:], None)
print("forgotten", flush=True)
PY
coproc manager { exec python3 "$D/manager.py" "$D/notify" "$COFFER" mount --foreground --descriptor-store "$D/store" "$M" --key-file "$D/key" --socket "$COFFER_SOCKET" --log-file "$D/messages" 2>> "$D/errors"; }
exec 8<&"${manager[0]}" 9>&"${manager[1]}"
hears() { local said; read -r -t 60 said <&8 || fail "the manager says nothing: $(cat "$D/errors" "$D/messages")"; [[ $said == $1 ]] || fail "'$said', not '$1': $(cat "$D/errors" "$D/messages")"; }
hears ready
printf first | coffer put live/a >/dev/null; V=$M/live/a/current/value
exec 5< "$V"; first=$(field SupervisorProcessId)
# Stopped: the mount stays, and who comes waits for the next supervisor.
echo stop >&9; hears "ended 0 4"; cat "$V" > "$D/waited" & reader=$!
grep -q " $M " /proc/self/mountinfo || fail "the mount went with its supervisor"
echo start >&9; hears ready; wait $reader; [ "$(cat "$D/waited")" = first ] || fail "who waited"
[ "$(field SupervisorProcessId)" != "$first" ] && [ "$(cat <&5)" = first ] || fail "a file open through a restart"
# Everything is killed at once.
exec 5< "$V"; printf second | coffer put live/a >/dev/null
s=$(field SupervisorProcessId); p=$(field ServingProcessId); kill -STOP "$s"; kill -9 "$p" "$s"; echo killed >&9; hears "ended -9 4"
cat "$V" > "$D/waited" & reader=$!; echo start >&9; hears ready
wait $reader; [ "$(cat "$D/waited")" = second ] || fail "who waited for all of them"
[ "$(cat <&5)" = first ] || fail "a file open when all were killed"; exec 5<&-
kill_serving; [ "$(cat "$V")" = second ] || fail "a take-over after all that"
coffer audit verify >/dev/null || fail "the trail"
# Unmounted: nothing is kept.
coffer umount "$M"; echo wait >&9; hears "ended 0 *"; hears forgotten
