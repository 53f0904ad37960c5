# As on a kernel before 6.9, which can't send again what a killed process had read: another process takes over all the same, the
# calls under way hear EIO at once, nobody hangs, and what a close confirmed is kept. An upgrade loses nothing.
. "$(dirname "$0")/_common.sh"
kills=${COFFER_TAKEOVER_KILLS:-30}; seed=${COFFER_TAKEOVER_SEED:-$RANDOM}
takeover() { timeout "${COFFER_TAKEOVER_LIMIT:-250}" python3 "$(dirname "$0")/_takeover.py" "$M" "$COFFER" "$D/store.audit/audit.log" "$@" || fail "take-over, seed $seed; the log: $(tail -5 "$D/store.audit/coffer.log")"; }
field() { coffer status --json 2>/dev/null | sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }
log() { grep -q "can't send them again" "$D/store.audit/coffer.log"; }
# There it is left to the kernel to refuse.
old=(--without-resend); if older 6.9; then old=(); fi
mount_store "${old[@]}"
takeover 0 5 "$seed"; ! log || fail "an upgrade failed calls"
coffer umount "$M"; rm -rf "$D/store" "$D/store.audit"; coffer init "$D/store" --key-file "$D/key" >/dev/null
mount_store "${old[@]}"
# What was open is read on, a draft is lost as ever, and nobody was waiting.
printf first | coffer put live/a >/dev/null; V=$M/live/a/current/value; exec 5< "$V" 6> "$V"
p=$(field ServingProcessId); kill -9 "$p"
[ "$(cat <&5)" = first ] && [ "$(cat "$V")" = first ] || fail "after a kill"
! (printf x >&6) 2>/dev/null || fail "a draft that was lost takes writes"; exec 5<&- 6>&-
! log || fail "nobody was waiting"
# The process stands still with calls that it has read, as under a debugger: their callers hear of it when it is ended.
while :; do
    for n in 1 2 3 4; do timeout 60 sh -c 'while cat "$1" >/dev/null; do :; done' sh "$V" 2>>"$D/heard" & readers="${readers:-} $!"; done
    p=$(field ServingProcessId); kill -STOP "$p"; until [ "$(field ServingProcessId)" != "$p" ]; do :; done
    if log; then break; fi; kill $readers; readers=
done
for reader in $readers; do kill "$reader" 2>/dev/null || true; done
! grep -v "Input/output error" "$D/heard" || fail "another error than EIO"
coffer umount "$M"; rm -rf "$D/store" "$D/store.audit"; coffer init "$D/store" --key-file "$D/key" >/dev/null
mount_store "${old[@]}"
takeover "$kills" 5 "$seed" without-resend
coffer umount "$M"
