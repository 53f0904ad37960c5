internal import CofferCore

// How staging labels move. AWS operations: PutSecretValue, UpdateSecretVersionStage.
extension SecretRecord {
    /// How many labels all versions of a secret may bear together. AWS: quota.
    static let maximumLabels = 20
    /// How many labels of one's own a secret can number; a number that is out of use is given anew.
    private static let maximumLabelNumbers = 200

    /// Puts a label on a version, off the one that bore it. AWSCURRENT leaves AWSPREVIOUS on the version it left.
    mutating func moveLabel(_ label: StagingLabel, to sequence: UInt32, at time: Timestamp)
        throws(ServiceError)
    {
        let holder = version(labelled: label)?.sequence
        guard holder != sequence else { return }
        removeLabel(label, at: time)
        if label == .current, let holder {
            removeLabel(.previous, at: time)
            addLabel(.previous, to: holder, at: time)
        }
        addLabel(label, to: sequence, at: time)
        try numberLabel(label)
        let count = versions.reduce(0) { $0 + $1.stages.count }
        if count > Self.maximumLabels {
            throw .limitExceeded(
                "the versions of '\(name)' would bear \(count) labels; \(Self.maximumLabels) is the most: remove one first"
            )
        }
    }

    /// Takes a label off the version that bears it.
    mutating func removeLabel(_ label: StagingLabel, at time: Timestamp) {
        for index in versions.indices where versions[index].stages.contains(label) {
            versions[index].stages.removeAll { $0 == label }
            versions[index].stagesChanged = time
        }
    }

    private mutating func addLabel(_ label: StagingLabel, to sequence: UInt32, at time: Timestamp) {
        for index in versions.indices where versions[index].sequence == sequence {
            versions[index].stages.append(label)
            versions[index].stagesChanged = time
        }
    }

    private mutating func numberLabel(_ label: StagingLabel) throws(ServiceError) {
        guard !StagingLabel.aws.contains(label), !labelNames.contains(label) else { return }
        if labelNames.count < Self.maximumLabelNumbers {
            labelNames.append(label)
        } else if let free = labelNames.firstIndex(where: { version(labelled: $0) == nil }) {
            labelNames[free] = label
        }
    }
}
