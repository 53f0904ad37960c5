import Foundation
import KeyService
import SecretMemory
import Testing

@Suite("Key files")
struct KeyFileTests {
    let directory: TemporaryDirectory
    let path: String
    let header: [UInt8]
    let keys: [EmbeddedKeyService.StoredKey]

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("key")
        try EmbeddedKeyService.makeKeyFile(at: path)
        (_, header, keys) = try EmbeddedKeyService.create(protector: .keyFile(path: path))
    }

    func unlock(_ path: String) throws {
        _ = try EmbeddedKeyService(unlocking: header, keys: keys, with: .keyFile(path: path))
    }

    func write(_ bytes: some Sequence<UInt8>) throws -> String {
        let path = directory.file("other")
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    func reason(_ path: String) -> String? {
        guard case .wrongKeyFile(path, let reason) = failure({ try unlock(path) }) else { return nil }
        return reason
    }

    @Test("A store made with a key file is unlocked by it, and by a copy with white space at the end")
    func unlocks() throws {
        try unlock(path)
        try unlock(try write(try Data(contentsOf: URL(fileURLWithPath: path)) + Array("\r\n \n".utf8)))
    }

    @Test("A key file is 0600, and one that is there already is left alone")
    func making() throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? Int) == 0o600)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(before.count == 116)
        let error = failure { try EmbeddedKeyService.makeKeyFile(at: path) }
        #expect(error == .keyFileUnwritable(path: path, code: EEXIST))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        let lost = directory.file("nowhere/key")
        #expect(
            failure { try EmbeddedKeyService.makeKeyFile(at: lost) }
                == .keyFileUnwritable(path: lost, code: ENOENT))
    }

    @Test("Two key files are not the same")
    func random() throws {
        let second = directory.file("second")
        try EmbeddedKeyService.makeKeyFile(at: second)
        let contents = try [path, second].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        #expect(contents[0] != contents[1])
    }

    @Test("The key file of another store is told as such")
    func otherStore() throws {
        let other = directory.file("second")
        try EmbeddedKeyService.makeKeyFile(at: other)
        _ = try EmbeddedKeyService.create(protector: .keyFile(path: other))
        #expect(reason(other) == "it is a whole key file, but of another store")
    }

    @Test("An empty, a foreign and a large file are refused with the reason")
    func foreign() throws {
        #expect(reason(try write([])) == "it is empty")
        #expect(reason(try write(Array("-----BEGIN KEY-----".utf8))) == "it is no key file of Coffer's")
        #expect(reason(try write([UInt8](repeating: 7, count: 5000))) == "it is no key file of Coffer's")
    }

    @Test("A key file cut short at any byte is refused as cut short")
    func truncated() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        for count in 1..<115 {
            #expect(
                reason(try write(whole.prefix(count))) == "it is cut short; use a copy of it that is whole")
        }
    }

    @Test("A changed byte anywhere in a key file is found out")
    func changed() throws {
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        for index in 0..<115 {
            bytes[index] ^= 0x01
            #expect(reason(try write(bytes)) != nil, "byte \(index)")
            bytes[index] ^= 0x01
        }
    }

    @Test("A directory and a missing file are told with their errno")
    func unreadable() {
        #expect(
            failure { try unlock(directory.path) } == .keyFileUnreadable(path: directory.path, code: EISDIR))
        let missing = directory.file("missing")
        #expect(failure { try unlock(missing) } == .keyFileUnreadable(path: missing, code: ENOENT))
    }

    @Test("A damaged slot is told from a wrong key file")
    func damagedSlot() throws {
        var bytes = header
        // The last byte of the wrapped root key; the keyed hash and the checksum come after it.
        bytes[bytes.count - 49] ^= 1
        let body = Array(bytes.dropLast(16))
        let forged = body + Hash.hash(body, byteCount: 16)
        let error = failure {
            _ = try EmbeddedKeyService(unlocking: forged, keys: keys, with: .keyFile(path: path))
        }
        #expect(error == .slotDamaged(slot: 1))
    }

    @Test("A passphrase slot and a key file slot live in one header")
    func mixed() throws {
        let service = try EmbeddedKeyService(unlocking: header, keys: keys, with: .keyFile(path: path))
        let both = try service.header(
            header, adding: try Fixture.protector("word"), passphraseCost: Fixture.cheap)
        for attempt in 0..<2 {
            let protector = attempt == 0 ? try Fixture.protector("word") : .keyFile(path: path)
            let again = try EmbeddedKeyService(unlocking: both, keys: keys, with: protector)
            #expect(again.storeID == service.storeID)
        }
    }

    @Test("Every error about key files names the file and says what to do")
    func messages() {
        let errors: [KeyServiceError] = [
            .wrongKeyFile(path: "/k", reason: "it is empty"), .keyFileUnreadable(path: "/k", code: EACCES),
            .keyFileUnwritable(path: "/k", code: EEXIST), .keyFileUnwritable(path: "/k", code: ENOSPC),
        ]
        for error in errors { #expect(error.message.contains("/k")) }
        #expect(errors[1].message.contains("Permission denied"))
    }
}
