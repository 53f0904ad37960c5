internal import CofferCore
public import Fuse
internal import SecretsManager
internal import Synchronization

// poll(2): an open value is always ready, and has something urgent once another version is seen where it was opened.
extension CofferFileSystem {
    public func poll(
        _ request: Request, node: InodeNumber, handle: UInt64, waiter: consuming PollHandle?,
        reply: consuming PollReply
    ) {
        guard case .snapshot(let snapshot)? = file(handle, at: node, for: request) else {
            reply.succeed(.ready)
            return
        }
        // Kept before it is looked: a change that comes between finds it.
        var waiting: PollHandle? = consume waiter
        if let number = waiting?.waiter { files.setWaiter(number, handle) }
        snapshot.keep(waiting.take())
        reply.succeed(isOvertaken(snapshot, at: node) ? [.ready, .priority] : .ready)
    }

    /// Whether another version is seen at a node than the one that was opened there, or none.
    private func isOvertaken(_ snapshot: Snapshot, at node: InodeNumber) -> Bool {
        guard case .file(let serial, let place, _)? = Node(node), case .stage(let number) = place else {
            return false
        }
        guard let record = manager.record(serial), record.deletion == nil, let label = record.label(number),
            let version = record.version(labelled: label)
        else { return true }
        let opened = snapshot.readable.version
        return version.sequence != opened.sequence || version.content != opened.content
    }

    /// Wakes who waits on files that are open at nodes.
    func wakePollers(at nodes: [InodeNumber]) {
        for node in nodes {
            for case .snapshot(let snapshot) in files.files(at: node) { snapshot.wakeWaiter() }
        }
    }
}
