public import CofferCore
internal import KeyService

// How requests name a secret (AWS: SecretId): by its name, or by its ARN.
extension SecretsManager {
    /// The longest SecretId, in characters. AWS: quota.
    private static let identifierLimit = 2048

    /// The ARN of a secret of this store: `arn:coffer:secretsmanager:local:<store id>:secret:<name>`.
    public func arn(of name: SecretName) -> String {
        SecretDescription.arn(of: name, storeID: keys.storeID.description)
    }

    /// The name that a SecretId stands for. Throws `invalidParameter`; `resourceNotFound` for an ARN of another store.
    public func secretName(of identifier: String) throws(ServiceError) -> SecretName {
        guard identifier.utf8.count <= Self.identifierLimit else {
            throw .invalidParameter("SecretId has at most \(Self.identifierLimit) characters")
        }
        var text = identifier
        if identifier.hasPrefix("arn:") {
            let prefix = "arn:coffer:secretsmanager:local:\(keys.storeID.description):secret:"
            guard identifier.hasPrefix(prefix) else {
                throw .resourceNotFound(
                    "the ARN '\(identifier)' is not of this store; its ARNs begin with \(prefix)")
            }
            text = String(identifier.dropFirst(prefix.count))
        }
        do {
            return try SecretName(text)
        } catch {
            throw .invalidParameter(error.message)
        }
    }
}
