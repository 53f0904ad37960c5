import Foundation
import Testing

@testable import CofferCore

@Suite("docs/policies.md")
struct PolicyDocsTests {
    private static func page() throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try String(contentsOfFile: "/\(root)/docs/policies.md", encoding: .utf8)
    }

    @Test("The examples of docs/policies.md are policies")
    func examples() throws {
        let text = try Self.page()
        let blocks = text.components(between: "```json\n", and: "\n```")
        #expect(blocks.count == 6)
        for block in blocks {
            if block.hasPrefix("{\n") {
                _ = try PolicyDocument(parsing: block, for: .store)
            } else if block.hasPrefix("{") {
                _ = try PolicyDocument(parsing: policyText(block), for: .store)
            } else {
                _ = try PolicyDocument(
                    parsing: policyText(
                        #"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", \#(block)}"#),
                    for: .store)
            }
        }
    }

    @Test("docs/policies.md names every action, operator, key and element that there is")
    func complete() throws {
        let text = try Self.page()
        for action in Action.allCases { #expect(text.contains("\(action.eventName)`"), "\(action.name)") }
        for name in ConditionOperator.allCases.map(\.rawValue) + ConditionKey.names {
            #expect(text.contains("`\(name)`"), "\(name)")
        }
    }
}

extension String {
    fileprivate func components(between start: String, and end: String) -> [String] {
        components(separatedBy: start).dropFirst().map { $0.components(separatedBy: end)[0] }
    }
}
