internal import ArgumentParser
internal import CofferCore

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the secrets that you may see.",
        discussion: """
            A prefix is the beginning of the names: prod/ lists what the folder prod holds.

            EXAMPLES:
              coffer ls
              coffer ls prod/
              coffer ls --deleted                    (with those that can be restored)
              coffer ls --json | jq -r '.[].Name'
            """)

    @Argument(help: "The beginning of the names.")
    var prefix: String = ""

    @Flag(help: "List secrets too whose deletion is scheduled.")
    var deleted = false

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let secrets = try pages()
        if connection.json {
            print(JSONValue.array(secrets).prettyText)
            return
        }
        guard !secrets.isEmpty else {
            Coffer.complain(
                prefix.isEmpty
                    ? "there is no secret that you may see; `coffer put NAME` makes one"
                    : "there is no secret that you may see with a name that begins with '\(prefix)'")
            return
        }
        let output = connection.output
        let rows = secrets.map { secret in
            [
                secret["Name"]?.string ?? "", Timestamp(secret["LastChangedDate"]).map(output.relative) ?? "",
                StageList.words(secret["SecretVersionsToStages"]), remark(secret, output),
            ]
        }
        print(output.table(["NAME", "CHANGED", "LABELS", "DESCRIPTION"], rows))
    }

    private func remark(_ secret: JSONValue, _ output: Output) -> String {
        let description = secret["Description"]?.string ?? ""
        guard let deletion = Timestamp(secret["DeletedDate"]) else { return description }
        return "(deleted for good \(output.relative(deletion))) \(description)"
    }

    private func pages() throws -> [JSONValue] {
        var secrets: [JSONValue] = []
        var token: JSONValue?
        let filters: JSONValue? = prefix.isEmpty ? nil : [["Key": "name", "Values": [.string(prefix)]]]
        repeat {
            let page = try connection.daemon.call(
                "coffer.ListSecrets", ("Filters", filters), ("IncludePlannedDeletion", .bool(deleted)),
                ("NextToken", token))
            secrets += page["SecretList"]?.array ?? []
            token = page["NextToken"]
        } while token != nil
        return secrets
    }
}

/// Labels for people.
enum StageList {
    /// The labels of all versions, AWS's first: `AWSCURRENT AWSPREVIOUS canary`.
    static func words(_ versions: JSONValue?) -> String {
        sorted((versions?.object ?? []).flatMap { names($0.value) })
    }

    static func names(_ stages: JSONValue?) -> [String] { (stages?.array ?? []).compactMap(\.string) }

    static func sorted(_ names: [String]) -> String {
        names.sorted { ($0.hasPrefix("AWS") ? 0 : 1, $0) < ($1.hasPrefix("AWS") ? 0 : 1, $1) }.joined(
            separator: " ")
    }
}
