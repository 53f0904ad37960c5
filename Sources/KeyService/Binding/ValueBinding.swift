/// The associated data of a value's parts.
///
/// Every part names all it belongs to, so nothing can be put elsewhere: not another secret's value, not another
/// version's, not a segment of another place, not a value that lost or gained segments (each knows the length).
/// Wrapped data key: domain 1 ‖ format 1 ‖ store 16 ‖ secret 4 ‖ version 4 ‖ key 16 ‖ backing key 4 ‖ length 8.
/// Segment: the same with its own domain, then its index 4.
struct ValueBinding {
    var store: Words128
    var context: ValueContext
    var head: SealedValueHead

    @inline(__always)
    func dataKey() -> InlineArray<54, UInt8> {
        var bytes = StackBytes<54>(.dataKey)
        write(to: &bytes)
        return bytes.finish()
    }

    @inline(__always)
    func segment(_ index: Int) -> InlineArray<58, UInt8> {
        var bytes = StackBytes<58>(.segment)
        write(to: &bytes)
        bytes.write(UInt32(index))
        return bytes.finish()
    }

    @inline(__always)
    private func write<let size: Int>(to bytes: inout StackBytes<size>) {
        bytes.write(SealedValueHead.format)
        bytes.write(store)
        bytes.write(context.secret)
        bytes.write(context.version)
        bytes.write(head.key.words)
        bytes.write(head.backingKey)
        bytes.write(UInt64(head.length))
    }
}
