import CFuse

/// A name's node, and for how long the kernel may believe it.
///
/// Names and attributes are cached for all users alike: where a name is hidden from somebody,
/// `entryTimeoutSeconds` must be 0.
public struct Entry: Hashable, Sendable {
    /// Attributes of the node, its number among them.
    public var attributes: FileAttributes
    /// Tells two nodes apart that had the same number at different times; 0 where numbers aren't reused.
    public var generation: UInt64
    /// Seconds for which the name keeps its meaning.
    public var entryTimeoutSeconds: Double
    /// Seconds for which the attributes keep their values.
    public var attributesTimeoutSeconds: Double

    /// Puts an entry together; nothing is cached unless told.
    public init(
        attributes: FileAttributes,
        generation: UInt64 = 0,
        entryTimeoutSeconds: Double = 0,
        attributesTimeoutSeconds: Double = 0
    ) {
        self.attributes = attributes
        self.generation = generation
        self.entryTimeoutSeconds = entryTimeoutSeconds
        self.attributesTimeoutSeconds = attributesTimeoutSeconds
    }

    var raw: fuse_entry_param {
        fuse_entry_param(
            ino: attributes.inode.rawValue,
            generation: generation,
            attr: attributes.raw,
            attr_timeout: attributesTimeoutSeconds,
            entry_timeout: entryTimeoutSeconds)
    }
}
