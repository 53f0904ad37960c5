import SecretMemory

/// One way to unlock the store: the root key, wrapped. docs/store-format.md, "Header".
struct UnlockSlot {
    /// What opens a slot. Kinds that this version doesn't know are kept as they are and passed over.
    struct Kind: RawRepresentable, Equatable {
        var rawValue: UInt8

        /// Parameters: salt 16 ‖ passes 8 ‖ memory in bytes 8.
        static let passphrase = Kind(rawValue: 1)
        /// Parameters: check 16.
        static let keyFile = Kind(rawValue: 2)
        // 3: a systemd credential, 4: a TPM 2.0
    }

    /// Unique within the header, never reused while the slot exists.
    var id: UInt32
    var kind: Kind
    /// The parameters, then the wrapped root key: 24-byte nonce ‖ 32 ‖ 16-byte tag.
    var payload: [UInt8]

    private static let wrappedByteCount = SymmetricKey.byteCount + AEAD.overhead
    /// More than this no machine of ours spends on a guess: a changed slot must not eat all memory.
    private static let largestCost = PassphraseHash(opsLimit: 1 << 20, memLimitBytes: 8 << 30)

    // MARK: Making

    /// Wraps the root key for `protector`.
    static func make(
        id: UInt32, store: StoreID, root: borrowing SymmetricKey, for protector: borrowing Protector,
        cost: PassphraseHash
    ) throws(KeyServiceError) -> UnlockSlot {
        switch protector {
        case .passphrase(let passphrase):
            let salt = PassphraseHash.randomSalt()
            var parameters = salt
            parameters.append(littleEndian: cost.opsLimit)
            parameters.append(littleEndian: UInt64(cost.memLimitBytes))
            do {
                let key = try cost.deriveKey(passphrase: passphrase, salt: salt)
                return try UnlockSlot(
                    id: id, kind: .passphrase, store: store, parameters: parameters, root: root, key: key)
            } catch { throw KeyServiceError(error, what: "the cost of the passphrase") }
        case .keyFile(let path):
            let file = try KeyFile(reading: path)
            let parameters = file.check(store: store, slot: id)
            do {
                return try UnlockSlot(
                    id: id, kind: .keyFile, store: store, parameters: parameters, root: root,
                    key: file.wrapping)
            } catch { throw KeyServiceError(error, what: "the key file") }
        }
    }

    private init(
        id: UInt32, kind: Kind, store: StoreID, parameters: [UInt8], root: borrowing SymmetricKey,
        key: borrowing SymmetricKey
    ) throws(SecretMemoryError) {
        self.id = id
        self.kind = kind
        payload = parameters
        let associatedData = SlotBinding(store: store.words, slot: id, type: kind)
            .bytes(.unlockSlot, parameters: parameters)
        var wrapped: [UInt8] = []
        try root.withBytes { (bytes) throws(SecretMemoryError) in
            try AEAD.seal(bytes, with: key, associatedData: associatedData.span, appendingTo: &wrapped)
        }
        payload.append(contentsOf: wrapped)
    }

    init(id: UInt32, kind: Kind, payload: [UInt8]) {
        self.id = id
        self.kind = kind
        self.payload = payload
    }

    // MARK: Opening

    /// Opens a passphrase slot; throws `authenticationFailed` where the passphrase is another.
    func open(
        passphrase: borrowing SecretBytes, store: StoreID
    ) throws(KeyServiceError) -> SymmetricKey {
        guard payload.count == 32 + Self.wrappedByteCount else { throw .slotDamaged(slot: id) }
        let opsLimit = payload.span.littleEndian64(at: 16)
        let memLimit = payload.span.littleEndian64(at: 24)
        guard opsLimit <= Self.largestCost.opsLimit, memLimit <= UInt64(Self.largestCost.memLimitBytes)
        else { throw .slotDamaged(slot: id) }
        let cost = PassphraseHash(opsLimit: opsLimit, memLimitBytes: Int(memLimit))
        do {
            let key = try cost.deriveKey(passphrase: passphrase, salt: Array(payload[..<16]))
            return try unwrap(with: key, parameterByteCount: 32, store: store)
        } catch { throw KeyServiceError(error, what: "an unlock slot") }
    }

    /// Opens a key file slot; nil where the file belongs to another slot.
    func open(keyFile: borrowing KeyFile, store: StoreID) throws(KeyServiceError) -> SymmetricKey? {
        guard payload.count == 16 + Self.wrappedByteCount else { throw .slotDamaged(slot: id) }
        let check = keyFile.check(store: store, slot: id)
        guard KeyedHash.isEqual(check.span, payload.span.extracting(0..<16)) else { return nil }
        do {
            return try unwrap(with: keyFile.wrapping, parameterByteCount: 16, store: store)
        } catch {
            guard case .authenticationFailed = error else {
                throw KeyServiceError(error, what: "an unlock slot")
            }
            throw .slotDamaged(slot: id)
        }
    }

    private func unwrap(
        with key: borrowing SymmetricKey, parameterByteCount: Int, store: StoreID
    ) throws(SecretMemoryError) -> SymmetricKey {
        let associatedData = SlotBinding(store: store.words, slot: id, type: kind)
            .bytes(.unlockSlot, parameters: Array(payload[..<parameterByteCount]))
        return try AEAD.openKey(
            payload.span.extracting(parameterByteCount..<payload.count), with: key,
            associatedData: associatedData.span)
    }
}
