import CFuse
import Glibc

/// Answer without content: done, or an error. Dropped without an answer, it answers `EIO`.
public struct EmptyReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers that it is done.
    public consuming func succeed() {
        unsafe pending.answer { unsafe fuse_reply_err($0, 0) }
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}

/// Answer that names a node. Dropped without an answer, it answers `EIO`.
public struct EntryReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers with the node.
    public consuming func succeed(_ entry: Entry) {
        var raw = entry.raw
        unsafe pending.answer { unsafe fuse_reply_entry($0, &raw) }
    }

    /// Answers a `lookup` that there is no such name, and that nobody need ask again for a time.
    public consuming func succeedAbsent(timeoutSeconds: Double) {
        var raw = fuse_entry_param()
        raw.entry_timeout = timeoutSeconds
        unsafe pending.answer { unsafe fuse_reply_entry($0, &raw) }
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}

/// Answer that tells a node's attributes. Dropped without an answer, it answers `EIO`.
public struct AttributesReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers with the attributes, which the kernel may believe for `timeoutSeconds`.
    public consuming func succeed(_ attributes: FileAttributes, timeoutSeconds: Double = 0) {
        var raw = attributes.raw
        unsafe pending.answer { unsafe fuse_reply_attr($0, &raw, timeoutSeconds) }
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}

/// Answer to an opening. Dropped without an answer, it answers `EIO`.
public struct OpenReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers that it is open.
    ///
    /// False if nobody waited any more: no `release` will come for the handle.
    @discardableResult
    public consuming func succeed(_ response: OpenResponse) -> Bool {
        var raw = response.raw
        return unsafe pending.answer { unsafe fuse_reply_open($0, &raw) }
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}

/// Answer to a `create`: a new node, opened. Dropped without an answer, it answers `EIO`.
public struct CreateReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers with the node and how it is open.
    ///
    /// False if nobody waited any more: no `release` will come for the handle.
    @discardableResult
    public consuming func succeed(_ entry: Entry, _ response: OpenResponse) -> Bool {
        var entry = entry.raw
        var response = response.raw
        return unsafe pending.answer { unsafe fuse_reply_create($0, &entry, &response) }
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}

/// Answer that carries bytes. Dropped without an answer, it answers `EIO`.
public struct DataReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers with `bytes`, which go from where they lie to the kernel: no copy is made.
    ///
    /// No more than were asked for. Fewer mean that the file ends there.
    public consuming func succeed(_ bytes: UnsafeRawBufferPointer) {
        unsafe pending.answer {
            unsafe fuse_reply_buf($0, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
    }

    /// Answers that the file ends here.
    public consuming func succeedEmpty() {
        unsafe pending.answer { unsafe fuse_reply_buf($0, nil, 0) }
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}

/// Answer to a write. Dropped without an answer, it answers `EIO`.
public struct WriteReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers that `count` bytes were taken.
    public consuming func succeed(count: Int) {
        unsafe pending.answer { unsafe fuse_reply_write($0, count) }
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}

/// Answer to a `readlink`. Dropped without an answer, it answers `EIO`.
public struct LinkReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers with the path that the symbolic link holds; at most 4095 bytes, none of them 0.
    public consuming func succeed(_ target: String) {
        unsafe pending.answer { request in
            unsafe target.withCString { unsafe fuse_reply_readlink(request, $0) }
        }
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}

/// Answer to a `statfs`. Dropped without an answer, it answers `EIO`.
public struct StatisticsReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers with the statistics.
    public consuming func succeed(_ statistics: FileSystemStatistics) {
        var raw = statistics.raw
        unsafe pending.answer { unsafe fuse_reply_statfs($0, &raw) }
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}

/// Answer to a `poll`. Dropped without an answer, it answers `EIO`.
public struct PollReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers with what is the case now.
    public consuming func succeed(_ events: PollEvents) {
        unsafe pending.answer { unsafe fuse_reply_poll($0, events.rawValue) }
    }

    /// Answers with an error.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}

/// Answer to an `lseek` for data or a hole. Dropped without an answer, it answers `EIO`.
public struct SeekReply: ~Copyable, Sendable {
    let pending: PendingRequest

    /// Answers with an offset in bytes from the file's start.
    public consuming func succeed(offset: Int64) {
        unsafe pending.answer { unsafe fuse_reply_lseek($0, Int(offset)) }
    }

    /// Answers with an error; `ENXIO` where there is no more of what was sought.
    public consuming func fail(_ errno: Errno) {
        pending.fail(errno)
    }
}
