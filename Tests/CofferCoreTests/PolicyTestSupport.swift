@testable import CofferCore

/// A machine with a few users and groups.
struct TestResolver: PrincipalResolver {
    var users: [String: UInt32] = ["root": 0, "www-data": 33, "alice": 1000, "bob": 1001]
    var groups: [String: UInt32] = ["db": 999, "web": 998]

    func uid(ofUser name: String) -> UInt32? { users[name] }
    func gid(ofGroup name: String) -> UInt32? { groups[name] }
}

/// A caller's process, which counts how often it is looked at.
final class TestFacts: CallerFacts {
    var knownGroups: [UInt32]?
    var knownExecutable: String?
    var knownCgroup: String?
    private(set) var questions: [String] = []

    init(groups: [UInt32]? = nil, executable: String? = nil, cgroup: String? = nil) {
        knownGroups = groups
        knownExecutable = executable
        knownCgroup = cgroup
    }

    func groups() -> [UInt32]? {
        questions.append("groups")
        return knownGroups
    }

    func executable() -> String? {
        questions.append("executable")
        return knownExecutable
    }

    func cgroup() -> String? {
        questions.append("cgroup")
        return knownCgroup
    }
}

/// A request, www-data's for prod/db unless it says otherwise.
func request(
    uid: UInt32 = 33, gid: UInt32 = 33, _ action: Action = .getSecretValue, _ resource: String = "prod/db",
    stage: StagingLabel? = .current, isStageKnown: Bool = true, tags: [String: String] = [:],
    time: Timestamp = Timestamp(seconds: 1_700_000_000), door: Caller.Door = .mount,
    facts: TestFacts = TestFacts(groups: [])
) -> PolicyRequest {
    PolicyRequest(
        uid: uid, gid: gid, action: action, resource: resource, stage: stage, isStageKnown: isStageKnown,
        tags: tags, time: time, door: door, facts: facts)
}

/// A policy's text around some statements.
func policyText(_ statements: String...) -> String {
    #"{"Version": "2012-10-17", "Statement": [\#(statements.joined(separator: ", "))]}"#
}

/// The statements of a policy, resolved on the test machine.
func compiled(_ statements: String...) throws -> [CompiledStatement] {
    let text = #"{"Version": "2012-10-17", "Statement": [\#(statements.joined(separator: ", "))]}"#
    return try PolicyDocument(parsing: text).resolved(by: TestResolver()).statements
}
