internal import Fuse
internal import Glibc

/// Something that is done again and again, or once after a while, on a thread of its own.
enum Alarm {
    /// Does the body after each period until it answers false.
    static func every(seconds: Int, _ body: @escaping @Sendable () -> Bool) throws(Errno) {
        let thread = try PlainThread.start {
            repeat {
                var rest = UInt32(seconds)
                while rest > 0 { rest = sleep(rest) }
            } while body()
        }
        pthread_detach(thread)
    }
}
