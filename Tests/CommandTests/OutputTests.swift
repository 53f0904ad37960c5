import CofferCore
import Testing

@testable import coffer

@Suite struct OutputTests {
    private let plain = Output(isColoured: false, now: Timestamp(seconds: 1_000_000))

    @Test("Columns stand under each other, and no line ends in blanks")
    func table() {
        let text = plain.table(
            ["NAME", "LABELS", "NOTE"], [["a", "AWSCURRENT", ""], ["prod/db", "", "x"]])
        #expect(
            text == """
                NAME     LABELS      NOTE
                a        AWSCURRENT
                prod/db              x
                """)
    }

    @Test("Styles are shown on a terminal only")
    func styles() {
        #expect(plain.styled("a", .red) == "a")
        #expect(Output(isColoured: true).styled("a", .red) == "\u{1b}[31ma\u{1b}[0m")
    }

    @Test(
        "What could steer a terminal is not printed",
        arguments: ["\u{1b}[31m", "\u{7}", "\r", "\u{9b}", "\u{202e}"])
    func control(_ text: String) {
        let shown = Output.printable("a" + text + "b")
        #expect(shown.hasPrefix("a\u{fffd}"))
        #expect(!plain.table(["A"], [[text]]).contains(text))
        #expect(!plain.fields([("name", text)]).contains(text))
    }

    @Test(
        "Times are told in their largest whole unit",
        arguments: [
            (0, "just now"), (1, "just now"), (2, "2 s ago"), (59, "59 s ago"), (60, "1 min ago"),
            (3599, "59 min ago"),
            (3600, "1 h ago"), (86_399, "23 h ago"), (86_400, "1 d ago"), (-3600, "in 1 h"),
            (-30 * 86_400, "in 30 d"),
        ] as [(Int64, String)])
    func relative(ago: Int64, words: String) {
        #expect(plain.relative(Timestamp(seconds: 1_000_000 - ago)) == words)
    }

    @Test("A record of the trail is one line, whatever stands in it")
    func auditLine() throws {
        let event = try JSONValue(
            parsing:
                #"{"eventTime":"2026-11-24T01:02:03.004Z","eventName":"GetSecretValue","userIdentity":{"uid":33,"pid":7,"executable":"/bin/\u001b[2Jx\n"},"requestParameters":{"secretId":"prod/db","versionStage":"AWSCURRENT"},"errorCode":"AccessDeniedException"}"#
        )
        let line = AuditLine.words(event, plain)
        #expect(line.hasPrefix("2026-11-24T01:02:03.004Z  AccessDeniedException  uid 33"))
        #expect(line.contains("prod/db AWSCURRENT"))
        #expect(!line.contains("\n") && !line.contains("\u{1b}"))
        #expect(
            AuditLine.words(event, Output(isColoured: true)).contains(
                "\u{1b}[31mAccessDeniedException\u{1b}[0m"))
    }
}
