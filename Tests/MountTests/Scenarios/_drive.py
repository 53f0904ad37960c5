"""Runs a full-screen program on a terminal of its own: waits for what it shows, then types.

_drive.py 'wanted' 'typed' ['wanted' 'typed' ...] -- program argument ...
What is wanted and typed is text with Python's escapes. Exits as the program does; 99 where something never showed.
"""
import os, pty, select, sys, time

split = sys.argv.index("--")
words = [word.encode().decode("unicode_escape").encode("latin-1") for word in sys.argv[1:split]]
steps = list(zip(words[::2], words[1::2]))
child, terminal = pty.fork()
if child == 0:
    os.environ.update(TERM="xterm", COLUMNS="80", LINES="24")
    os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
shown = b""
# The limit is for what hangs.
end = time.monotonic() + 50
status = None
for wanted, typed in steps:
    while wanted not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        try:
            more = os.read(terminal, 65536) if ready else b""
        except OSError:
            more = b""
        if not more:
            sys.stderr.write("never showed %r: %r\n" % (wanted, shown[-2000:]))
            os.kill(child, 9)
            sys.exit(99)
        shown += more
    shown = b""
    os.write(terminal, typed)
while True:
    try:
        more = os.read(terminal, 65536)
    except OSError:
        break
    if not more:
        break
    shown += more
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
if status:
    sys.stderr.write("%r ended with %d: %r\n" % (sys.argv[split + 1], status, shown[-2000:]))
sys.exit(status if status >= 0 else 98)
