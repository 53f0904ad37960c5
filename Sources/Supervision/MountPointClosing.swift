package import Fuse
internal import Glibc
package import Logging

extension Logger {
    /// Tells the operator where the bare directory below a mount could not be closed.
    package func tell(_ closing: BareMountPoint.Closing, of mountPoint: String) {
        switch closing {
        case .complete: break
        // Only root can do more.
        case .byModeOnly where geteuid() != 0: break
        case .byModeOnly(let code):
            notice(
                "the bare directory \(mountPoint) is closed to all but root, and can't be made immutable: \(code)"
            )
        case .refused(let code):
            warning(
                "the bare directory \(mountPoint) can't be closed (\(code)): while nothing is mounted, programs may write there"
            )
        }
    }
}
