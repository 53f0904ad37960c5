import AuditTrail
import CofferCore
import Foundation
import SecretMemory
import Testing

@Suite("Keys that move forward")
struct EpochTests {
    @Test("A trail over several epochs is one chain, and opens again")
    func severalEpochs() throws {
        let workspace = try Workspace()
        try workspace.fill(4095)
        try workspace.fill(1)
        try workspace.fill(5000)
        let trail = try workspace.open()
        #expect(trail.recovery == nil)
        let report = try trail.verify(key: Workspace.key())
        #expect(report.isIntact)
        #expect(report.records == 9096)
    }

    @Test("A later epoch's key checks and continues the trail, but not what came before")
    func laterKey() throws {
        let workspace = try Workspace()
        let trail = try workspace.open()
        for number in 0..<5000 { try trail.append(.sample(number)) }
        let later = try trail.epochKey()
        #expect(later.epoch == 1)
        let report = try trail.verify(key: later.key.copy(), keyEpoch: 1)
        #expect(report.isIntact)
        #expect(report.uncheckedRecords == 4095)
        #expect(report.records == 905)
    }

    @Test("Whoever has a later key can't change earlier records unseen by the first key")
    func forwardSecurity() throws {
        let workspace = try Workspace()
        let later: EpochKey
        do {
            let trail = try workspace.open()
            for number in 0..<4200 { try trail.append(.sample(number)) }
            later = try trail.epochKey()
        }
        var lines = try workspace.lines
        lines[99] = lines[99].replacingOccurrences(of: "uid\":33", with: "uid\":44")
        try workspace.write(lines)
        let seen = try AuditTrail.verify(
            directory: workspace.directory, key: later.key.copy(), keyEpoch: later.epoch,
            trailID: Workspace.trailID)
        #expect(seen.isIntact)
        #expect(try workspace.verify().problems.map(\.line) == [100])
    }

    @Test("A trail goes on with a later key alone")
    func continued() throws {
        let workspace = try Workspace()
        let later: EpochKey
        do {
            let trail = try workspace.open()
            for number in 0..<4200 { try trail.append(.sample(number)) }
            later = try trail.epochKey()
        }
        do {
            let trail = try AuditTrail(
                directory: workspace.directory, key: later.key.copy(), keyEpoch: later.epoch,
                trailID: Workspace.trailID)
            #expect(trail.recovery == nil)
            #expect(try trail.append(.sample(0)) == 4201)
        }
        #expect(try workspace.verify().isIntact)
    }

    @Test("A break at the end of an epoch is found in its line", arguments: [4095, 4096])
    func breakAtBoundary(number: Int) throws {
        let workspace = try Workspace()
        try workspace.fill(4100)
        var lines = try workspace.lines
        lines.remove(at: number - 1)
        try workspace.write(lines)
        let report = try workspace.verify()
        #expect(report.problems.map(\.kind) == [.removed(first: UInt64(number), last: UInt64(number))])
    }
}
