/// The operations, by the names that stand in `X-Amz-Target`: AWS's, and ours under `coffer.`.
enum Operation: String, CaseIterable {
    case createSecret = "secretsmanager.CreateSecret"
    case getSecretValue = "secretsmanager.GetSecretValue"
    case putSecretValue = "secretsmanager.PutSecretValue"
    case updateSecret = "secretsmanager.UpdateSecret"
    case describeSecret = "secretsmanager.DescribeSecret"
    case listSecrets = "secretsmanager.ListSecrets"
    case listSecretVersionIds = "secretsmanager.ListSecretVersionIds"
    case updateSecretVersionStage = "secretsmanager.UpdateSecretVersionStage"
    case deleteSecret = "secretsmanager.DeleteSecret"
    case restoreSecret = "secretsmanager.RestoreSecret"
    case tagResource = "secretsmanager.TagResource"
    case untagResource = "secretsmanager.UntagResource"
    case getRandomPassword = "secretsmanager.GetRandomPassword"
    case getResourcePolicy = "secretsmanager.GetResourcePolicy"
    case putResourcePolicy = "secretsmanager.PutResourcePolicy"
    case deleteResourcePolicy = "secretsmanager.DeleteResourcePolicy"
    case validateResourcePolicy = "secretsmanager.ValidateResourcePolicy"
    /// ListSecrets in longer pages.
    case listAllSecrets = "coffer.ListSecrets"
    case getStorePolicy = "coffer.GetStorePolicy"
    case putStorePolicy = "coffer.PutStorePolicy"
    case deleteStorePolicy = "coffer.DeleteStorePolicy"
    case addStatement = "coffer.AddStatement"
    case simulatePolicy = "coffer.SimulatePolicy"
    case lookupEvents = "coffer.LookupEvents"
    case verifyTrail = "coffer.VerifyTrail"
    case getStatus = "coffer.GetStatus"
    case putFileSettings = "coffer.PutFileSettings"

    /// The members that hold a value: they never leave guarded memory.
    static let valueParameters = ["SecretString", "SecretBinary"]

    /// The members that its message may have.
    var parameters: [String] {
        switch self {
        case .createSecret:
            ["Name", "ClientRequestToken", "Description", "KmsKeyId", "Tags", "FileSettings"]
                + Self.valueParameters
        case .getSecretValue: ["SecretId", "VersionId", "VersionStage", "Member"]
        case .putSecretValue:
            [
                "SecretId", "ClientRequestToken", "VersionStages", "CreateIfMissing", "Description",
                "KmsKeyId",
                "Tags", "FileSettings",
            ] + Self.valueParameters
        case .updateSecret:
            ["SecretId", "ClientRequestToken", "Description"] + Self.valueParameters
        case .describeSecret, .restoreSecret, .getResourcePolicy, .deleteResourcePolicy: ["SecretId"]
        case .listSecrets, .listAllSecrets:
            ["Filters", "MaxResults", "NextToken", "IncludePlannedDeletion", "SortOrder", "SortBy"]
        case .listSecretVersionIds: ["SecretId", "MaxResults", "NextToken", "IncludeDeprecated"]
        case .updateSecretVersionStage:
            ["SecretId", "VersionStage", "MoveToVersionId", "RemoveFromVersionId"]
        case .deleteSecret: ["SecretId", "RecoveryWindowInDays", "ForceDeleteWithoutRecovery"]
        case .tagResource: ["SecretId", "Tags"]
        case .untagResource: ["SecretId", "TagKeys"]
        case .getRandomPassword:
            [
                "PasswordLength", "ExcludeCharacters", "ExcludeNumbers", "ExcludePunctuation",
                "ExcludeUppercase", "ExcludeLowercase", "IncludeSpace", "RequireEachIncludedType",
            ]
        case .putResourcePolicy: ["SecretId", "ResourcePolicy", "BlockPublicPolicy"]
        case .validateResourcePolicy: ["SecretId", "ResourcePolicy"]
        case .getStorePolicy, .deleteStorePolicy, .verifyTrail, .getStatus: []
        case .putStorePolicy: ["StorePolicy", "BlockPublicPolicy"]
        case .addStatement: ["SecretId", "Effect", "Principals", "Actions", "Resources", "Sid"]
        case .putFileSettings: ["SecretId", "FileSettings"]
        case .simulatePolicy: ["Principal", "Action", "SecretId", "VersionStage"]
        case .lookupEvents:
            ["SecretPattern", "UID", "StartTime", "EndTime", "Outcome", "EventName", "After", "MaxResults"]
        }
    }
}
