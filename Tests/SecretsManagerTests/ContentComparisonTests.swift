import CofferCore
import SecretsManager
import Testing

@Suite("What differs between two versions")
struct ContentComparisonTests {
    @Test(
        "A member has changed if it reads otherwise than before, wherever it stands",
        arguments: [
            (#"{"a":"1","b":"2"}"#, #"{"a":"1","b":"3"}"#, ["b"]),
            (#"{"a":"1","b":"2"}"#, #"{ "b" : "2" , "a" : "1" }"#, []),
            (#"{"a":"1"}"#, #"{"a":1}"#, ["a"]),
            (#"{"a":"1"}"#, #"{"a":"1","b":{}}"#, ["b"]),
            (#"{"a":"1","b":"2"}"#, #"{"b":"2"}"#, []),
            (#"{"a":[1, 2]}"#, #"{"a":[1, 3]}"#, ["a"]),
            ("text", #"{"a":"1"}"#, ["a"]),
            (#"{"a":"1"}"#, "text", []),
        ])
    func members(_ earlier: String, _ later: String, _ changed: [String]) throws {
        let vault = try Vault()
        let first = try #require(try vault.create("s", earlier).version)
        let second = try #require(try vault.put("s", later).version)
        let record = try vault.record("s")
        let found = vault.manager.changedMembers(of: record.serial, from: first, to: second)
        #expect(Set(found.compactMap { record.memberName($0) }) == Set(changed))
    }

    @Test("Where it can't be told, every member has changed")
    func unknown() throws {
        let vault = try Vault()
        let first = try #require(try vault.create("s", #"{"a":"1","b":"2"}"#).version)
        let second = try #require(try vault.put("s", #"{"a":"1","b":"3"}"#).version)
        let serial = try vault.record("s").serial
        #expect(vault.manager.changedMembers(of: serial, from: first, to: second).count == 1)
        #expect(vault.manager.changedMembers(of: serial, from: second, to: second).count == 2)
        for number in 0..<100 { try vault.put("s", "\(number)") }
        #expect(vault.manager.changedMembers(of: serial, from: first, to: second).count == 2)
    }
}
