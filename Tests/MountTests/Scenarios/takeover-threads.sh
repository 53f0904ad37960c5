# Kills and upgrades as in takeover.sh, where four threads answer the kernel.
. "$(dirname "$0")/_takeover.sh"
seed=${COFFER_TAKEOVER_SEED:-$RANDOM}
mount_store --threads 4
timeout 250 python3 "$(dirname "$0")/_takeover.py" "$M" "$COFFER" "$D/store.audit/audit.log" "${COFFER_TAKEOVER_KILLS:-30}" 5 "$seed" || fail "four threads, seed $seed; the log: $(tail -5 "$D/store.audit/coffer.log")"
coffer umount "$M"
