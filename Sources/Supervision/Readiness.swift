internal import Glibc

/// Tells who waits for it that the daemon serves: a descriptor of the starter's, and systemd.
package struct Readiness: Sendable {
    /// The descriptor on which to write `READY=1`, or nil.
    package var descriptor: Int32?

    package init(descriptor: Int32?) { self.descriptor = descriptor }

    /// Says once that everything is ready.
    package func announce() {
        if let descriptor {
            write("READY=1\n", to: descriptor)
            close(descriptor)
        }
        ServiceManager.notify("READY=1\nSTATUS=serving\nMAINPID=\(getpid())\n")
    }

    /// Says that the end has begun.
    package func announceStop() { ServiceManager.notify("STOPPING=1\n") }

    private func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { _ = unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
