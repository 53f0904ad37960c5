import Glibc

/// Makes a hash of bytes, for finding what has changed; ciphertext only. Any length, the same each time.
public typealias FileHash = @Sendable ([UInt8]) -> [UInt8]

/// The file `coffer.sum`: a hash of each part of the database as it was when the store was closed, so that a byte that
/// changed meanwhile is found, wherever it lies.
///
/// It is there while the store is closed and whole. Opening the store for writing takes it away, so after a crash there is
/// none, and the rows alone vouch for themselves. docs/store-format.md, "coffer.sum".
struct FileSum {
    /// Bytes of each part.
    static let partByteCount = 64 << 10
    private static let title = "coffer-sum-1"

    let directory: StoreDirectory
    let hash: FileHash

    private var path: String { directory.path + "/coffer.sum" }

    /// What has changed since the store was closed, a line each; nothing where there is no sum. SQLite must not have the
    /// database open: closing another descriptor of it would drop SQLite's locks.
    func changes() throws(StoreError) -> [String] {
        guard let text = try content(of: path) else { return [] }
        let lines = text.split(separator: UInt8(ascii: "\n"))
        guard let last = lines.last, let title = lines.first, lines.count >= 2,
            title.starts(with: (Self.title + " ").utf8),
            last.elementsEqual(hex(text.dropLast(last.count + 1)))
        else {
            return ["coffer.sum is damaged itself; if the rest is sound, remove it"]
        }
        let expected = lines.dropFirst().dropLast()
        let found = try parts()
        guard title.elementsEqual(Self.head(found.size)) else {
            return [
                "coffer.db has \(found.size) bytes, not as many as when the store was closed; if you put back coffer.db alone from a backup, remove coffer.sum"
            ]
        }
        return zip(0..., zip(expected, found.hashes)).compactMap { index, pair in
            guard !pair.0.elementsEqual(pair.1) else { return nil }
            let start = index * Self.partByteCount
            let end = min(start + Self.partByteCount, found.size)
            return
                "coffer.db was changed between bytes \(start) and \(end) since the store was closed; if you put back coffer.db alone from a backup, remove coffer.sum"
        }
    }

    /// Writes the sum of the database as it lies there, durably. SQLite must have closed it.
    func write() throws(StoreError) {
        let found = try parts()
        var text = Self.head(found.size) + [UInt8(ascii: "\n")]
        for hash in found.hashes { text += hash + [UInt8(ascii: "\n")] }
        text += hex(text[...]) + [UInt8(ascii: "\n")]
        let unfinished = path + ".new"
        let descriptor = unsafe open(unfinished, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(systemError: errno, path: unfinished) }
        defer { Glibc.close(descriptor) }
        let count = unsafe text.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == text.count, fsync(descriptor) == 0, unsafe rename(unfinished, path) == 0 else {
            let code = count >= 0 && count < text.count ? ENOSPC : errno
            unsafe unlink(unfinished)
            throw StoreError(systemError: code, path: path)
        }
        try directory.sync(directory.path)
    }

    /// Takes the sum away: the database is about to change.
    func remove() throws(StoreError) {
        if unsafe unlink(path) == 0 { return try directory.sync(directory.path) }
        guard errno == ENOENT else { throw StoreError(systemError: errno, path: path) }
    }

    private static func head(_ size: Int) -> [UInt8] { Array("\(title) \(size)".utf8) }

    /// The size of the database, and the hash of each part in hexadecimal.
    private func parts() throws(StoreError) -> (size: Int, hashes: [[UInt8]]) {
        let descriptor = unsafe open(directory.database, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw StoreError(systemError: errno, path: directory.database) }
        defer { Glibc.close(descriptor) }
        var hashes: [[UInt8]] = []
        var size = 0
        var part = [UInt8](repeating: 0, count: Self.partByteCount)
        while true {
            var filled = 0
            while filled < part.count {
                let count = unsafe part.withUnsafeMutableBytes {
                    unsafe read(descriptor, $0.baseAddress! + filled, $0.count - filled)
                }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw StoreError(systemError: errno, path: directory.database) }
                if count == 0 { break }
                filled += count
            }
            if filled > 0 { hashes.append(hex(part[..<filled])) }
            size += filled
            if filled < part.count { return (size, hashes) }
        }
    }

    private func content(of path: String) throws(StoreError) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw StoreError(systemError: errno, path: path) }
            return nil
        }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_size < 1 << 30 else { return [] }
        var text = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = unsafe text.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw StoreError(systemError: errno, path: path) }
        text.removeLast(text.count - count)
        return text
    }

    private func hex(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return hash(Array(bytes)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}
