import Glibc

/// Argument list as C takes it: pointers to strings, and a null at the end.
@safe
struct ArgumentVector: ~Copyable {
    /// Number of arguments, without the null.
    let count: Int
    /// First of the pointers.
    let base: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    init(_ words: [String]) {
        count = words.count
        unsafe base = .allocate(capacity: count + 1)
        for (index, word) in words.enumerated() {
            unsafe (base + index).initialize(to: strdup(word))
        }
        unsafe (base + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count {
            unsafe free(base[index])
        }
        unsafe base.deallocate()
    }
}
