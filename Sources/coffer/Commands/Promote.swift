internal import ArgumentParser
internal import CofferCore

struct Promote: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a version the current one.",
        discussion: """
            The version that was current becomes AWSPREVIOUS.

            EXAMPLES:
              coffer promote prod/db AWSPENDING
              coffer promote prod/db 7e0f4c1a-5b2d-4c3e-8f6a-9b8c7d6e5f40
            """)

    @Argument(help: "The secret's name or ARN.")
    var name: String

    @Argument(help: "The version's id, or a label that it bears.")
    var version: String

    @OptionGroup var connection: ConnectionOptions

    func run() throws { try StageMove(connection: connection, name: name).makeCurrent(version) }
}

struct Rollback: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the previous version the current one again.",
        discussion: """
            EXAMPLES:
              coffer rollback prod/db
            """)

    @Argument(help: "The secret's name or ARN.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() throws { try StageMove(connection: connection, name: name).makeCurrent("AWSPREVIOUS") }
}

/// Moves AWSCURRENT as a compare-and-swap against the version that bears it now.
struct StageMove {
    let connection: ConnectionOptions
    let name: String

    /// - Parameter version: a version's id, or a label that it bears.
    func makeCurrent(_ version: String) throws {
        let daemon = connection.daemon
        let secret = try daemon.call("secretsmanager.DescribeSecret", ("SecretId", .string(name)))
        let holders = secret["VersionIdsToStages"]?.object ?? []
        func holder(_ label: String) -> String? {
            holders.first { StageList.names($0.value).contains(label) }?.name
        }
        let label = (try? StagingLabel(version))?.text ?? version
        let target = holder(label) ?? version
        guard VersionID(target) != nil else {
            throw CommandFailure(
                .notFound, "no version of \(name) bears the label \(label); `coffer versions` lists them")
        }
        let answer = try daemon.call(
            "secretsmanager.UpdateSecretVersionStage", ("SecretId", .string(name)),
            ("VersionStage", "AWSCURRENT"), ("MoveToVersionId", .string(target)),
            ("RemoveFromVersionId", holder("AWSCURRENT").map { .string($0) }))
        connection.report(answer, "\(name): version \(target) is current")
    }
}
