internal import CofferCore
internal import Glibc

/// Who is meant by a principal in a question to the policies: a user with all groups, or somebody of a group.
struct Subject {
    /// The user that is nobody, for who is only known to be in a group.
    private static let nobody: UInt32 = .max - 1

    let caller: Caller

    init(_ principal: PolicyPrincipal) throws(APIError) {
        switch principal {
        case .any:
            throw .invalidParameter("the question is about one user or group: name it")
        case .uid(let uid):
            caller = Self.account(uid: uid) ?? Self.caller(uid: uid, gid: uid, groups: [])
        case .user(let name):
            guard let account = Self.account(named: name) else {
                throw .invalidParameter(
                    "this machine knows no user '\(name)'; create the user first, or ask about uid:NUMBER")
            }
            caller = account
        case .gid(let gid):
            caller = Self.caller(uid: Self.nobody, gid: gid, groups: [gid])
        case .group(let name):
            guard let gid = Self.gid(named: name) else {
                throw .invalidParameter(
                    "this machine knows no group '\(name)'; create the group first, or ask about gid:NUMBER")
            }
            caller = Self.caller(uid: Self.nobody, gid: gid, groups: [gid])
        }
    }

    private static func caller(uid: UInt32, gid: UInt32, groups: [UInt32]) -> Caller {
        Caller(uid: uid, gid: gid, pid: 0, groups: groups, door: .mount)
    }

    private static func account(named name: String) -> Caller? {
        unsafe account { entry, buffer, result in
            unsafe getpwnam_r(name, entry, buffer.baseAddress!, buffer.count, result)
        }
    }

    private static func account(uid: UInt32) -> Caller? {
        unsafe account { entry, buffer, result in
            unsafe getpwuid_r(uid, entry, buffer.baseAddress!, buffer.count, result)
        }
    }

    /// An entry of the user database, with all groups. Source: getpwnam_r(3), getgrouplist(3).
    private static func account(
        _ look: (
            UnsafeMutablePointer<passwd>, UnsafeMutableBufferPointer<CChar>,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) -> Caller? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { buffer -> Caller? in
            var entry = unsafe passwd()
            var result: UnsafeMutablePointer<passwd>?
            guard unsafe look(&entry, buffer, &result) == 0, unsafe result != nil else { return nil }
            var count: Int32 = 256
            var groups = [gid_t](repeating: 0, count: Int(count))
            if unsafe getgrouplist(entry.pw_name, entry.pw_gid, &groups, &count) < 0 {
                groups = [gid_t](repeating: 0, count: Int(count))
                guard unsafe getgrouplist(entry.pw_name, entry.pw_gid, &groups, &count) >= 0 else {
                    return nil
                }
            }
            return unsafe caller(
                uid: entry.pw_uid, gid: entry.pw_gid, groups: Array(groups.prefix(Int(count))))
        }
    }

    /// A group's number. Source: getgrnam_r(3).
    private static func gid(named name: String) -> UInt32? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256 << 10) { buffer -> UInt32? in
            var entry = unsafe group()
            var result: UnsafeMutablePointer<group>?
            guard unsafe getgrnam_r(name, &entry, buffer.baseAddress!, buffer.count, &result) == 0,
                unsafe result != nil
            else { return nil }
            return unsafe entry.gr_gid
        }
    }
}
