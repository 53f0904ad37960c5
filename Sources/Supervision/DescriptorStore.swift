internal import Fuse
internal import Glibc

/// systemd's store of descriptors: what it keeps of a mount when the supervisor ends, for the next one. Source: sd_notify(3), FDSTORE
final class DescriptorStore {
    /// What was kept.
    struct Kept {
        var device: Int32
        var journal: Int32
        var controlSocket: Int32
        var mountPoint: String
        var initRequest: [UInt8]

        /// Where the mount is, if it is still there.
        var livingMountPoint: String? {
            var question = pollfd(fd: device, events: 0, revents: 0)
            guard MountTable.type(at: mountPoint) == MountTable.ownType,
                unsafe poll(&question, 1, 0) == 0
            else { return nil }
            return mountPoint
        }
    }

    private enum Name: String, CaseIterable {
        case device = "coffer-device"
        case journal = "coffer-journal"
        case controlSocket = "coffer-socket"
        /// Memory with the mount point, a line feed, and the kernel's INIT.
        case mount = "coffer-mount"
    }

    /// Whether systemd was given everything.
    private(set) var isKept = false

    /// What systemd hands over; nil where that isn't a whole mount: what there is is given up.
    func take() -> Kept? {
        let found = ServiceManager.takeDescriptors()
        guard !found.isEmpty else { return nil }
        guard let device = found[Name.device.rawValue], let journal = found[Name.journal.rawValue],
            let mount = found[Name.mount.rawValue], let (path, initRequest) = Self.read(mount)
        else {
            for descriptor in found.values { close(descriptor) }
            remove()
            return nil
        }
        close(mount)
        let kept = Kept(
            device: device, journal: journal, controlSocket: found[Name.controlSocket.rawValue] ?? -1,
            mountPoint: path, initRequest: initRequest)
        if kept.livingMountPoint != nil { return kept }
        for descriptor in [device, journal, kept.controlSocket] where descriptor >= 0 { close(descriptor) }
        remove()
        return nil
    }

    /// Gives systemd everything, in the place of what it has.
    func keep(device: Int32, initRequest: [UInt8], journal: Int32, controlSocket: Int32, mountPoint: String) {
        remove()
        guard let mount = try? SharedMemory.make("coffer mount") else { return }
        defer { close(mount) }
        let bytes = Array(mountPoint.utf8) + [UInt8(ascii: "\n")] + initRequest
        guard unsafe write(mount, bytes, bytes.count) == bytes.count else { return }
        put(device, .device)
        put(journal, .journal)
        put(mount, .mount)
        if controlSocket >= 0 { put(controlSocket, .controlSocket) }
        isKept = true
    }

    /// Has systemd forget all of it.
    func remove() {
        for name in Name.allCases { ServiceManager.notify("FDSTOREREMOVE=1\nFDNAME=\(name.rawValue)") }
        isKept = false
    }

    private func put(_ descriptor: Int32, _ name: Name) {
        ServiceManager.notify("FDSTORE=1\nFDNAME=\(name.rawValue)", descriptors: [descriptor])
    }

    private static func read(_ memory: Int32) -> (String, [UInt8])? {
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = unsafe pread(memory, &bytes, bytes.count, 0)
        guard count > 0, let end = bytes[..<count].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        return (String(decoding: bytes[..<end], as: UTF8.self), Array(bytes[(end + 1)..<count]))
    }
}
