internal import ArgumentParser
internal import CofferCore

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the daemon is.",
        discussion: """
            EXAMPLES:
              coffer status
              coffer status --json
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let status = try connection.daemon.call("coffer.GetStatus")
        guard !connection.json else {
            print(status.prettyText)
            return
        }
        let fields = (status.object ?? []).map { member -> (name: String, value: String) in
            if member.name == "StartedDate", let time = Timestamp(member.value) {
                return ("Started", connection.output.relative(time))
            }
            return (member.name, member.value.string ?? member.value.text)
        }
        print(connection.output.fields(fields))
    }
}
