/// What the kernel can be told of changes that it did not make itself.
///
/// Each is carried out on a thread of its own, in the order of the calls, and later than the call: a request that the
/// caller is answering may hold a lock that the kernel needs to carry it out.
public struct Notifications: Sendable {
    let notifier: Notifier

    /// Makes the kernel forget what `name` in `parent` means, and everything below it.
    public func invalidateEntry(parent: InodeNumber, name: String) {
        notifier.post(.entry(parent: parent, name: name))
    }

    /// Makes the kernel forget a node's attributes, and its cached bytes from `offset`; `length` 0 means up to the end.
    ///
    /// A negative `offset` leaves the bytes alone.
    public func invalidateInode(_ node: InodeNumber, offset: Int64 = 0, length: Int64 = 0) {
        notifier.post(.inode(node, offset: offset, length: length))
    }

    /// Tells that `name` in `parent`, which was `child`, is gone, as if it had been removed through the mount.
    ///
    /// It ends watches on the child.
    public func delete(parent: InodeNumber, child: InodeNumber, name: String) {
        notifier.post(.deletion(parent: parent, child: child, name: name))
    }

    /// Tells which nodes the kernel holds, once what was posted before is carried out; it forgets their attributes.
    ///
    /// It holds a node that a program has open or watches, and may hold any other that was looked up. `answer` gets one
    /// truth value for each, on the thread that carries out notifications: it must not wait. False: it never comes.
    @discardableResult
    public func whichAreHeld(
        _ nodes: [InodeNumber], _ answer: @escaping @Sendable ([Bool]) -> Void
    ) -> Bool {
        notifier.post(.question(nodes, answer))
    }

    /// Wakes who waits in poll, by the kernel's number for them, whichever process they asked: they ask anew.
    public func wake(waiter: UInt64) { notifier.post(.wake(waiter)) }

    /// Does something once everything that was posted before is carried out; it must not wait. False: it never will.
    @discardableResult
    public func afterwards(_ action: @escaping @Sendable () -> Void) -> Bool {
        notifier.post(.action(action))
    }

    /// Waits until everything that was posted before is carried out. For tests; never from a file system's method.
    public func flush() {
        notifier.flush()
    }
}
