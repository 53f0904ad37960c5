package import Fuse
internal import Glibc
package import SecretMemory

/// What the supervisor and a process that serves tell each other, a message each: a letter, and what belongs to it.
package enum Handover {
    /// The descriptor at which a process that serves finds its end.
    package static let descriptor: Int32 = 3

    package enum Letter: UInt8 {
        // To the process that serves.
        /// A passphrase follows.
        case passphrase = 0x50
        /// The key that the process before gave out follows.
        case key = 0x4b
        /// It has a key file.
        case keyFile = 0x46
        /// It shall see whether it can open the store's format.
        case check = 0x43
        /// It shall open the store: nobody else has it open. The journal comes with it.
        case begin = 0x42
        /// It shall serve: the epoch and the kernel's INIT follow, and the device comes with it; behind it the control socket that
        /// the process before has made, where there is one.
        case serve = 0x47
        /// It shall stop when its drafts are closed, or soon, so that another process can go on.
        case yield = 0x59
        /// It shall stop: what is open is cut off.
        case end = 0x45
        /// What `coffer status` shall tell of the processes follows.
        case report = 0x52
        /// It shall give a sign.
        case ping = 0x3f

        // From the process that serves.
        /// It can open the format.
        case isFit = 0x48
        /// It has opened the store; the key for the next process follows, unless that was not wanted.
        case opened = 0x4f
        /// It has made the control socket, which comes with it.
        case socket = 0x4c
        /// It answers requests.
        case serving = 0x53
        /// It goes on.
        case alive = 0x41
        /// Somebody wants the mount to end.
        case stop = 0x54
    }

    /// The descriptor of the memory in which a process that serves leaves what it crashed at.
    package static let crashDescriptor: Int32 = 4

    /// The longest message.
    package static let limit = 64 << 10
}

extension HandoverSocket {
    /// Sends a message that holds no secret.
    @discardableResult
    package func send(_ letter: Handover.Letter, _ bytes: [UInt8] = [], descriptors: [Int32] = []) -> Bool {
        let message = [letter.rawValue] + bytes
        return unsafe message.withUnsafeBytes { unsafe send($0, descriptors: descriptors) }
    }

    /// Sends a message from guarded memory.
    @discardableResult
    package func send(_ letter: Handover.Letter, secret: borrowing SecretBytes) throws(SecretMemoryError)
        -> Bool
    {
        var message = try SecretBytes(capacity: secret.count + 1)
        try message.append(letter.rawValue)
        try message.append(secret)
        return unsafe message.withUnsafeBytes { unsafe send($0) }
    }

    /// Receives into guarded memory: the letter, nil where the other end has gone; `buffer` holds the rest of the message from
    /// its second byte to `count`.
    package func receive(into buffer: inout SecretBytes) -> (
        letter: Handover.Letter?, count: Int, descriptors: [Int32]
    ) {
        while true {
            let (count, descriptors) = unsafe buffer.withUnsafeMutableBytes { unsafe receive($0) }
            guard count > 0 else { return (nil, 0, []) }
            let first = buffer.withBytes { $0[0] }
            // A letter of a later version is passed over.
            guard let letter = Handover.Letter(rawValue: first) else { continue }
            return (letter, count, descriptors)
        }
    }
}

extension SecretBytes {
    /// A part of it.
    package borrowing func part(_ range: Range<Int>) throws(SecretMemoryError) -> SecretBytes {
        try unsafe withUnsafeBytes { (bytes) throws(SecretMemoryError) in
            try unsafe SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    /// A part of it that is no secret.
    package borrowing func openPart(_ range: Range<Int>) -> [UInt8] {
        unsafe withUnsafeBytes { unsafe Array($0[range]) }
    }
}
