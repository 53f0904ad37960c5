internal import CofferCore
internal import SecretsManager

extension ControlAPI {
    /// AWS operation: DescribeSecret.
    func describeSecret(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        return try service { () throws(ServiceError) in
            try manager.describeSecret(call.caller, name: name)
        }.json
    }

    /// AWS operation: ListSecrets.
    ///
    /// - Parameter pageLimit: the highest MaxResults, and what is taken where it is left out.
    func listSecrets(_ call: Call, pageLimit: Int) throws(APIError) -> JSONValue {
        let parameters = call.parameters
        let filters = try SecretFilter.list(parameters)
        let order = try SecretOrder(parameters)
        let limit = try parameters.whole("MaxResults", in: 1...pageLimit) ?? pageLimit
        let token = try parameters.text("NextToken")
        let includesPlanned = try parameters.flag("IncludePlannedDeletion")
        // In the manager's own order and without filters, it can stop where the page ends.
        let isPlain = order.isManagersOwn && filters.isEmpty
        let after =
            isPlain ? try token.map { token throws(APIError) in try SecretOrder.name(in: token) } : nil
        var found = try service { () throws(ServiceError) in
            try manager.listSecrets(
                call.caller, prefix: filters.compactMap(\.commonPrefix).first ?? "", after: after,
                limit: isPlain ? limit + 1 : Int.max, includesPlannedDeletion: includesPlanned)
        }
        if !isPlain {
            found = found.filter { secret in filters.allSatisfy { $0.matches(secret.record) } }
            order.sort(&found)
            if let token { found = try order.drop(found, through: token) }
        }
        let page = found.prefix(limit)
        let next = found.count > limit ? page.last.map { JSONValue.string(order.token(for: $0.record)) } : nil
        return .members(
            ("SecretList", .array(page.map(Self.listEntry))), ("NextToken", next))
    }

    /// What DescribeSecret tells, with the one name that AWS has otherwise in lists.
    private static func listEntry(_ secret: SecretDescription) -> JSONValue {
        .object(
            (secret.json.object ?? []).map { member in
                member.name == "VersionIdsToStages"
                    ? JSONMember("SecretVersionsToStages", member.value) : member
            })
    }

    /// AWS operation: ListSecretVersionIds; newest first.
    func listSecretVersionIds(_ call: Call) throws(APIError) -> JSONValue {
        let name = try secretID(call)
        let limit = try call.parameters.whole("MaxResults", in: 1...100) ?? 100
        let includesDeprecated = try call.parameters.flag("IncludeDeprecated")
        let token = try call.parameters.text("NextToken")
        var versions = try service { () throws(ServiceError) in
            try manager.listSecretVersionIDs(
                call.caller, name: name, includesDeprecated: includesDeprecated)
        }
        versions.reverse()
        if let token {
            guard let sequence = UInt32(token) else { throw .service(.invalidNextToken(invalidToken)) }
            versions.removeAll { $0.sequence >= sequence }
        }
        let page = versions.prefix(limit)
        let next = versions.count > limit ? page.last.map { JSONValue.string(String($0.sequence)) } : nil
        let list = page.map { version in
            JSONValue.members(
                ("VersionId", .string(version.id.text)),
                ("VersionStages", .array(version.stages.map { .string($0.text) })),
                ("CreatedDate", .number(version.created.secondsText)))
        }
        return .object(
            identity(name)
                + [JSONMember("Versions", .array(Array(list)))]
                + [next.map { JSONMember("NextToken", $0) }].compactMap(\.self))
    }
}

/// What is said of a NextToken that no answer gave.
let invalidToken = "this NextToken is not one that the last page gave; begin again without it"
