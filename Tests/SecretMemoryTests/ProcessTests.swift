import Foundation
import Testing

@testable import SecretMemory

/// What ends or changes a process, each in a child of its own.
@Suite("Process")
struct ProcessTests {
    @Test("Reading behind the end of a region ends the process")
    func readBehindEnd() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            try ProcessHardening.harden()
            let bytes = try SecretBytes(zeroedCount: 1 << 20)
            let byte = unsafe bytes.withUnsafeBytes {
                unsafe $0.baseAddress!.load(fromByteOffset: 1 << 20, as: UInt8.self)
            }
            exit(Int32(byte))
        }
    }

    @Test("Writing before the start of a region ends the process")
    func writeBeforeStart() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            try ProcessHardening.harden()
            var bytes = try SecretBytes(zeroedCount: 1 << 20)
            unsafe bytes.withUnsafeMutableBytes {
                unsafe $0.baseAddress!.storeBytes(of: 1, toByteOffset: -1, as: UInt8.self)
            }
            exit(0)
        }
    }

    @Test("Hardening forbids dumps and tracing, for good")
    func harden() async {
        await #expect(processExitsWith: .success) {
            try ProcessHardening.harden()
            var limit = rlimit()
            unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            exit(!ProcessHardening.isDumpable && limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 1)
        }
    }

    @Test("Where memory can't be locked a secret is refused, until unlocked memory is allowed")
    func lockRefused() async {
        await #expect(processExitsWith: .success) {
            dropLockPrivilege(limitBytes: 0)
            guard
                failure(of: { () throws(SecretMemoryError) in _ = try SecretBytes(capacity: 10) })
                    == .lockRefused(limitBytes: 0)
            else { exit(1) }
            guard
                failure(of: { () throws(SecretMemoryError) in _ = try SecretBytes(capacity: 100_000) })
                    == .lockRefused(limitBytes: 0)
            else { exit(3) }
            guard
                failure(of: { () throws(SecretMemoryError) in
                    try ProcessHardening.reserve(bytes: 1 << 20, allowUnlocked: false)
                }) == .lockRefused(limitBytes: 0)
            else { exit(5) }
            guard ProcessHardening.isMemoryLocked else { exit(7) }
            try ProcessHardening.reserve(bytes: 1 << 20, allowUnlocked: true)
            var bytes = try SecretBytes([1, 2, 3])
            try bytes.resize(to: 100_000)
            exit(bytes.count == 100_000 && !ProcessHardening.isMemoryLocked ? 0 : 8)
        }
    }

    @Test("Under a small limit cells still come, reused regions are given up first, and the limit is named")
    func smallLimit() async {
        await #expect(processExitsWith: .success) {
            let limit = 128 << 10
            dropLockPrivilege(limitBytes: UInt64(limit))
            // An arena of 256 KiB does not fit, a slice does.
            let small = try SecretBytes([1, 2, 3])
            do {
                let reused = try SecretBytes(capacity: 60_000)
                _ = reused.count
            }
            // 80 KiB fit only when the region just given back is not kept.
            let large = try SecretBytes(zeroedCount: 80 << 10)
            guard ProcessHardening.isMemoryLocked, small.count == 3, large.count == 80 << 10 else { exit(1) }
            guard
                failure(of: { () throws(SecretMemoryError) in _ = try SecretBytes(capacity: 80 << 10) })
                    == .lockRefused(limitBytes: UInt64(limit))
            else { exit(2) }
            // Named once more, since a value that can't be copied may end right after its last use.
            exit(small.exposed == [1, 2, 3] && large.count == 80 << 10 ? 0 : 3)
        }
    }

    @Test(
        "Pages for a buffer follow the same rule: locked, or refused, or left unlocked where that was allowed"
    )
    func lockedPages() async {
        await #expect(processExitsWith: .success) {
            dropLockPrivilege(limitBytes: 128 << 10)
            let refusal = failure(of: { () throws(SecretMemoryError) in
                _ = try unsafe LockedPages.allocate(byteCount: 256 << 10)
            })
            guard refusal == .lockRefused(limitBytes: 128 << 10), ProcessHardening.isMemoryLocked else {
                exit(1)
            }
            try ProcessHardening.reserve(bytes: 32 << 10, allowUnlocked: true)
            guard ProcessHardening.isMemoryLocked else { exit(2) }
            let pages = try unsafe LockedPages.allocate(byteCount: 256 << 10)
            unsafe LockedPages.release(pages, byteCount: 256 << 10)
            exit(ProcessHardening.isMemoryLocked ? 3 : 0)
        }
    }

    @Test("Reserving ahead raises the soft limit to the hard one and locks")
    func reserve() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 4096, rlim_max: 2 << 20)
            unsafe setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
            dropLockPrivilege(limitBytes: nil)
            try ProcessHardening.reserve(bytes: 1 << 20, allowUnlocked: false)
            guard ProcessHardening.memoryLockLimit() == (2 << 20, 2 << 20) else { exit(1) }
            exit(ProcessHardening.isMemoryLocked && SecretBytes.bytesInUse == 0 ? 0 : 2)
        }
    }
}

/// Sets RLIMIT_MEMLOCK and, as root, becomes nobody: root's CAP_IPC_LOCK is not bound by the limit.
private func dropLockPrivilege(limitBytes: UInt64?) {
    if let limitBytes {
        var limit = rlimit(rlim_cur: rlim_t(limitBytes), rlim_max: rlim_t(limitBytes))
        unsafe setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
    }
    if geteuid() == 0 { guard setuid(65_534) == 0 else { exit(99) } }
}
