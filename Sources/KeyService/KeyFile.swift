import CofferCore
import Glibc
import SecretMemory

/// A key file that was read: the two keys derived from its 32 bytes. docs/store-format.md, "Key file".
///
/// Shape, all text so that it can be printed and typed in again: `coffer-key-file-1 ` ‖ 64 hexadecimal digits of key
/// ‖ space ‖ 32 of checksum (BLAKE2b of the key) ‖ newline. It belongs to no store until a slot is made with it.
struct KeyFile: ~Copyable {
    private static let magic = Array("coffer-key-file-1 ".utf8)
    private static let checksumByteCount = 16
    private static let keyStart = magic.count
    private static let checksumStart = keyStart + 2 * SymmetricKey.byteCount + 1
    private static let byteCount = checksumStart + 2 * checksumByteCount
    /// More than any key file with whatever white space an editor leaves.
    private static let readLimit = 1024
    private static let context: StaticString = "CofferKF"

    /// Wraps the root key.
    let wrapping: SymmetricKey
    /// Tells slots of this file from others'.
    private let checking: SymmetricKey

    /// Reads and checks the file. Throws `keyFileUnreadable`, `wrongKeyFile`, `outOfMemory`.
    init(reading path: String) throws(KeyServiceError) {
        let text = try Self.read(path)
        let key = try text.withBytes { (text) throws(KeyServiceError) in try Self.parse(text, path: path) }
        // Derived before any is stored: a noncopyable value can't be left half made.
        let wrapping = try Self.derive(1, from: key)
        let checking = try Self.derive(2, from: key)
        self.wrapping = wrapping
        self.checking = checking
    }

    private static func derive(
        _ subkey: UInt64, from key: borrowing SymmetricKey
    ) throws(KeyServiceError) -> SymmetricKey {
        do {
            return try key.derive(subkey: subkey, context: context)
        } catch { throw KeyServiceError(error, what: "the key file") }
    }

    /// The 16 bytes that stand in the slot of a store that this file opens.
    borrowing func check(store: StoreID, slot: UInt32) -> [UInt8] {
        let message = SlotBinding(store: store.words, slot: slot, type: .keyFile)
            .bytes(.keyFileCheck, parameters: [])
        return KeyedHash.hash(message, key: checking, byteCount: 16)
    }

    private static func read(_ path: String) throws(KeyServiceError) -> SecretBytes {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .keyFileUnreadable(path: path, code: errno) }
        defer { close(descriptor) }
        do {
            return try SecretBytes(reading: descriptor, limit: readLimit)
        } catch {
            switch error {
            case .readFailed(let code): throw .keyFileUnreadable(path: path, code: code)
            case .tooLong: throw .wrongKeyFile(path: path, reason: "it is no key file of Coffer's")
            default: throw KeyServiceError(error, what: "the key file")
            }
        }
    }

    private static func parse(_ text: Span<UInt8>, path: String) throws(KeyServiceError) -> SymmetricKey {
        guard !text.isEmpty else { throw .wrongKeyFile(path: path, reason: "it is empty") }
        for index in 0..<min(text.count, magic.count) where text[index] != magic[index] {
            throw .wrongKeyFile(path: path, reason: "it is no key file of Coffer's")
        }
        var length = text.count
        while length > 0, isWhiteSpace(text[length - 1]) { length -= 1 }
        guard length >= byteCount else {
            throw .wrongKeyFile(path: path, reason: "it is cut short; use a copy of it that is whole")
        }
        guard length == byteCount, text[checksumStart - 1] == UInt8(ascii: " ") else { throw changed(path) }
        let key = try translating("the key file") { () throws(SecretMemoryError) in
            try SecretBytes(zeroedCount: SymmetricKey.byteCount)
        }
        return try decode(text, into: key, path: path)
    }

    private static func decode(
        _ text: Span<UInt8>, into empty: consuming SecretBytes, path: String
    ) throws(KeyServiceError) -> SymmetricKey {
        var key = empty
        try key.withMutableBytes { (key) throws(KeyServiceError) in
            for index in 0..<SymmetricKey.byteCount {
                guard let byte = hexByte(text, at: keyStart + 2 * index) else { throw changed(path) }
                key[index] = byte
            }
        }
        let checksum = key.withBytes { Hash.hash($0, byteCount: checksumByteCount) }
        for index in 0..<checksumByteCount
        where hexByte(text, at: checksumStart + 2 * index) != checksum[index] {
            throw changed(path)
        }
        do { return try SymmetricKey(copying: key) } catch {
            throw KeyServiceError(error, what: "the key file")
        }
    }

    private static func changed(_ path: String) -> KeyServiceError {
        .wrongKeyFile(path: path, reason: "it was changed or mistyped; use a copy of it that is whole")
    }

    private static func hexByte(_ text: Span<UInt8>, at offset: Int) -> UInt8? {
        guard let high = hexValue(text[offset]), let low = hexValue(text[offset + 1]) else { return nil }
        return high << 4 | low
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: " ")
    }

    // MARK: Making

    /// The text of a new key file, in guarded memory.
    private static func newText() throws(SecretMemoryError) -> SecretBytes {
        let key = try SecretBytes.random(count: SymmetricKey.byteCount)
        var text = try SecretBytes(capacity: byteCount + 1)
        try text.append(magic.span)
        try key.withBytes { (key) throws(SecretMemoryError) in
            for index in key.indices {
                try text.append(hexDigit(key[index] >> 4))
                try text.append(hexDigit(key[index] & 0x0f))
            }
        }
        try text.append(UInt8(ascii: " "))
        for byte in key.withBytes({ Hash.hash($0, byteCount: checksumByteCount) }) {
            try text.append(hexDigit(byte >> 4))
            try text.append(hexDigit(byte & 0x0f))
        }
        try text.append(UInt8(ascii: "\n"))
        return text
    }

    /// Makes a file that did not exist, mode 0600, on disk when this returns; leaves none behind when it fails.
    static func make(at path: String) throws(KeyServiceError) {
        let text = try translating("the key file") { () throws(SecretMemoryError) in try newText() }
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .keyFileUnwritable(path: path, code: errno) }
        var failure: Int32 = 0
        do {
            try text.writeAll(to: descriptor)
            if fsync(descriptor) != 0 { failure = errno }
        } catch {
            failure = if case .writeFailed(let code) = error { code } else { EIO }
        }
        if close(descriptor) != 0, failure == 0 { failure = errno }
        if failure == 0 { failure = syncDirectory(of: path) }
        guard failure == 0 else {
            unsafe unlink(path)
            throw .keyFileUnwritable(path: path, code: failure)
        }
    }

    /// Puts the new name on disk: losing the only key file in a power cut would lose the store. 0 or an errno.
    private static func syncDirectory(of path: String) -> Int32 {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? 0 : errno
    }
}
