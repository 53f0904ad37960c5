internal import ArgumentParser
internal import CofferCore
internal import Glibc
internal import SecretsManager

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read and check the audit trail.",
        discussion: """
            EXAMPLES:
              coffer audit log --secret 'prod/*' --denied --since 2h
              coffer audit log --follow --json
              coffer audit verify
            """,
        subcommands: [AuditLog.self, AuditVerify.self])
}

struct AuditLog: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Print what was done and refused.")

    @Option(
        help: ArgumentHelp("Only of secrets with such a name; * and ? are wildcards.", valueName: "pattern"))
    var secret: String?

    @Option(help: "Only by this user's number.")
    var uid: UInt32?

    @Option(
        help: ArgumentHelp(
            "Only from then on: a date (2026-11-24T01:00:00Z) or how long ago (30m, 2h, 7d).",
            valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only until then.", valueName: "time"))
    var until: String?

    @Flag(help: "Only what was refused.")
    var denied = false

    @Flag(help: "Only what was allowed.")
    var allowed = false

    @Flag(help: "Go on with what comes.")
    var follow = false

    @Option(help: "How many records at the most; the newest.")
    var limit = 100

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if denied, allowed { throw ValidationError("give --denied or --allowed, not both") }
    }

    func run() throws {
        var after: JSONValue?
        repeat {
            let answer = try connection.daemon.call(
                "coffer.LookupEvents", ("SecretPattern", secret.map { .string($0) }),
                ("UID", uid.map { .int($0) }),
                ("StartTime", try time(since)), ("EndTime", try time(until)),
                ("Outcome", denied ? "denied" : allowed ? "allowed" : nil), ("After", after),
                ("MaxResults", .int(limit)))
            for event in answer["Events"]?.array ?? [] { print(connection.json ? event.text : line(event)) }
            fflush(nil)
            after = answer["Next"]
            if follow {
                var pause = timespec(tv_sec: 0, tv_nsec: 500_000_000)
                unsafe nanosleep(&pause, nil)
            }
        } while follow
    }

    private func line(_ event: JSONValue) -> String {
        let who = event["userIdentity"]
        let what = event["requestParameters"]
        let outcome = event["errorCode"]?.string
        let target = [what?["secretId"], what?["versionStage"], what?["member"]].compactMap { $0?.string }
        let words = [
            event["eventTime"]?.string ?? "", "uid \(who?["uid"]?.int ?? -1)",
            who?["executable"]?.string ?? "-", event["eventName"]?.string ?? "",
            target.joined(separator: " "),
            connection.output.styled(outcome ?? "ok", outcome == nil ? .green : .red),
        ]
        return words.map(Output.printable).joined(separator: "  ")
    }

    private func time(_ text: String?) throws -> JSONValue? {
        guard let text else { return nil }
        if let time = Timestamp(text) { return .number(time.secondsText) }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()), number >= 0
        else {
            throw CommandFailure(.usage, "'\(text)' is no time; give 2026-11-24T01:00:00Z, or 30m, 2h, 7d")
        }
        return .number(Timestamp(milliseconds: Timestamp.now.milliseconds - number * unit * 1000).secondsText)
    }
}

struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that no record was edited, removed, moved or cut off.",
        discussion: "Exits with 7 where something is wrong.")

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let report = try connection.daemon.call("coffer.VerifyTrail")
        let isIntact = report["Intact"]?.bool == true
        if connection.json {
            print(report.prettyText)
        } else {
            print("\(report["Records"]?.int ?? 0) records, \(isIntact ? "all in order" : "NOT in order:")")
            for problem in report["Problems"]?.array ?? [] { print("  \(problem["Message"]?.string ?? "")") }
        }
        if !isIntact { throw ExitCode(ExitStatus.storeTrouble.rawValue) }
    }
}
