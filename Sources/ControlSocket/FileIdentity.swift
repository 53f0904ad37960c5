import Glibc

/// Which file a name or a descriptor stands for, whatever it is called.
struct FileIdentity: Equatable {
    private let device: dev_t
    private let inode: ino_t

    /// The file at `path`, links not followed; nil when there is none.
    init?(path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
    }

    /// The file behind `descriptor`; nil when that is closed.
    init?(descriptor: Int32) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
    }
}
