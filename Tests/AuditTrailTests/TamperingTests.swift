import AuditTrail
import CofferCore
import Foundation
import Testing

@Suite("What verify finds")
struct TamperingTests {
    typealias Kind = VerificationReport.Problem.Kind

    private func found(_ report: VerificationReport) -> [(Kind, UInt64?)] {
        report.problems.map { ($0.kind, $0.line) }
    }

    @Test("Nothing is wrong with a trail that nobody touched")
    func intact() throws {
        let workspace = try Workspace()
        let last = try workspace.fill(20)
        let report = try workspace.verify(expecting: last)
        #expect(report.isIntact)
        #expect(report.records == 20)
        #expect(report.firstTime == AuditEvent.sample(0).time)
        #expect(report.lastTime == AuditEvent.sample(19).time)
        #expect(report.last == last)
    }

    @Test(
        "A changed byte in any field of any record is found in its line", arguments: [1, 2, 10, 11, 19, 20])
    func editedByte(number: Int) throws {
        let workspace = try Workspace()
        try workspace.fill(20)
        let original = try workspace.lines
        let line = Array(original[number - 1].utf8)
        for index in line.indices {
            var bytes = line
            // Stay a digit where there was one, and printable everywhere.
            bytes[index] = bytes[index] == UInt8(ascii: "7") ? UInt8(ascii: "8") : UInt8(ascii: "7")
            var lines = original
            lines[number - 1] = String(decoding: bytes, as: UTF8.self)
            try workspace.write(lines)
            let report = try workspace.verify()
            let problem = try #require(report.problems.first, "byte \(index) of \(original[number - 1])")
            #expect(report.problems.count == 1, "byte \(index): \(report.problems)")
            #expect(problem.line == UInt64(number), "byte \(index): \(problem)")
            #expect(problem.kind == .edited, "byte \(index): \(problem)")
            #expect(problem.sequence == UInt64(number), "byte \(index): \(problem)")
        }
    }

    @Test("A removed record is named in the line that follows", arguments: [1, 2, 10, 19])
    func removed(number: Int) throws {
        let workspace = try Workspace()
        try workspace.fill(20)
        var lines = try workspace.lines
        lines.remove(at: number - 1)
        try workspace.write(lines)
        let report = try workspace.verify()
        #expect(report.problems.map(\.kind) == [.removed(first: UInt64(number), last: UInt64(number))])
        #expect(report.problems.map(\.line) == [UInt64(number)])
    }

    @Test("Several removed records are named")
    func removedRange() throws {
        let workspace = try Workspace()
        try workspace.fill(20)
        var lines = try workspace.lines
        lines.removeSubrange(4..<9)
        try workspace.write(lines)
        #expect(try workspace.verify().problems.map(\.kind) == [.removed(first: 5, last: 9)])
    }

    @Test("Two neighbours that changed places are found", arguments: [1, 10, 19])
    func swapped(number: Int) throws {
        let workspace = try Workspace()
        try workspace.fill(20)
        var lines = try workspace.lines
        lines.swapAt(number - 1, number)
        try workspace.write(lines)
        let report = try workspace.verify()
        #expect(report.problems.map(\.kind) == [.outOfPlace])
        #expect(report.problems.map(\.line) == [UInt64(number)])
        #expect(report.problems.map(\.sequence) == [UInt64(number + 1)])
    }

    @Test("A record that stands twice is found", arguments: [3, 19])
    func copied(position: Int) throws {
        let workspace = try Workspace()
        try workspace.fill(20)
        var lines = try workspace.lines
        lines.insert(lines[2], at: position)
        try workspace.write(lines)
        let report = try workspace.verify()
        #expect(report.problems.map(\.kind) == [.outOfPlace])
        #expect(report.problems.map(\.line) == [UInt64(position + 1)])
    }

    @Test("A cut-off tail shows by the head file")
    func cutTail() throws {
        let workspace = try Workspace()
        try workspace.fill(20)
        try workspace.write(Array(workspace.lines.prefix(15)))
        #expect(try workspace.verify().problems.map(\.kind) == [.cutOff(first: 16, last: 20)])
    }

    @Test("A tail cut off together with the head file shows by the store's checkpoint")
    func cutTailAndHead() throws {
        let workspace = try Workspace()
        try workspace.fill(15)
        let oldHead = try Data(contentsOf: URL(fileURLWithPath: workspace.head))
        let oldLog = try Data(contentsOf: URL(fileURLWithPath: workspace.log))
        let last = try workspace.fill(5)
        #expect(last.sequence == 20)
        try oldHead.write(to: URL(fileURLWithPath: workspace.head))
        try oldLog.write(to: URL(fileURLWithPath: workspace.log))
        #expect(try workspace.verify().isIntact, "nothing else can know")
        #expect(try workspace.verify(expecting: last).problems.map(\.kind) == [.cutOff(first: 16, last: 20)])
    }

    @Test("A whole trail that was emptied shows")
    func emptied() throws {
        let workspace = try Workspace()
        try workspace.fill(3)
        try workspace.write([])
        #expect(try workspace.verify().problems.map(\.kind) == [.cutOff(first: 1, last: 3)])
    }

    @Test("A forged record at the end is found")
    func forged() throws {
        let workspace = try Workspace()
        try workspace.fill(5)
        let last = try #require(try workspace.lines.last)
        let forged = last.replacingOccurrences(of: "\"sequence\":5", with: "\"sequence\":6")
        try workspace.appendToLog(forged + "\nnot even a record\n")
        let report = try workspace.verify()
        #expect(report.problems.map(\.kind) == [.foreign, .foreign])
        #expect(report.problems.map(\.line) == [6, 7])
    }

    @Test("A foreign line in the middle is found")
    func inserted() throws {
        let workspace = try Workspace()
        try workspace.fill(5)
        var lines = try workspace.lines
        lines.insert("{}", at: 2)
        try workspace.write(lines)
        let report = try workspace.verify()
        #expect(report.problems.map(\.kind) == [.foreign])
        #expect(report.problems.map(\.line) == [3])
    }

    @Test("A line longer than any record does not stop the check")
    func endlessLine() throws {
        let workspace = try Workspace()
        try workspace.fill(5)
        var lines = try workspace.lines
        lines.insert(String(repeating: "x", count: 3_000_000), at: 2)
        try workspace.write(lines)
        let report = try workspace.verify()
        #expect(report.problems.map(\.kind) == [.foreign])
        #expect(report.problems.map(\.line) == [3])
        #expect(report.records == 5)
    }

    @Test("With another key nothing is in order")
    func wrongKey() throws {
        let workspace = try Workspace()
        try workspace.fill(3)
        let report = try AuditTrail.verify(
            directory: workspace.directory, key: Workspace.key(8), trailID: Workspace.trailID)
        #expect(report.records == 0)
        #expect(report.problems.map(\.line).contains(1))
    }

    @Test("The open trail sees what happens to its files")
    func whileOpen() throws {
        let workspace = try Workspace()
        let trail = try workspace.open()
        for number in 0..<5 { try trail.append(.sample(number)) }
        try workspace.write(Array(workspace.lines.prefix(3)))
        try Data().write(to: URL(fileURLWithPath: workspace.head))
        let report = try trail.verify(key: Workspace.key())
        #expect(report.problems.map(\.kind) == [.head, .cutOff(first: 4, last: 5)])
        #expect(report.problems.map(\.line) == [nil, nil])
    }

    @Test("More problems than are kept are counted")
    func manyProblems() throws {
        let workspace = try Workspace()
        try workspace.fill(2)
        try workspace.appendToLog(String(repeating: "x\n", count: 5000))
        let report = try workspace.verify()
        #expect(report.problemCount == 5000)
        #expect(report.problems.count == VerificationReport.problemLimit)
    }
}
