# A debugger holds a process of the mount: the one that serves is ended, and calls go on although the debugger keeps what is left
# of it; the supervisor or the standby held keep nobody waiting either.
. "$(dirname "$0")/_stalling.sh"
exec 8<>/dev/null
at_end() { exec 8>&-; kill -9 $(jobs -p) 2>/dev/null || true; }
mount_store --deadline 2
printf two | coffer put live/a >/dev/null; V=$M/live/a/current/value
role() { local pid; case $1 in serving) field ServingProcessId ;; supervisor) field SupervisorProcessId ;; standby)
    for pid in $(pgrep -P "$(field SupervisorProcessId)"); do [ "$pid" = "$(field ServingProcessId)" ] || echo "$pid"; done ;; esac; }
# It has said what it had to say, and waits for its turn.
has_standby() { local pid; pid=$(role standby) && [ "$(wc -w <<< "$pid")" = 1 ] && grep -q "recv\|skb" "/proc/$pid/wchan"; }
is_held() { grep -q '^State:.t ' "/proc/$1/status"; }
# At its prompt, as a person has it who thinks.
hold() { rm -f "$D/prompt"; mkfifo "$D/prompt"; gdb -q -nx -p "$1" < "$D/prompt" > "$D/gdb" 2>&1 8>&- & debugger=$!; exec 8> "$D/prompt"; soon "gdb holds $1" is_held "$1"; }
leave() { kill -0 $debugger || fail "gdb has ended: $(cat "$D/gdb")"; exec 8>&-; wait $debugger || true; }
goes_on() { within 12 cat "$V" && [ "$answer" = two ] || fail "a read while $1 is held: $answer"
    within 12 ls "$M/live" && [ "$answer" = a ] || fail "ls while $1 is held: $answer"
    within 12 "$COFFER" status || fail "coffer status while $1 is held: $answer"; }
soon "there is a standby" has_standby
p=$(role supervisor); hold "$p"; goes_on "the supervisor"; leave; kill_serving; goes_on "nobody"
soon "there is a standby" has_standby
p=$(role standby); hold "$p"; goes_on "the standby"; kill -9 "$(role serving)"; goes_on "the standby, and the one that served is killed,"; leave
soon "there is a standby" has_standby
exec 5< "$V"; p=$(role serving); hold "$p"; goes_on "the process that serves"
[ "$(role serving)" != "$p" ] || fail "it still serves"
[ "$(cat <&5)" = two ] || fail "a file that was open before"
printf three | coffer put live/a >/dev/null; [ "$(cat "$V")" = three ] || fail "a new version"
leave; [ "$(cat "$V")" = three ] || fail "after the debugger"
exec 5<&-; coffer audit verify >/dev/null; coffer umount "$M"
