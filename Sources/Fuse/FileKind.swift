import Glibc

/// What a node is: the file type bits of its mode.
public enum FileKind: Hashable, Sendable {
    /// `S_IFREG`.
    case regular
    /// `S_IFDIR`.
    case directory
    /// `S_IFLNK`.
    case symlink
    /// `S_IFIFO`.
    case fifo
    /// `S_IFSOCK`.
    case socket
    /// `S_IFCHR`.
    case characterDevice
    /// `S_IFBLK`.
    case blockDevice

    /// Reads the type bits of `mode`; a mode without them means a regular file, as `mknod(2)` says.
    init?(mode: mode_t) {
        switch mode & Glibc.S_IFMT {
        case 0, Glibc.S_IFREG: self = .regular
        case Glibc.S_IFDIR: self = .directory
        case Glibc.S_IFLNK: self = .symlink
        case Glibc.S_IFIFO: self = .fifo
        case Glibc.S_IFSOCK: self = .socket
        case Glibc.S_IFCHR: self = .characterDevice
        case Glibc.S_IFBLK: self = .blockDevice
        default: return nil
        }
    }

    var mode: mode_t {
        switch self {
        case .regular: Glibc.S_IFREG
        case .directory: Glibc.S_IFDIR
        case .symlink: Glibc.S_IFLNK
        case .fifo: Glibc.S_IFIFO
        case .socket: Glibc.S_IFSOCK
        case .characterDevice: Glibc.S_IFCHR
        case .blockDevice: Glibc.S_IFBLK
        }
    }
}
