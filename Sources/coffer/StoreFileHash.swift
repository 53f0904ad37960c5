internal import SecretMemory
internal import SecretStore

/// How the store's file is hashed for `coffer.sum`: BLAKE2b, 16 bytes. The store itself sees ciphertext only, and has no
/// cryptography of its own.
let storeFileHash: FileHash = { Hash.hash($0, byteCount: 16) }
