/// The associated data of a metadata record, and the beginning of what is hashed of any row for the manifest.
///
/// The revision is in it, so that an older body of the same row does not open in its place.
/// Domain 1 ‖ format 1 ‖ store 16 ‖ kind 1 ‖ number 8 ‖ revision 8.
struct RecordBinding {
    var store: Words128
    var context: RecordContext

    func bytes(_ domain: Domain) -> InlineArray<35, UInt8> {
        var bytes = StackBytes<35>(domain)
        bytes.write(SealedRecord.format)
        bytes.write(store)
        bytes.write(context.kind)
        bytes.write(context.number)
        bytes.write(context.revision)
        return bytes.finish()
    }
}
