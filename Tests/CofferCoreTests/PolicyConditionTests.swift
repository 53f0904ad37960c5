import Testing

@testable import CofferCore

@Suite("Policy conditions")
struct PolicyConditionTests {
    private static func truth(_ condition: String, _ request: PolicyRequest) throws -> Truth {
        let text = policyText(
            #"{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {\#(condition)}}"#)
        let conditions = try PolicyDocument(parsing: text).statements[0].conditions
        return conditions.map { $0.truth(for: request) }.min() ?? .yes
    }

    @Test(
        "Operators compare as IAM's do",
        arguments: [
            (#""StringEquals": {"coffer:VersionStage": "AWSCURRENT"}"#, .yes),
            (#""StringEquals": {"secretsmanager:VersionStage": ["AWSPENDING", "current"]}"#, .yes),
            (#""StringEquals": {"coffer:VersionStage": "AWSPENDING"}"#, .no),
            (#""StringNotEquals": {"coffer:VersionStage": ["AWSPENDING", "AWSCURRENT"]}"#, .no),
            (#""StringNotEquals": {"coffer:VersionStage": ["AWSPENDING", "canary"]}"#, .yes),
            (#""StringLike": {"coffer:VersionStage": "AWS*"}"#, .yes),
            (#""StringNotLike": {"coffer:VersionStage": ["x*", "AWS?URRENT"]}"#, .no),
            (#""StringEquals": {"aws:ResourceTag/team": "web"}"#, .yes),
            (#""StringEquals": {"secretsmanager:ResourceTag/team": "Web"}"#, .no),
            (#""StringEquals": {"aws:ResourceTag/accent": "\#u{e9}"}"#, .yes),
            (#""StringEquals": {"aws:ResourceTag/accent": "e\#u{301}"}"#, .no),
            (#""StringEquals": {"aws:ResourceTag/none": "x"}"#, .no),
            (#""StringNotEquals": {"aws:ResourceTag/none": "x"}"#, .yes),
            (#""StringEqualsIfExists": {"aws:ResourceTag/none": "x"}"#, .yes),
            (#""StringEqualsIfExists": {"aws:ResourceTag/team": "x"}"#, .no),
            (#""NumericEquals": {"coffer:UID": "33"}"#, .yes),
            (#""NumericEquals": {"coffer:UID": [1, 33]}"#, .yes),
            (#""NumericNotEquals": {"coffer:UID": [1, 33]}"#, .no),
            (#""NumericLessThan": {"coffer:UID": 33}"#, .no),
            (#""NumericLessThanEquals": {"coffer:UID": 33}"#, .yes),
            (#""NumericGreaterThan": {"coffer:UID": 32.5}"#, .yes),
            (#""NumericGreaterThanEquals": {"coffer:UID": 34}"#, .no),
            (#""NumericEquals": {"aws:ResourceTag/level": "3.0"}"#, .yes),
            (#""NumericLessThan": {"aws:ResourceTag/team": 4}"#, .unknown),
            (#""NumericNotEquals": {"aws:ResourceTag/team": 4}"#, .unknown),
            (#""NumericLessThan": {"aws:ResourceTag/none": 4}"#, .no),
            (#""NumericEquals": {"aws:EpochTime": 1700000000}"#, .yes),
            (#""DateLessThan": {"aws:CurrentTime": "2023-11-14T22:13:21Z"}"#, .yes),
            (#""DateLessThan": {"aws:CurrentTime": "2023-11-14T22:13:20Z"}"#, .no),
            (#""DateLessThanEquals": {"aws:CurrentTime": "2023-11-14T23:13:20+01:00"}"#, .yes),
            (#""DateEquals": {"aws:currenttime": "1700000000"}"#, .yes),
            (#""DateGreaterThan": {"aws:EpochTime": "2023-01-01"}"#, .yes),
            (#""DateGreaterThanEquals": {"aws:CurrentTime": "2024-01-01"}"#, .no),
            (#""DateNotEquals": {"aws:CurrentTime": "2024-01-01"}"#, .yes),
            (#""DateLessThan": {"aws:ResourceTag/until": "2027-01-01"}"#, .yes),
            (#""Bool": {"aws:ResourceTag/shared": "true"}"#, .yes),
            (#""Bool": {"aws:ResourceTag/shared": false}"#, .no),
            (#""Bool": {"aws:ResourceTag/team": true}"#, .unknown),
            (#""Bool": {"aws:ResourceTag/none": true}"#, .no),
            (#""BoolIfExists": {"aws:ResourceTag/none": true}"#, .yes),
            (#""Null": {"aws:ResourceTag/none": "true"}"#, .yes),
            (#""Null": {"aws:ResourceTag/team": "true"}"#, .no),
            (#""Null": {"aws:ResourceTag/team": false}"#, .yes),
            (#""Null": {"aws:ResourceTag/none": false}"#, .no),
            (#""StringEquals": {"coffer:Via": "mount"}"#, .yes),
            (#""StringEquals": {"coffer:Via": ["socket", "daemon"]}"#, .no),
            (#""StringEquals": {"coffer:Executable": "/usr/bin/app"}"#, .yes),
            (#""StringLike": {"COFFER:executable": "/usr/*"}"#, .yes),
            (#""StringLike": {"coffer:Cgroup": "/system.slice/*"}"#, .unknown),
            (#""StringNotLike": {"coffer:Cgroup": "/system.slice/*"}"#, .unknown),
            (#""StringEqualsIfExists": {"coffer:Cgroup": "/x"}"#, .unknown),
            (#""Null": {"coffer:Cgroup": true}"#, .unknown),
            (#""StringEquals": {"coffer:Via": "mount", "aws:ResourceTag/team": "db"}"#, .no),
            (#""StringEquals": {"coffer:Via": "mount"}, "Bool": {"aws:ResourceTag/shared": true}"#, .yes),
            (#""StringLike": {"coffer:Cgroup": "/*"}, "Bool": {"aws:ResourceTag/shared": false}"#, .no),
        ] as [(String, Truth)])
    func operators(condition: String, expected: Truth) throws {
        let condition = condition.replacing("#u{e9}", with: "u00e9").replacing("#u{301}", with: "u0301")
        let question = request(
            tags: ["team": "web", "level": "3", "shared": "true", "until": "2026-01-01", "accent": "\u{e9}"],
            facts: TestFacts(executable: "/usr/bin/app"))
        #expect(try Self.truth(condition, question) == expected)
    }

    @Test("A version that is asked for by its id has a stage that can't be established")
    func stageByID() throws {
        for condition in [
            #""StringEquals": {"coffer:VersionStage": "AWSCURRENT"}"#,
            #""StringNotEquals": {"coffer:VersionStage": "AWSPENDING"}"#,
            #""Null": {"coffer:VersionStage": true}"#,
        ] {
            #expect(try Self.truth(condition, request(stage: nil, isStageKnown: false)) == .unknown)
        }
        #expect(try Self.truth(#""Null": {"coffer:VersionStage": true}"#, request(stage: nil)) == .yes)
        #expect(
            try Self.truth(#""StringNotEquals": {"coffer:VersionStage": "AWSPENDING"}"#, request(stage: nil))
                == .yes)
    }

    @Test(
        "Conditions that make no sense are refused where they stand",
        arguments: [
            (#"[]"#, 1), (#"{"StringSame": {"coffer:Via": "mount"}}"#, 2), (#"{"StringEquals": {}}"#, 18),
            (#"{"StringEquals": "x"}"#, 18), (#"{"StringEquals": {"coffer:What": "x"}}"#, 19),
            (#"{"StringEquals": {"aws:ResourceTag/": "x"}}"#, 19),
            (#"{"StringEquals": {"aws:CurrentTime": "x"}}"#, 19),
            (#"{"StringEquals": {"coffer:UID": "33"}}"#, 19),
            (#"{"StringEquals": {"coffer:Via": "door"}}"#, 33),
            (#"{"StringEquals": {"coffer:Via": ["mount", "door"]}}"#, 43),
            (#"{"StringEquals": {"coffer:Via": []}}"#, 33),
            (#"{"StringEquals": {"coffer:Via": null}}"#, 33),
            (#"{"StringEquals": {"coffer:Executable": "app"}}"#, 40),
            (#"{"StringEquals": {"coffer:VersionStage": "a b"}}"#, 42),
            (#"{"StringLike": {"coffer:Executable": "${aws:username}"}}"#, 38),
            (#"{"NumericEquals": {"coffer:UID": "0x21"}}"#, 34),
            (#"{"NumericEquals": {"coffer:UID": "nan"}}"#, 34),
            (#"{"NumericEquals": {"coffer:UID": ""}}"#, 34), (#"{"NumericEquals": {"coffer:Via": 1}}"#, 20),
            (#"{"DateLessThan": {"aws:CurrentTime": "tomorrow"}}"#, 38),
            (#"{"DateLessThan": {"aws:CurrentTime": "99999999999999999"}}"#, 38),
            (#"{"Bool": {"aws:ResourceTag/x": "yes"}}"#, 32), (#"{"Null": {"coffer:Via": 1}}"#, 25),
            (#"{"NullIfExists": {"coffer:Via": true}}"#, 2),
            (#"{"stringequals": {"coffer:Via": "mount"}}"#, 2),
            (#"{"ForAnyValue:StringEquals": {"aws:ResourceTag/x": "y"}}"#, 2),
            (#"{"ForAllValues:StringEquals": {"aws:ResourceTag/x": "y"}}"#, 2),
        ])
    func refuses(condition: String, column: Int) {
        let text =
            "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"*\", \"Condition\":\n\(condition)}}"
        let error = #expect(throws: PolicyError.self) { try PolicyDocument(parsing: text) }
        #expect(error?.line == 2)
        #expect(error?.column == column)
    }
}
