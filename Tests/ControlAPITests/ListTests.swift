import CofferCore
import Testing

@Suite struct ListTests {
    @Test(
        "Pages cover every secret once, in every order",
        arguments: ["name", "created-date", "last-changed-date"])
    func pages(_ key: String) throws {
        let fixture = try Fixture()
        let names = ["b", "a/x", "c", "a", "d/e/f", "a/y", "e"]
        for name in names { try fixture.make(name) }
        for order in ["asc", "desc"] {
            for operation in ["ListSecrets", "coffer.ListSecrets"] {
                var found: [String] = []
                var token: JSONValue?
                repeat {
                    let page = try fixture.call(
                        operation,
                        .members(
                            ("SortBy", .string(key)), ("SortOrder", .string(order)), ("MaxResults", 2),
                            ("NextToken", token)))
                    #expect(page.names.count <= 2)
                    found += page.names
                    token = page.json["NextToken"]
                } while token != nil && found.count < 20
                let ascending = key == "name" ? names.sorted() : names
                #expect(found == (order == "asc" ? ascending : ascending.reversed()))
            }
        }
    }

    @Test("A page is at most 100 long, and only our own operation gives more")
    func pageLimit() throws {
        let fixture = try Fixture()
        #expect(try fixture.call("ListSecrets", ["MaxResults": 101]).error == "InvalidParameterException")
        #expect(try fixture.call("ListSecrets", ["MaxResults": 0]).error == "InvalidParameterException")
        #expect(try fixture.call("coffer.ListSecrets", ["MaxResults": 2000]).status == 200)
    }

    @Test("A token that no page gave is refused", arguments: ["x", "1", ":", "0:", "0:/", "z:a"])
    func badToken(_ token: String) throws {
        let fixture = try Fixture()
        let answer = try fixture.call("ListSecrets", ["NextToken": .string(token)])
        #expect(answer.error == "InvalidNextTokenException")
        try fixture.make("a")
        let versions = try fixture.call("ListSecretVersionIds", ["SecretId": "a", "NextToken": "x"])
        #expect(versions.error == "InvalidNextTokenException")
    }

    @Test(
        "Filters choose by name, tag and description, and may be negated",
        arguments: [
            ([("name", ["prod/"])], ["prod/db", "prod/web"]),
            ([("name", ["!prod/"])], ["test/db"]),
            ([("name", ["prod/db", "test"])], ["prod/db", "test/db"]),
            ([("tag-key", ["tea"])], ["prod/db", "test/db"]),
            ([("tag-value", ["data"])], ["prod/db"]),
            ([("tag-key", ["team"]), ("name", ["prod"])], ["prod/db"]),
            ([("description", ["login"])], ["prod/db"]),
            ([("all", ["data"])], ["prod/db"]),
            ([("name", ["nothing"])], []),
        ] as [([(String, [String])], [String])])
    func filters(filters: [(String, [String])], expected: [String]) throws {
        let fixture = try Fixture()
        let tag: (String) -> JSONValue = { [["Key": "team", "Value": .string($0)]] }
        try fixture.call(
            "CreateSecret", ["Name": "prod/db", "Description": "The Login of db", "Tags": tag("data")])
        try fixture.call("CreateSecret", ["Name": "prod/web"])
        try fixture.call("CreateSecret", ["Name": "test/db", "Tags": tag("quality")])
        let json = filters.map { key, values in
            JSONValue.members(("Key", .string(key)), ("Values", .array(values.map { .string($0) })))
        }
        #expect(try fixture.call("ListSecrets", ["Filters": .array(json)]).names == expected)
    }

    @Test("A filter that ListSecrets doesn't have is refused")
    func badFilter() throws {
        let fixture = try Fixture()
        for filter in [
            ["Key": "color", "Values": ["x"]], ["Key": "name", "Values": []],
            ["Key": "name", "Values": ["x"], "Or": 1],
        ] as [JSONValue] {
            #expect(
                try fixture.call("ListSecrets", ["Filters": [filter]]).error == "InvalidParameterException")
        }
    }

    @Test("Versions are listed newest first, those without a label only where asked")
    func versions() throws {
        let fixture = try Fixture()
        var ids = [try fixture.make("a", "0")]
        for number in 1..<5 {
            let answer = try fixture.call(
                "PutSecretValue", ["SecretId": "a", "SecretString": .string(String(number))])
            ids.append(answer.json["VersionId"]?.string ?? "")
        }
        func list(_ more: (String, JSONValue?)...) throws -> Answer {
            try fixture.call(
                "ListSecretVersionIds",
                .object(
                    [JSONMember("SecretId", "a")]
                        + more.compactMap { name, value in value.map { JSONMember(name, $0) } }))
        }
        func versions(_ answer: Answer) -> [String] {
            answer.json["Versions"]?.array?.compactMap { $0["VersionId"]?.string } ?? []
        }
        #expect(try versions(list()) == [ids[4], ids[3]])
        #expect(try versions(list(("IncludeDeprecated", true))) == ids.reversed())
        var found: [String] = []
        var token: JSONValue?
        repeat {
            let page = try list(("IncludeDeprecated", true), ("MaxResults", 2), ("NextToken", token))
            found += versions(page)
            token = page.json["NextToken"]
        } while token != nil && found.count < 20
        #expect(found == ids.reversed())
    }

    @Test("Who may see some secrets is listed those, and pages are full all the same")
    func visibility() throws {
        let fixture = try Fixture()
        for name in ["a1", "b1", "a2", "b2", "a3"] { try fixture.make(name) }
        try fixture.allow(Fixture.alice, ["DescribeSecret"], on: "a*")
        #expect(try fixture.call("ListSecrets", as: Fixture.alice).names == ["a1", "a2", "a3"])
        let page = try fixture.call("ListSecrets", ["MaxResults": 2], as: Fixture.alice)
        #expect(page.names == ["a1", "a2"])
        #expect(page.json["NextToken"] != nil)
        #expect(try fixture.call("ListSecrets", as: Fixture.bob).names.isEmpty)
    }
}
