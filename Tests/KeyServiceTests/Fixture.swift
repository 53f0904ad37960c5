import Foundation
import KeyService
import SecretMemory

/// A new store's keys, and what was stored of them.
struct Fixture {
    let service: EmbeddedKeyService
    let header: [UInt8]
    let keys: [EmbeddedKeyService.StoredKey]
    let defaultKey: KeyID

    static let passphrase = "correct horse battery staple"
    /// The cheapest that libsodium takes: what a guess costs is not under test.
    static let cheap = PassphraseHash(opsLimit: 1, memLimitBytes: 8192)

    init() throws {
        let made = try EmbeddedKeyService.create(
            protector: try Self.protector(), passphraseCost: Self.cheap)
        service = made.service
        header = made.header
        keys = made.keys
        defaultKey = made.service.defaultKeyID
    }

    static func protector(_ passphrase: String = passphrase) throws -> Protector {
        .passphrase(try SecretBytes(copying: Array(passphrase.utf8).span))
    }

    /// A second service from what was stored.
    func unlockAgain() throws -> EmbeddedKeyService {
        try EmbeddedKeyService(unlocking: header, keys: keys, with: try Self.protector())
    }
}

let someContext = ValueContext(secret: 7, version: 3)

/// Bytes that differ from place to place and from segment to segment, so that a shifted read shows.
func pattern(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
        bytes.append(contentsOf: tile.prefix(count - bytes.count))
    }
    return bytes
}

/// Its length is a prime a little below that of a segment.
private let tile: [UInt8] = {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    return (0..<65_521).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}()

extension KeyService {
    /// The whole value, in the clear.
    func opened(_ sealed: [UInt8], context: ValueContext = someContext) throws -> [UInt8] {
        try openValue(sealed.span, context: context).plain
    }

    /// Part of a value, in the clear.
    func opened(_ sealed: [UInt8], range: Range<Int>, context: ValueContext = someContext) throws -> [UInt8] {
        var room = [UInt8](repeating: 0xee, count: range.count + 1)
        var span = room.mutableSpan
        let count = try openValue(sealed.span, context: context, range: range, into: &span)
        guard room.last == 0xee else { throw Overrun() }
        return Array(room[..<count])
    }
}

// Forms on arrays: `#expect` can't hold a span.
extension KeyService {
    func digest(_ sealed: [UInt8]) -> [UInt8] { valueDigest(sealed.span) }
    func has(_ digest: [UInt8], _ sealed: [UInt8]) -> Bool { isValue(sealed.span, ofDigest: digest) }
    func same(_ plain: [UInt8], _ sealed: [UInt8]) throws -> Bool {
        try isSameValue(plain.span, as: sealed.span, context: someContext)
    }
    func length(_ sealed: [UInt8]) throws -> Int { try valueLength(sealed.span) }
}

/// More was written than was asked for.
struct Overrun: Error {}

extension SecretBytes {
    var plain: [UInt8] {
        borrowing get { unsafe withUnsafeBytes { unsafe Array($0) } }
    }
}

extension SymmetricKey {
    var plain: [UInt8] {
        borrowing get { unsafe withUnsafeBytes { unsafe Array($0) } }
    }
}

/// The error that `body` throws; nil when it returns.
func failure(_ body: () throws -> Void) -> KeyServiceError? {
    do {
        try body()
        return nil
    } catch {
        return error as? KeyServiceError
    }
}

/// Whether an error is how damage is told, rather than wrong bytes or some other excuse.
func tellsDamage(_ error: KeyServiceError?) -> Bool {
    switch error {
    case .authenticationFailed, .malformed, .newerFormat, .keyNotFound: true
    default: false
    }
}

/// A directory of one test's own, removed with the value.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "coffer-keys-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.filter { $0 > 32 }
    return stride(from: 0, to: digits.count, by: 2).map { index in
        UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)!
    }
}
