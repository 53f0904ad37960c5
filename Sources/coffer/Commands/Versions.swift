internal import ArgumentParser
internal import CofferCore

struct Versions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the versions of a secret, the newest first.",
        discussion: """
            EXAMPLES:
              coffer versions prod/db
              coffer versions prod/db --labelled     (without those that no label keeps)
            """)

    @Argument(help: "The secret's name or ARN.")
    var name: String

    @Flag(help: "Only versions that bear a label.")
    var labelled = false

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        var versions: [JSONValue] = []
        var token: JSONValue?
        repeat {
            let page = try connection.daemon.call(
                "secretsmanager.ListSecretVersionIds", ("SecretId", .string(name)),
                ("IncludeDeprecated", .bool(!labelled)), ("NextToken", token))
            versions += page["Versions"]?.array ?? []
            token = page["NextToken"]
        } while token != nil
        if connection.json {
            print(JSONValue.array(versions).prettyText)
            return
        }
        let output = connection.output
        let rows = versions.map { version in
            [
                version["VersionId"]?.string ?? "",
                Timestamp(version["CreatedDate"]).map(output.relative) ?? "",
                StageList.sorted(StageList.names(version["VersionStages"])),
            ]
        }
        print(output.table(["VERSION", "MADE", "LABELS"], rows))
    }
}
