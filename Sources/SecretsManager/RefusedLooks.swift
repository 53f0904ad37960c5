internal import CofferCore
internal import Synchronization

/// Who has lately been refused the sight of what: a name that is there and hidden is asked for by somebody who guesses, or
/// by a program that was forgotten in a policy. One record a minute each; guesses at what isn't there leave none.
struct RefusedLooks {
    private struct Look: Hashable {
        let uid: UInt32
        let folder: FolderID
        let name: String
    }

    /// The most records in a minute.
    private static let limit = 4096

    private var minute: Int64 = 0
    private var looks: Set<Look> = []

    /// Whether this one is to be recorded.
    mutating func insert(_ name: String, in folder: FolderID, uid: UInt32, at time: Timestamp) -> Bool {
        if time.seconds / 60 != minute {
            minute = time.seconds / 60
            looks.removeAll(keepingCapacity: true)
        }
        guard looks.count < Self.limit else { return false }
        return looks.insert(Look(uid: uid, folder: folder, name: name)).inserted
    }
}

extension SecretsManager {
    /// Records that somebody asked the mount for a name that they may not see.
    func noteRefusedLook(at name: String, in folder: FolderID, by request: Request) {
        let isNew = refusedLooks.withLock {
            $0.insert(name, in: folder, uid: request.caller.uid, at: request.time)
        }
        guard isNew, let path = path(of: folder) else { return }
        let details = AuditDetails(secretID: path.isEmpty ? name : path + "/" + name)
        // They are refused whether or not the trail can take it.
        try? record(
            .lookUp, of: request, details, failure: .concealed("no statement lets them see it"))
    }
}
