internal import Glibc

/// Users and groups of this machine by number, with their names where they have one: `root (0)`, `4711`.
enum AccountName {
    /// Source: getpwuid_r(3)
    static func user(_ uid: UInt32) -> String {
        let name = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) {
            buffer -> String? in
            var entry = unsafe passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard unsafe getpwuid_r(uid, &entry, buffer.baseAddress!, buffer.count, &found) == 0,
                unsafe found != nil
            else { return nil }
            return unsafe String(cString: entry.pw_name)
        }
        return name.map { "\($0) (\(uid))" } ?? String(uid)
    }

    /// Source: getgrgid_r(3)
    static func group(_ gid: UInt32) -> String {
        let name = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256 << 10) {
            buffer -> String? in
            var entry = unsafe Glibc.group()
            var found: UnsafeMutablePointer<Glibc.group>?
            guard unsafe getgrgid_r(gid, &entry, buffer.baseAddress!, buffer.count, &found) == 0,
                unsafe found != nil
            else { return nil }
            return unsafe String(cString: entry.gr_name)
        }
        return name.map { "\($0) (\(gid))" } ?? String(gid)
    }
}
