internal import ArgumentParser
internal import CofferCore

struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what is known of a secret, never its value.",
        discussion: """
            EXAMPLES:
              coffer describe prod/db
              coffer describe prod/db --json         (DescribeSecret's answer)
            """)

    @Argument(help: "The secret's name or ARN.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let secret = try connection.daemon.call("secretsmanager.DescribeSecret", ("SecretId", .string(name)))
        guard !connection.json else {
            print(secret.prettyText)
            return
        }
        let output = connection.output
        func time(_ member: String) -> String? {
            Timestamp(secret[member]).map { "\(output.relative($0)) (\($0.text))" }
        }
        var fields: [(name: String, value: String?)] = [
            ("name", secret["Name"]?.string), ("arn", secret["ARN"]?.string),
            ("description", secret["Description"]?.string), ("key", secret["KmsKeyId"]?.string),
            ("created", time("CreatedDate")), ("changed", time("LastChangedDate")),
            ("read", Timestamp(secret["LastAccessedDate"]).map { String($0.text.prefix(10)) } ?? "never"),
            ("deleted for good", time("DeletedDate")),
        ]
        if let settings = secret["FileSettings"] { fields.append(("files", Chattr.words(settings))) }
        for tag in secret["Tags"]?.array ?? [] {
            fields.append(("tag", "\(tag["Key"]?.string ?? "")=\(tag["Value"]?.string ?? "")"))
        }
        for version in secret["VersionIdsToStages"]?.object ?? [] {
            fields.append(("version", "\(version.name)  \(StageList.sorted(StageList.names(version.value)))"))
        }
        print(output.fields(fields.compactMap { field in field.value.map { (field.name, $0) } }))
    }
}
