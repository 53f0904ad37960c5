extension PolicyDocument {
    /// The text of a policy with one statement more; the text as it is where it has that statement already.
    ///
    /// - Parameter text: the policy as it is; nil or empty where there is none. The rest of it is kept, in order, and
    ///   printed anew.
    public static func adding(_ draft: StatementDraft, to text: String?) throws(PolicyError) -> String {
        let text = text.flatMap { $0.isEmpty ? nil : $0 } ?? emptyText
        let document = try PolicyDocument(parsing: text)
        if draft.sid == nil, document.statements.contains(where: draft.isSame) { return text }
        let sid = draft.sid ?? draft.freeSid(beside: Set(document.statements.compactMap(\.sid)))
        let new = try editing(text) { $0.append(draft.json(sid: sid)) }
        return try PolicyDocument(parsing: new).text
    }

    /// The text of a policy without the statements that say what the draft says, whatever their Sid; the text as it is
    /// where there is none.
    public static func removing(_ draft: StatementDraft, from text: String) throws(PolicyError) -> String {
        try removing(from: text, where: draft.isSame)
    }

    /// The text of a policy without the statement of this name; the text as it is where there is none.
    public static func removing(sid: String, from text: String) throws(PolicyError) -> String {
        try removing(from: text) { $0.sid == sid }
    }

    /// A policy without statements.
    public static let emptyText = #"{"Version": "\#(version)", "Statement": []}"#

    private static func removing(
        from text: String, where isUnwanted: (PolicyStatement) -> Bool
    ) throws(PolicyError) -> String {
        let unwanted = try PolicyDocument(parsing: text).statements.map(isUnwanted)
        guard unwanted.contains(true) else { return text }
        return try editing(text) { statements in
            statements = zip(statements, unwanted).filter { !$1 }.map(\.0)
        }
    }

    /// Changes the statements of a text that was parsed before, and prints it.
    private static func editing(
        _ text: String, _ body: (inout [JSONValue]) -> Void
    ) throws(PolicyError) -> String {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            throw PolicyError(line: error.line, column: error.column, reason: .syntax(error.what))
        }
        let members = (value.object ?? []).map { member in
            guard member.name == "Statement" else { return member }
            var statements = member.value.array ?? [member.value]
            body(&statements)
            return JSONMember("Statement", .array(statements))
        }
        return JSONValue.object(members).prettyText
    }
}
