import GRDB

/// How connections to the database are set up.
enum Connection {
    /// What a connection is for.
    enum Purpose {
        /// Commits.
        case writing
        /// Reads, while another connection commits.
        case reading
        /// Reads in a store that is opened read-only: nobody commits.
        case inspecting
    }

    /// Opens the database of a store.
    static func open(_ directory: StoreDirectory, _ purpose: Purpose) throws -> DatabaseQueue {
        try DatabaseQueue(path: address(directory, purpose), configuration: configuration(purpose))
    }

    /// The settings of a connection.
    static func configuration(_ purpose: Purpose) -> Configuration {
        var configuration = Configuration()
        configuration.label = "coffer.store"
        configuration.readonly = purpose != .writing
        // Only another program, such as a backup, can be in the way: ours is alone, by the lock.
        configuration.busyMode = .timeout(5)
        // GRDB would trap on a transaction that an I/O error kept from being rolled back. The next commit sees to it.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { connection in
            // Each damaged cell is found when its page is read, and no function can be smuggled in by a definition.
            try connection.execute(sql: "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF")
            try connection.execute(sql: "PRAGMA temp_store = MEMORY")
            guard purpose == .writing else { return }
            try connection.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA secure_delete = ON;
                    PRAGMA wal_autocheckpoint = 1000;
                    PRAGMA journal_size_limit = 16777216;
                    """)
        }
        return configuration
    }

    /// The name to open. Where nobody writes and no log is to be read, SQLite is told so: it then needs none of the files
    /// that coordinate connections, which can't be made on a full or read-only disk.
    private static func address(_ directory: StoreDirectory, _ purpose: Purpose) -> String {
        guard purpose == .inspecting, !directory.hasLog else { return directory.database }
        var escaped: [UInt8] = []
        for byte in directory.database.utf8 {
            switch byte {
            case UInt8(ascii: "?"): escaped += "%3f".utf8
            case UInt8(ascii: "#"): escaped += "%23".utf8
            case UInt8(ascii: "%"): escaped += "%25".utf8
            default: escaped.append(byte)
            }
        }
        return "file:\(String(decoding: escaped, as: UTF8.self))?immutable=1"
    }
}
