import SecretMemory

extension StoreHeader {
    /// Finds the slot that `protector` opens, and returns the root key.
    func unlock(with protector: borrowing Protector) throws(KeyServiceError) -> SymmetricKey {
        switch protector {
        case .passphrase(let passphrase): try unlock(passphrase: passphrase)
        case .keyFile(let path): try unlock(keyFileAt: path)
        }
    }

    private func unlock(passphrase: borrowing SecretBytes) throws(KeyServiceError) -> SymmetricKey {
        let candidates = slots.filter { $0.kind == .passphrase }
        guard !candidates.isEmpty else { throw .noSuchSlot(kind: "passphrase") }
        // Another slot may still open where one is damaged.
        var damage: KeyServiceError?
        for slot in candidates {
            do {
                return try slot.open(passphrase: passphrase, store: store)
            } catch .authenticationFailed {
                continue
            } catch .slotDamaged(let id) {
                damage = .slotDamaged(slot: id)
            }
        }
        if let damage { throw damage }
        throw .wrongPassphrase
    }

    private func unlock(keyFileAt path: String) throws(KeyServiceError) -> SymmetricKey {
        let candidates = slots.filter { $0.kind == .keyFile }
        guard !candidates.isEmpty else { throw .noSuchSlot(kind: "key file") }
        let file = try KeyFile(reading: path)
        for slot in candidates {
            if let root = try slot.open(keyFile: file, store: store) { return root }
        }
        throw .wrongKeyFile(path: path, reason: "it is a whole key file, but of another store")
    }
}
