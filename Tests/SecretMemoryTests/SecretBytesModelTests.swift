import Testing

@testable import SecretMemory

@Suite("SecretBytes against a model")
struct SecretBytesModelTests {
    @Test(
        "Any row of edits gives what the same edits give on an array",
        arguments: 1...40 as ClosedRange<UInt64>)
    func edits(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var secret = try SecretBytes(capacity: Int.random(in: 0...100, using: &random))
        var model: [UInt8] = []
        for step in 0..<200 {
            switch Int.random(in: 0..<7, using: &random) {
            case 0:
                let byte = UInt8.random(in: 0...255, using: &random)
                try secret.append(byte)
                model.append(byte)
            case 1:
                let more = piece(upTo: 300, using: &random)
                try secret.append(more.span)
                model += more
            case 2:
                let more = piece(upTo: 3000, using: &random)
                try unsafe more.withUnsafeBytes { try unsafe secret.append($0) }
                model += more
            case 3:
                let count = Int.random(in: 0...model.count + 100, using: &random)
                try secret.resize(to: count)
                model = Array(model.prefix(count)) + [UInt8](repeating: 0, count: max(0, count - model.count))
            case 4:
                let more = piece(upTo: 200, using: &random)
                let offset = Int.random(in: 0...model.count + 50, using: &random)
                try unsafe more.withUnsafeBytes { try unsafe secret.write($0, at: offset) }
                guard !more.isEmpty else { break }
                model += [UInt8](repeating: 0, count: max(0, offset + more.count - model.count))
                model.replaceSubrange(offset..<offset + more.count, with: more)
            case 5:
                guard !model.isEmpty else { break }
                let index = Int.random(in: 0..<model.count, using: &random)
                secret.withMutableBytes { $0[index] ^= 0xff }
                model[index] ^= 0xff
            default:
                secret = try secret.copy()
            }
            try #require(secret.exposed == model, "seed \(seed), step \(step)")
            let rest = unsafe isFilled(
                UnsafeMutableRawBufferPointer(rebasing: secret.cell.memory[secret.count...]), with: 0)
            try #require(rest, "bytes behind the end, seed \(seed), step \(step)")
        }
    }

    private func piece(upTo limit: Int, using random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...limit, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
}
