# Programs that refuse a key of somebody else's, or one that others can read: each works as an ordinary user whom the
# policy lets read, with no further setting; and so does a fixed owner and mode. In namespaces of its own: every port is
# free, and no server outlives the scenario.
[ "${COFFER_OWN_NAMESPACES:-}" = yes ] || COFFER_OWN_NAMESPACES=yes exec unshare --mount --net --pid --fork --kill-child --mount-proc bash "$0"
. "$(dirname "$0")/_common.sh"
ip link set lo up
mount -t tmpfs tmpfs /run && mkdir /run/sshd
# sshd refuses root where the account is locked, as it may be on this machine.
echo 'root:*:19000:0:99999:7:::' > "$D/shadow"; chmod 600 "$D/shadow"; mount --bind "$D/shadow" /etc/shadow
mount_store
is() { [ "$2" = "$3" ] || fail "$1: '$2', not '$3'"; }
www() { as 33 env HOME="$D/www" "$@"; }
install -d -o 33 -g 33 "$D/www"; install -d "$D/keys"
coffer allow www-data 'app/*' >/dev/null

# OpenSSH: the client's key, the agent, the server's key and its list of keys, below directories that StrictModes trusts.
ssh-keygen -q -t ed25519 -N '' -f "$D/keys/user"; ssh-keygen -q -t ed25519 -N '' -f "$D/keys/host"
coffer put app/ssh --file "$D/keys/user" >/dev/null
coffer put ssh/host --file "$D/keys/host" >/dev/null
coffer put ssh/authorized --file "$D/keys/user.pub" >/dev/null
rm "$D/keys/user" "$D/keys/host"
mount --bind "$M" /mnt
cat > "$D/sshd_config" <<END
ListenAddress 127.0.0.1:2222
HostKey $M/ssh/host/current/value
AuthorizedKeysFile /mnt/ssh/authorized/current/value
StrictModes yes
PidFile $D/sshd.pid
PermitRootLogin prohibit-password
UsePAM no
END
/usr/sbin/sshd -f "$D/sshd_config" -E "$D/sshd.log" || fail "sshd: $(cat "$D/sshd.log")"
echo "[127.0.0.1]:2222 $(cat "$D/keys/host.pub")" > "$D/known_hosts"
login() { www ssh -F none -n -i "$M/app/ssh/current/value" -p 2222 -o UserKnownHostsFile="$D/known_hosts" -o BatchMode=yes -o IdentitiesOnly=yes root@127.0.0.1 "$@"; }
is "ssh -i" "$(login echo in 2>"$D/ssh.err")" in || { cat "$D/ssh.err" "$D/sshd.log"; exit 1; }
is "ssh-add" "$(www ssh-agent -a "$D/www/agent" sh -c "ssh-add -q '$M/app/ssh/current/value' && ssh-add -L" | cut -d' ' -f1,2)" "$(cut -d' ' -f1,2 "$D/keys/user.pub")"
coffer chattr app/ssh --mode 0440 >/dev/null
refuses "UNPROTECTED PRIVATE KEY FILE" login echo in
coffer chattr app/ssh --owner root --mode 0440 >/dev/null; is "ssh -i with root's key" "$(login echo in)" in
coffer chattr ssh/authorized --mode 0666 >/dev/null; refuses "Permission denied" login echo in
grep -q 'bad ownership or modes for file' "$D/sshd.log" || fail "StrictModes said nothing: $(tail -3 "$D/sshd.log")"
coffer chattr ssh/authorized --mode 0644 >/dev/null; is "sshd with a list of keys that all may read" "$(login echo in)" in

# PostgreSQL: the server's key, as its own and as root's with a group; the client's password file.
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
uid=$(id -u postgres)
pg() { timeout 60 setpriv --reuid postgres --regid postgres --clear-groups env -C "$D/pg" LC_ALL=C "$@"; }
install -d -o postgres "$D/pg"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout "$D/keys/tls" -out "$D/cert" 2>/dev/null
coffer put pg/key --file "$D/keys/tls" >/dev/null; coffer allow postgres 'pg/*' >/dev/null
printf '127.0.0.1:5432:*:postgres:s3cret' | coffer put app/pgpass >/dev/null
printf s3cret | coffer put pg/password >/dev/null
pg "$bin/initdb" -D "$D/pg/data" -A scram-sha-256 --pwfile="$M/pg/password/current/value" -N >/dev/null
pg_start() { pg "$bin/pg_ctl" -D "$D/pg/data" -w -s -l "$D/pg/log" "$1" \
    -o "-k $D/pg -c listen_addresses=127.0.0.1 -c port=5432 -c fsync=off -c ssl=on -c ssl_cert_file=$D/cert -c ssl_key_file=$M/pg/key/current/value" >/dev/null 2>&1; }
ask() { www env PGPASSFILE="$M/app/pgpass/current/value" PGSSLROOTCERT="$D/cert" psql -w -h 127.0.0.1 -U postgres -d 'sslmode=verify-full dbname=postgres' -Atc 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'; }
pg_start start || fail "PostgreSQL with its own key: $(cat "$D/pg/log")"
is "psql with PGPASSFILE" "$(ask)" t
coffer chattr app/pgpass --mode 0440 >/dev/null; refuses "has group or world access" ask
coffer chattr app/pgpass --default >/dev/null
coffer chattr pg/key --owner root --group ssl-cert --mode 0640 >/dev/null
pg_start restart || fail "PostgreSQL with root's key: $(cat "$D/pg/log")"
is "psql again" "$(ask)" t
pg "$bin/pg_ctl" -D "$D/pg/data" -w -s -m fast stop
coffer chattr pg/key --mode 0644 >/dev/null
if pg_start start; then fail "PostgreSQL took a key that others can read: the fixed mode isn't shown"; fi
grep -q 'has group or world access' "$D/pg/log" || fail "PostgreSQL: $(cat "$D/pg/log")"

# MariaDB's client: a defaults file, refused where others could write it.
printf '[client]\nuser=app\nport=3307\n' | coffer put app/my.cnf >/dev/null
defaults() { www mariadb --defaults-file="$M/app/my.cnf/current/value" --print-defaults; }
defaults | grep -- '--user=app --port=3307' >/dev/null || fail "mariadb --defaults-file: $(defaults)"

# GnuPG: a key to import, a passphrase in a file.
export GNUPGHOME=$D/www/gnupg
www install -d -m 700 "$GNUPGHOME"
printf 'pass phrase' | coffer put app/passphrase >/dev/null
gpg() { www gpg --batch --quiet --pinentry-mode loopback --passphrase-file "$M/app/passphrase/current/value" "$@"; }
gpg --quick-generate-key tester@localhost ed25519 sign never 2>/dev/null
gpg --export-secret-keys | coffer put app/gpg >/dev/null
www gpgconf --kill all; rm -rf "$GNUPGHOME"; www install -d -m 700 "$GNUPGHOME"
gpg --import "$M/app/gpg/current/value" || fail "gpg --import"
echo text | gpg --clearsign | gpg --verify 2>/dev/null || fail "gpg signs with what it imported"
www gpgconf --kill all

# curl: a netrc file, against a server that asks for the password.
printf 'machine 127.0.0.1 login app password s3cret' | coffer put app/netrc >/dev/null
cat > "$D/server.py" <<'PY'
import base64, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        good = self.headers.get("Authorization") == "Basic " + base64.b64encode(b"app:s3cret").decode()
        self.send_response(200 if good else 401); self.end_headers(); self.wfile.write(b"in" if good else b"out")
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 8080), Handler)
print("ready", flush=True); server.serve_forever()
PY
coproc HTTP { exec python3 "$D/server.py"; }; read -r line <&"${HTTP[0]}"; is "the HTTP server" "$line" ready
is "curl --netrc-file" "$(www curl -sS --netrc-file "$M/app/netrc/current/value" http://127.0.0.1:8080/)" in

# TLS keys: nginx reads one as root, Python and Java as whoever runs them.
coffer put app/tls --file <(cat "$D/keys/tls" "$D/cert") >/dev/null
printf 'pid %s; error_log %s; events {}\nhttp { access_log off; server { listen 127.0.0.1:8443 ssl; ssl_certificate %s; ssl_certificate_key %s; return 200 in; } }\n' \
    "$D/nginx.pid" "$D/nginx.log" "$D/cert" "$M/app/tls/current/value" > "$D/nginx.conf"
/usr/sbin/nginx -p "$D" -e "$D/nginx.log" -c "$D/nginx.conf" || fail "nginx: $(cat "$D/nginx.log")"
openssl s_client -connect 127.0.0.1:8443 -CAfile "$D/cert" -verify_return_error -verify_ip 127.0.0.1 </dev/null >"$D/s_client" 2>&1 || fail "the handshake: $(cat "$D/s_client")"
is "over TLS" "$(www curl -sS --cacert "$D/cert" https://127.0.0.1:8443/)" in
www python3 -c 'import ssl,sys; ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(sys.argv[1])' "$M/app/tls/current/value" || fail "Python's ssl"
openssl pkcs12 -export -inkey "$D/keys/tls" -in "$D/cert" -name web -passout pass:changeit | coffer put app/keystore >/dev/null
www keytool -list -storetype PKCS12 -keystore "$M/app/keystore/current/value" -storepass changeit | grep '^web, .*PrivateKeyEntry' >/dev/null || fail keytool

# All of this is in the trail.
for user in 0 33 "$uid"; do coffer audit log --json --uid "$user" --limit 2000 | grep '"eventName":"GetSecretValue"' >/dev/null || fail "UID $user read nothing"; done
coffer audit verify >/dev/null
