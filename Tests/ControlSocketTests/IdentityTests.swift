import CofferCore
import ControlSocket
import Foundation
import Glibc
import SecretMemory
import Testing

/// These run programs as other users, so the suite must run as root.
@Suite("Who asks")
struct IdentityTests {
    private static let whoami: @Sendable (consuming ControlRequest) -> ControlResponse = { request in
        let caller = request.caller
        let groups = (caller.groups ?? [UInt32.max]).map(String.init).joined(separator: ",")
        return ControlResponse(
            body: SecretBytes("\(caller.uid) \(caller.gid) \(caller.pid) [\(groups)] \(caller.door)"))
    }

    @Test("The caller is this process where it calls itself")
    func ourselves() throws {
        let fixture = try Fixture(handler: Self.whoami)
        var groups = [gid_t](repeating: 0, count: 1024)
        groups.removeLast(1024 - Int(unsafe getgroups(1024, &groups)))
        let list = groups.map(String.init).joined(separator: ",")
        #expect(
            try fixture.client.call(target: "t", body: SecretBytes("")).body.text
                == "\(geteuid()) \(getegid()) \(getpid()) [\(list)] socket")
    }

    @Test(
        "Another user's number, process and supplementary groups are the kernel's",
        arguments: ["", "20,27,4242"])
    func anotherUser(groups: String) throws {
        try #require(geteuid() == 0, "run the tests as root: they act as other users")
        let fixture = try Fixture(handler: Self.whoami)
        let asked = try Command(
            (groups.isEmpty
                ? ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
                : Command.asUser(65534, groups: groups)) + Command.curl(fixture.path) + ["--data", "{}"])
        #expect(asked.status == 0)
        #expect(asked.output == "65534 65534 \(asked.pid) [\(groups)] socket")
    }

    @Test("Headers that claim to be somebody change nothing")
    func claims() throws {
        let fixture = try Fixture(handler: Self.whoami)
        let asked = try Command(
            Command.asUser(65534, groups: "20") + Command.curl(fixture.path)
                + [
                    "--data", #"{"uid":0}"#, "-H", "X-Uid: 0", "-H", "Authorization: root", "-H",
                    "X-Forwarded-For: 0",
                ])
        #expect(asked.output.hasPrefix("65534 65534 "))
    }

    @Test("A body that curl sends in chunks arrives whole")
    func chunked() throws {
        let fixture = try Fixture()
        let file = fixture.directory.file("body")
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        let output = fixture.directory.file("reply")
        let asked = try Command(
            Command.curl(fixture.path)
                + ["-H", "Transfer-Encoding: chunked", "--data-binary", "@\(file)", "--output", output])
        #expect(asked.status == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == Data(bytes))
    }

    @Test(
        "The socket's mode is what was asked for, and decides who can connect",
        arguments: [0o600, 0o666] as [UInt16])
    func permissions(mode: UInt16) throws {
        try #require(geteuid() == 0, "run the tests as root: they act as other users")
        let fixture = try Fixture(permissions: mode)
        var status = stat()
        unsafe lstat(fixture.path, &status)
        #expect(status.st_mode & 0o7777 == mode_t(mode))
        let asked = try Command(
            Command.asUser(65534, groups: "20") + Command.curl(fixture.path) + ["--data", "{}"])
        // 7: curl could not connect.
        #expect(asked.status == (mode == 0o600 ? 7 : 0))
    }
}
