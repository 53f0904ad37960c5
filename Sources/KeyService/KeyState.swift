public import CofferCore

/// What a key may be used for. AWS operation: DescribeKey (KeyState)
public enum KeyState: Hashable, Sendable {
    /// It seals and opens.
    case enabled
    /// It does neither until it is enabled again.
    case disabled
    /// It does neither, and is gone for good at `deletionDate` unless the deletion is cancelled.
    case pendingDeletion(deletionDate: Timestamp)
}
