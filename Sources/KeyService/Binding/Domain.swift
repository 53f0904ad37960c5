/// The first byte of all associated data and of every keyed hash: what was sealed for one use can't be passed off for
/// another, even where the bytes after it could be read either way. Numbers are never reused.
enum Domain: UInt8 {
    /// The root key, wrapped by an unlock slot.
    case unlockSlot = 1
    /// The hash that says whether a key file belongs to a slot.
    case keyFileCheck = 2
    /// The hash over the whole header.
    case header = 3
    /// A backing key, wrapped by the root's wrapping key.
    case backingKey = 4
    /// A key's state and dates, and with them its whole record.
    case keyDetails = 5
    /// A data key, wrapped by a backing key.
    case dataKey = 6
    /// One segment of a value.
    case segment = 7
    /// A metadata record.
    case record = 8
    /// The hash of a row, for the manifest.
    case recordTag = 9
}
