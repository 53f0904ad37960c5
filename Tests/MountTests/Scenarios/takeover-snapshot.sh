# A file that was open before so many versions that its own is kept no more, and before a kill, is read on as it was.
. "$(dirname "$0")/_takeover.sh"
mount_store
printf first | coffer put live/a >/dev/null; V=$M/live/a/current/value
exec 5< "$V" 6< "$V"
for n in $(seq 120); do printf '%s' "$n" > "$V"; done
[ "$(cat "$V")" = 120 ] && [ "$(versions live/a)" -lt 121 ] || fail "all versions are kept, so nothing is tried"
[ "$(cat <&6)" = first ] || fail "a file that was open, without a kill"
kill_serving
[ "$(cat <&5)" = first ] || fail "a file that was open, after a kill"
exec 5<&- 6<&-; coffer umount "$M"
