import Foundation
import Fuse

/// A real process that makes real system calls: see Agent.py.
final class AgentProgram: Program {
    let pid: Int32
    private let connection: LineConnection

    init(pid: Int32, socketName: String) throws {
        self.pid = pid
        connection = try LineConnection(abstract: socketName)
    }

    /// Has one call made; throws its errno.
    private func call(_ name: String, _ arguments: [String: Any] = [:]) throws -> Any? {
        var command = arguments
        command["call"] = name
        try connection.send(JSONSerialization.data(withJSONObject: command))
        let line = try connection.receive()
        guard let answer = try JSONSerialization.jsonObject(with: line) as? [String: Any] else {
            throw AgentFailure(what: "said \(String(decoding: line, as: UTF8.self))")
        }
        if let code = answer["e"] as? Int { throw Errno(rawValue: Int32(code)) }
        return answer["r"]
    }

    private func number(_ answer: Any?) throws -> Int {
        guard let number = answer as? NSNumber else { throw AgentFailure(what: "gave no number") }
        return number.intValue
    }

    private func data(_ answer: Any?) throws -> [UInt8] {
        guard let text = answer as? String, let data = Data(base64Encoded: text) else {
            throw AgentFailure(what: "gave no bytes")
        }
        return Array(data)
    }

    private func status(_ answer: Any?) throws -> Status {
        guard let fields = answer as? [NSNumber], fields.count == 8 else {
            throw AgentFailure(what: "gave no status")
        }
        return Status(
            inode: fields[0].uint64Value, mode: fields[1].uint32Value, links: fields[2].intValue,
            uid: fields[3].uint32Value, gid: fields[4].uint32Value, size: fields[5].intValue,
            modified: fields[6].intValue, changed: fields[7].intValue)
    }

    private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    func open(_ path: String, _ flags: Int32, mode: UInt32) throws -> Int32 {
        Int32(try number(call("open", ["path": path, "flags": flags, "mode": mode])))
    }
    func close(_ file: Int32) throws { _ = try call("close", ["fd": file]) }
    func read(_ file: Int32, _ size: Int) throws -> [UInt8] {
        try data(call("read", ["fd": file, "size": size]))
    }
    func pread(_ file: Int32, _ size: Int, at offset: Int) throws -> [UInt8] {
        try data(call("pread", ["fd": file, "size": size, "at": offset]))
    }
    func write(_ file: Int32, _ bytes: [UInt8]) throws -> Int {
        try number(call("write", ["fd": file, "data": base64(bytes)]))
    }
    func pwrite(_ file: Int32, _ bytes: [UInt8], at offset: Int) throws -> Int {
        try number(call("pwrite", ["fd": file, "data": base64(bytes), "at": offset]))
    }
    func lseek(_ file: Int32, _ offset: Int, _ whence: Int32) throws -> Int {
        try number(call("lseek", ["fd": file, "at": offset, "whence": whence]))
    }
    func dup(_ file: Int32) throws -> Int32 { Int32(try number(call("dup", ["fd": file]))) }
    func fsync(_ file: Int32) throws { _ = try call("fsync", ["fd": file]) }
    func truncate(_ path: String, _ size: Int) throws {
        _ = try call("truncate", ["path": path, "size": size])
    }
    func ftruncate(_ file: Int32, _ size: Int) throws {
        _ = try call("ftruncate", ["fd": file, "size": size])
    }
    func stat(_ path: String) throws -> Status { try status(call("stat", ["path": path])) }
    func fstat(_ file: Int32) throws -> Status { try status(call("fstat", ["fd": file])) }
    func getdents(_ file: Int32, size: Int) throws -> [DirectoryName] {
        guard let rows = try call("getdents", ["fd": file, "size": size]) as? [[Any]] else {
            throw AgentFailure(what: "gave no names")
        }
        return try rows.map { row in
            guard row.count == 4, let name = row[0] as? String, let inode = row[1] as? NSNumber,
                let kind = row[2] as? NSNumber, let next = row[3] as? NSNumber
            else { throw AgentFailure(what: "gave a strange name") }
            return DirectoryName(
                name: name, inode: inode.uint64Value, kind: kind.uint8Value, next: next.intValue)
        }
    }
    func mkdir(_ path: String, mode: UInt32) throws { _ = try call("mkdir", ["path": path, "mode": mode]) }
    func rmdir(_ path: String) throws { _ = try call("rmdir", ["path": path]) }
    func unlink(_ path: String) throws { _ = try call("unlink", ["path": path]) }
    func rename(_ path: String, to newPath: String, flags: UInt32) throws {
        _ = try call("rename", ["path": path, "to": newPath, "flags": flags])
    }
    func link(_ path: String, to newPath: String) throws {
        _ = try call("link", ["path": path, "to": newPath])
    }
    func symlink(_ path: String, to target: String) throws {
        _ = try call("symlink", ["path": path, "to": target])
    }
    func mknod(_ path: String, mode: UInt32, device: UInt32) throws {
        _ = try call("mknod", ["path": path, "mode": mode, "device": device])
    }
    func chmod(_ path: String, _ mode: UInt32) throws { _ = try call("chmod", ["path": path, "mode": mode]) }
    func chown(_ path: String, uid: UInt32, gid: UInt32) throws {
        _ = try call("chown", ["path": path, "uid": uid, "gid": gid])
    }
    func utimens(_ path: String, _ time: Int) throws {
        _ = try call("utimens", ["path": path, "time": time])
    }
    func access(_ path: String, _ mode: Int32) throws {
        _ = try call("access", ["path": path, "mode": mode])
    }
    func setxattr(_ path: String, _ name: String, _ value: [UInt8], flags: Int32) throws {
        _ = try call("setxattr", ["path": path, "name": name, "data": base64(value), "flags": flags])
    }
    func getxattr(_ path: String, _ name: String) throws -> [UInt8] {
        try data(call("getxattr", ["path": path, "name": name]))
    }
    func listxattr(_ path: String) throws -> [String] {
        try call("listxattr", ["path": path]) as? [String] ?? []
    }
    func removexattr(_ path: String, _ name: String) throws {
        _ = try call("removexattr", ["path": path, "name": name])
    }
    func nameLimit(_ path: String) throws -> Int { try number(call("nameLimit", ["path": path])) }
    func fork() throws -> any Program { try forkAgent() }

    func forkAgent() throws -> AgentProgram {
        guard let made = try call("fork") as? [Any], made.count == 2, let pid = made[0] as? NSNumber,
            let name = made[1] as? String
        else { throw AgentFailure(what: "made no child") }
        return try AgentProgram(pid: pid.int32Value, socketName: name)
    }

    func exit() throws {
        _ = try call("exit")
        connection.close()
    }
}

/// The process that makes the others.
final class AgentParent {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Agent.py")
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(root: String) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", Self.script.path, root]
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func makeProgram(uid: UInt32, gid: UInt32, groups: [UInt32]) throws -> AgentProgram {
        let user: [String: Any] = ["uid": uid, "gid": gid, "groups": groups]
        try input.fileHandleForWriting.write(
            contentsOf: JSONSerialization.data(withJSONObject: user) + Data("\n".utf8))
        let line = try LineConnection.line(from: output.fileHandleForReading.fileDescriptor)
        guard let made = try JSONSerialization.jsonObject(with: line) as? [Any], made.count == 2,
            let pid = made[0] as? NSNumber, let name = made[1] as? String
        else { throw AgentFailure(what: "made no process") }
        return try AgentProgram(pid: pid.int32Value, socketName: name)
    }

    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

/// A process of the tests' own did not do what it was told.
struct AgentFailure: Error {
    var what: String
}
