import Fuse
import Synchronization
import Testing

@Suite("Notifications")
struct NotificationTests {
    @Test("A name is asked for again once its entry was invalidated")
    func entry() throws {
        let fileSystem = TinyFileSystem()
        try withMounted(fileSystem) { mounted in
            _ = try Child.shell("stat $MOUNT/changing; stat $MOUNT/changing", in: mounted)
            #expect(fileSystem.seen.withLock { $0.lookups["changing"] } == 1)
            mounted.session.notifications.invalidateEntry(parent: .root, name: "changing")
            mounted.session.notifications.flush()
            _ = try Child.shell("stat $MOUNT/changing; stat $MOUNT/changing", in: mounted)
            #expect(fileSystem.seen.withLock { $0.lookups["changing"] } == 2)
        }
    }

    @Test("Attributes are asked for again once their node was invalidated")
    func inode() throws {
        let fileSystem = TinyFileSystem()
        try withMounted(fileSystem) { mounted in
            let script = "stat -c %s $MOUNT/changing"
            try expectShell(script, in: mounted, says: "1\n")
            fileSystem.changingSize.store(77, ordering: .relaxed)
            try expectShell(script, in: mounted, says: "1\n")
            mounted.session.notifications.invalidateInode(InodeNumber(rawValue: 7))
            mounted.session.notifications.flush()
            try expectShell(script, in: mounted, says: "77\n")
        }
    }

    @Test("A name that was told to be gone is asked for again")
    func deletion() throws {
        let fileSystem = TinyFileSystem()
        try withMounted(fileSystem) { mounted in
            _ = try Child.shell("stat $MOUNT/changing", in: mounted)
            mounted.session.notifications.delete(
                parent: .root, child: InodeNumber(rawValue: 7), name: "changing")
            mounted.session.notifications.flush()
            _ = try Child.shell("stat $MOUNT/changing", in: mounted)
            #expect(fileSystem.seen.withLock { $0.lookups["changing"] } == 2)
        }
    }

    @Test("Notices posted before the mount, and after the end, do no harm")
    func outOfSeason() throws {
        let session = try Session(fileSystem: TinyFileSystem())
        session.notifications.invalidateInode(.root)
        session.notifications.flush()
        let mounted = try Mounted(TinyFileSystem())
        mounted.close()
        mounted.session.notifications.invalidateEntry(parent: .root, name: "hello")
        mounted.session.notifications.flush()
    }

    private func expectShell(_ script: String, in mounted: Mounted, says expected: String) throws {
        let result = try Child.shell(script, in: mounted)
        #expect(result.output == expected)
    }
}
