/// The associated data of the root key in an unlock slot, and what a key file's check is the hash of.
///
/// All that stands in the slot in clear is in it (salt and costs too), so that no slot can be moved to another store,
/// renumbered, or made cheaper.
/// Domain 1 ‖ format 2 ‖ store 16 ‖ slot 4 ‖ type 1 ‖ the slot's parameters.
struct SlotBinding {
    var store: Words128
    var slot: UInt32
    var type: UnlockSlot.Kind

    func bytes(_ domain: Domain, parameters: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [domain.rawValue]
        bytes.append(littleEndian: StoreHeader.format)
        bytes.append(store)
        bytes.append(littleEndian: slot)
        bytes.append(type.rawValue)
        bytes.append(contentsOf: parameters)
        return bytes
    }
}
