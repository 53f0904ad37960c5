/// One condition of a statement: an operator, a key of the request, and the values to compare it with.
public struct PolicyCondition: Sendable {
    /// The operator, without IfExists.
    public let comparison: ConditionOperator
    /// Whether the condition is also met by a request that has no such key (IfExists).
    public let ifExists: Bool
    /// What of the request is compared.
    public let key: ConditionKey
    /// The values as they were written.
    public let values: [String]
    /// The values, ready to be compared.
    let test: ConditionTest
}
