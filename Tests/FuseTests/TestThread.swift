import Foundation

/// Threads outside the pool that tests run on.
enum TestThread {
    static func detach(_ body: @escaping @Sendable () -> Void) {
        Thread.detachNewThread(body)
    }
}
