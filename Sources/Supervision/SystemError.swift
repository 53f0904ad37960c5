internal import Glibc

/// The kernel's errors in words.
package enum SystemError {
    /// Source: strerror(3).
    package static func words(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

    /// An errno that a call gave back.
    package struct Code: Error {
        package var number: Int32

        package var words: String { SystemError.words(number) }
    }
}
