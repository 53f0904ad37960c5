internal import CofferCore
internal import Glibc

/// The machine's users and groups. Source: getpwnam_r(3), getgrnam_r(3).
struct SystemUsers: PrincipalResolver {
    func uid(ofUser name: String) -> UInt32? {
        unsafe withLookupBuffer { buffer in
            var entry = unsafe passwd()
            var found: UnsafeMutablePointer<passwd>?
            let code = unsafe getpwnam_r(name, &entry, buffer.baseAddress!, buffer.count, &found)
            if code == ERANGE { return .tooSmall }
            return unsafe found == nil ? .absent : .found(entry.pw_uid)
        }
    }

    func gid(ofGroup name: String) -> UInt32? {
        unsafe withLookupBuffer { buffer in
            var entry = unsafe group()
            var found: UnsafeMutablePointer<group>?
            let code = unsafe getgrnam_r(name, &entry, buffer.baseAddress!, buffer.count, &found)
            if code == ERANGE { return .tooSmall }
            return unsafe found == nil ? .absent : .found(entry.gr_gid)
        }
    }

    private enum Answer {
        case found(UInt32)
        case absent, tooSmall
    }

    /// Asks with a larger buffer until the answer fits: a group may have thousands of members.
    private func withLookupBuffer(_ ask: (UnsafeMutableBufferPointer<CChar>) -> Answer) -> UInt32? {
        var size = 4096
        while size <= 1 << 22 {
            let answer = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) {
                unsafe ask($0)
            }
            switch answer {
            case .found(let number): return number
            case .absent: return nil
            case .tooSmall: size *= 4
            }
        }
        return nil
    }
}
