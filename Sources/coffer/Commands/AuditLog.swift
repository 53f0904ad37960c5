internal import ArgumentParser
internal import CofferCore
internal import Glibc

struct AuditLog: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Print what was done and refused.",
        discussion: """
            The newest records, oldest first. With --json each is a line, as it stands in the trail.

            EXAMPLES:
              coffer audit log --secret 'prod/*' --denied --since 2h
              coffer audit log --uid 33 --since 2026-11-24 --until 2026-11-25T12:00:00Z
              coffer audit log --follow --json
            """)

    /// How often the trail is looked at while it is followed, in nanoseconds.
    private static let pauseNanoseconds = 500_000_000
    /// The most records that one answer has.
    private static let pageLimit = 2000

    @Option(
        help: ArgumentHelp("Only of secrets with such a name; * stands for anything.", valueName: "pattern"))
    var secret: String?

    @Option(help: ArgumentHelp("Only by this user's number.", valueName: "number"))
    var uid: UInt32?

    @Option(
        help: ArgumentHelp(
            "Only from then on: a date (2026-11-24T01:00:00Z) or how long ago (30m, 2h, 7d).",
            valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only until then.", valueName: "time"))
    var until: String?

    @Flag(help: "Only what the policy refused.")
    var denied = false

    @Flag(help: "Only what was done.")
    var allowed = false

    @Flag(help: "Go on with what comes.")
    var follow = false

    @Option(help: ArgumentHelp("The newest of them, 1 to 2000.", valueName: "number"))
    var limit = 100

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if denied, allowed { throw ValidationError("give --denied or --allowed, not both") }
        guard (1...Self.pageLimit).contains(limit) else {
            throw ValidationError("--limit is 1 to \(Self.pageLimit)")
        }
    }

    func run() throws {
        let start = try TimeArgument.moment(since)
        let end = try TimeArgument.moment(until)
        var answer = try events(start, end, after: nil, limit: limit)
        show(answer)
        while follow {
            // A full page means that there is more already.
            if answer["Events"]?.array?.count != Self.pageLimit { Self.pause() }
            answer = try events(start, end, after: answer["Next"], limit: Self.pageLimit)
            show(answer)
        }
    }

    private func events(
        _ start: Timestamp?, _ end: Timestamp?, after: JSONValue?, limit: Int
    ) throws -> JSONValue {
        try connection.daemon.call(
            "coffer.LookupEvents", ("SecretPattern", secret.map { .string($0) }),
            ("UID", uid.map { .int($0) }), ("StartTime", start.map { .string($0.text) }),
            ("EndTime", end.map { .string($0.text) }),
            ("Outcome", denied ? "denied" : allowed ? "allowed" : nil), ("After", after),
            ("MaxResults", .int(limit)))
    }

    private func show(_ answer: JSONValue) {
        let own = Int64(getpid())
        for event in answer["Events"]?.array ?? [] {
            // Following is recorded too; who follows wants to see the others.
            if follow, event["eventName"] == "LookupEvents", event["userIdentity"]?["pid"]?.int == own {
                continue
            }
            print(connection.json ? event.text : AuditLine.words(event, connection.output))
        }
        fflush(nil)
    }

    private static func pause() {
        var pause = timespec(tv_sec: 0, tv_nsec: pauseNanoseconds)
        unsafe nanosleep(&pause, nil)
    }
}

/// A record of the trail as a line for people.
enum AuditLine {
    static func words(_ event: JSONValue, _ output: Output) -> String {
        let who = event["userIdentity"]
        let what = event["requestParameters"]
        let target = [what?["secretId"], what?["versionStage"], what?["member"]].compactMap { $0?.string }
        let program = who?["executable"]?.string ?? who?["via"]?.string ?? ""
        let words = [
            filled(event["eventTime"]?.string ?? "", 24), filled("uid \(who?["uid"]?.int ?? -1)", 9),
            filled(event["eventName"]?.string ?? "", 24), filled(target.joined(separator: " "), 24),
            "(\(program), pid \(who?["pid"]?.int ?? 0))",
        ].map(Output.printable)
        let error = event["errorCode"]?.string
        let outcome = output.styled(Output.printable(filled(error ?? "ok", 6)), error == nil ? .green : .red)
        return ([words[0], outcome] + words[1...]).joined(separator: "  ")
    }

    private static func filled(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// A moment as an argument: a date, or how long ago.
enum TimeArgument {
    private static let unitSeconds: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    /// Reads `2026-11-24T01:00:00Z`, `2026-11-24`, `30m`, `2h` or `7d`.
    static func moment(_ text: String?, now: Timestamp = .now) throws -> Timestamp? {
        guard let text else { return nil }
        if let time = Timestamp(text) { return time }
        guard let unit = text.last.flatMap({ unitSeconds[$0] }), let number = Int64(text.dropLast()),
            (0...1_000_000).contains(number)
        else {
            throw CommandFailure(
                .usage, "'\(text)' is no time; give a date such as 2026-11-24T01:00:00Z, or 30m, 2h, 7d")
        }
        return Timestamp(milliseconds: now.milliseconds - number * unit * 1000)
    }
}
