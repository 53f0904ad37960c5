import Foundation
import SecretStore

/// A directory for one test's stores, removed with everything in it at the end.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = "/tmp/coffer-store-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Where a test's store goes.
    var store: String { path + "/store" }
}

/// A small file system of one test's own, which can be full or read-only. Needs root.
final class TemporaryFileSystem: Sendable {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try run("/bin/mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", directory.path)
    }

    deinit {
        try? run("/bin/umount", "--lazy", directory.path)
    }

    /// Where it is mounted.
    var path: String { directory.path }
    /// Where a test's store goes.
    var store: String { directory.store }
}

extension Transaction {
    /// One record put and one value put, the shape of most commits.
    static func version(_ number: UInt64, revision: UInt64 = 0, byte: UInt8 = 7) -> Transaction {
        var transaction = Transaction()
        transaction.put(
            RecordID(.secret, number), expecting: revision, body: [UInt8](repeating: byte, count: 400))
        transaction.putValue(
            ValueID(secret: UInt32(number), version: UInt32(revision + 1)),
            body: [UInt8](repeating: byte, count: 104))
        return transaction
    }
}
