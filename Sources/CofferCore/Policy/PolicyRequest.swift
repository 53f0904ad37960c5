/// What has to be looked up about a caller, asked for only where a statement turns on it.
///
/// It may be asked more than once in a decision, so it should remember its answers. Nil means that it can't be
/// established: then no Allow that turns on it matches, and every Deny that does.
public protocol CallerFacts: AnyObject {
    /// The supplementary groups.
    func groups() -> [UInt32]?
    /// The path of the executable.
    func executable() -> String?
    /// The path of the control group.
    func cgroup() -> String?
}

/// What is asked of the policies: may this caller do that, with this secret, now?
public struct PolicyRequest {
    /// Who asks, as the host numbers users and groups.
    public var uid: UInt32
    public var gid: UInt32
    public var action: Action
    /// The secret's name; `*` for the store as a whole, which only the patterns `*` and `?` match.
    public var resource: String
    /// The stage by which a version is asked for; nil where the action is about none.
    public var stage: StagingLabel?
    /// False where a version is asked for by its id: what turns on the stage then can't be established.
    public var isStageKnown: Bool
    /// The secret's tags.
    public var tags: [String: String]
    public var time: Timestamp
    /// The way in.
    public var door: Caller.Door
    public var facts: any CallerFacts

    public init(
        uid: UInt32, gid: UInt32, action: Action, resource: String, stage: StagingLabel? = nil,
        isStageKnown: Bool = true, tags: [String: String] = [:], time: Timestamp, door: Caller.Door,
        facts: any CallerFacts
    ) {
        self.uid = uid
        self.gid = gid
        self.action = action
        self.resource = resource
        self.stage = stage
        self.isStageKnown = isStageKnown
        self.tags = tags
        self.time = time
        self.door = door
        self.facts = facts
    }

    /// What the request has for a condition's key.
    func value(of key: ConditionKey) -> ConditionValue {
        switch key {
        case .versionStage: isStageKnown ? stage.map { .text($0.text) } ?? .absent : .unknown
        case .resourceTag(let key): tags[key].map { .text($0) } ?? .absent
        case .currentTime, .epochTime: .time(time)
        case .executable: facts.executable().map { .text($0) } ?? .unknown
        case .cgroup: facts.cgroup().map { .text($0) } ?? .unknown
        case .via: .text(door.name)
        case .uid: .number(Double(uid))
        }
    }
}
