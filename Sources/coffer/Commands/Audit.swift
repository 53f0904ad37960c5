internal import ArgumentParser
internal import CofferCore

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

struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that no record was edited, removed, moved or cut off.",
        discussion: """
            Exits with 7 where something is wrong.

            EXAMPLES:
              coffer audit verify
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let report = try connection.daemon.call("coffer.VerifyTrail")
        let isIntact = report["Intact"]?.bool == true
        var lines = ["\(report["Records"]?.int ?? 0) records, \(isIntact ? "all in order" : "NOT in order:")"]
        for problem in report["Problems"]?.array ?? [] {
            lines.append("  \(problem["Message"]?.string ?? "")")
        }
        connection.report(report, lines.map(Output.printable).joined(separator: "\n"))
        if !isIntact { throw ExitCode(ExitStatus.storeTrouble.rawValue) }
    }
}
