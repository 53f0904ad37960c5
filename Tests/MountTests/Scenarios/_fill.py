"""Makes secrets by the control socket, on several connections: SOCKET PREFIX COUNT."""
import http.client, json, socket, sys, threading

path, prefix, count = sys.argv[1], sys.argv[2], int(sys.argv[3])

class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)

def make(part):
    connection = Connection("localhost")
    for i in range(part, count, 4):
        body = json.dumps({"Name": f"{prefix}{i:06d}", "SecretString": f"value {i}"})
        connection.request("POST", "/", body, {"X-Amz-Target": "secretsmanager.CreateSecret", "Content-Type": "application/x-amz-json-1.1"})
        answer = connection.getresponse(); text = answer.read()
        assert answer.status == 200, text

threads = [threading.Thread(target=make, args=(part,)) for part in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
