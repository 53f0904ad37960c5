# Programs that read keys and certificates in ways of their own, as a user whom a policy lets read.
. "$(dirname "$0")/_common.sh"
mount_store
coffer allow uid:10001 'k/*' >/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -keyout "$D/key.pem" -out "$D/cert.pem" 2>/dev/null
openssl pkcs12 -export -in "$D/cert.pem" -inkey "$D/key.pem" -passout pass:changeit -name mine -out "$D/store.p12"
for name in key.pem cert.pem store.p12; do coffer put "k/$name" --file "$D/$name" >/dev/null; done
key=$M/k/key.pem/current/value; cert=$M/k/cert.pem/current/value; store=$M/k/store.p12/current/value
run() { as 10001 "$@" || fail "$*"; }
[ "$(run openssl pkey -in "$key" -noout -check)" = "Key is valid" ] || fail "openssl"
[[ $(run keytool -list -keystore "$store" -storepass changeit 2>&1) == *"mine"* ]] || fail keytool
run python3 - "$cert" "$key" <<'PY'
import ssl, sys
ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(sys.argv[1], sys.argv[2])
assert ssl.create_default_context(cafile=sys.argv[1]).get_ca_certs()
PY
# By a map, as java.nio does: shared, and for reading only.
if command -v javac >/dev/null; then
    cat > "$D/Map.java" <<'JAVA'
import java.nio.channels.FileChannel;
import java.nio.file.*;
public class Map {
    public static void main(String[] names) throws Exception {
        Path path = Path.of(names[0]);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            byte[] mapped = new byte[(int) file.size()];
            file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()).get(mapped);
            if (!java.util.Arrays.equals(mapped, Files.readAllBytes(path))) throw new Error("other bytes");
        }
    }
}
JAVA
    chmod 644 "$D/Map.java"; as 10001 env HOME=/nonexistent java -Xint "$D/Map.java" "$store" || fail "java.nio"
fi
# What find asks: times, sizes and rights.
touch -d '1 hour ago' "$D/before"; touch -d '1 hour' "$D/after"
[ "$(run find "$M/k" -path '*current/value' -newer "$D/before" | wc -l)" = 3 ] || fail "find -newer"
[ -z "$(run find "$M/k" -type f -newer "$D/after")" ] || fail "find -newer"
[ "$(run find "$M/k" -name value -path '*current*' -readable ! -executable ! -writable -user 10001 -links 1 | wc -l)" = 3 ] || fail "find -readable"
[ "$(run stat -c '%s %a %h' "$store")" = "$(stat -c %s "$D/store.p12") 400 1" ] || fail stat
# What may be read is answered by who asks, to each user otherwise.
coffer allow uid:10002 'k/*' --action DescribeSecret >/dev/null
run test -r "$key"; ! as 10002 test -r "$key" || fail "test -r by who may only see"; ! as 10003 test -e "$key" || fail "test -e by a stranger"
! as 10001 test -w "$key" || fail "test -w"; ! as 10001 test -x "$key" || fail "test -x"
# Copies, by each way a tool has, are what was copied.
install -d -o 10001 "$D/out"
for tool in "cp --sparse=always" "cp --sparse=never --reflink=auto" "cp -p" "rsync -t --whole-file" "install -m 600" "dd status=none bs=1000 conv=sparse"; do
    case $tool in dd*) run $tool if="$store" of="$D/out/copy" ;; *) run $tool "$store" "$D/out/copy" ;; esac
    cmp "$D/out/copy" "$D/store.p12" || fail "$tool"; rm -f "$D/out/copy"
done
run sh -c "cd '$M/k' && tar -cSf - */current/value" | tar -C "$D/out" -xf - && cmp "$D/out/key.pem/current/value" "$D/key.pem" || fail "tar -S"
