import Glibc

/// What `lseek(2)` looks for in a sparse file.
public enum SeekTarget: Hashable, Sendable {
    /// `SEEK_DATA`: the next byte that isn't in a hole.
    case data
    /// `SEEK_HOLE`: the next hole; the end of the file is one.
    case hole

    /// `SEEK_DATA` and `SEEK_HOLE` of `<unistd.h>`, which Glibc's module doesn't show.
    init?(whence: Int32) {
        switch whence {
        case 3: self = .data
        case 4: self = .hole
        default: return nil
        }
    }
}
