/// What one server lets its clients take, so that no user can starve the rest.
public struct ControlLimits: Sendable {
    /// Connections at one time, each with a thread.
    public var connections: Int
    /// Connections at one time of one user other than root.
    public var connectionsPerUser: Int
    /// Connections out of `connections` that only root and the daemon's own user can take.
    public var reservedConnections: Int
    /// Bytes of request bodies that one user can have under way. nil: four times the body limit.
    public var bodyBytesPerUser: Int?
    /// Seconds without a byte from the client (or taken by it) after which its connection is closed.
    public var idleTimeoutSeconds: Int

    /// Makes limits; the defaults are the daemon's.
    public init(
        connections: Int = 256, connectionsPerUser: Int = 64, reservedConnections: Int = 16,
        bodyBytesPerUser: Int? = nil, idleTimeoutSeconds: Int = 30
    ) {
        self.connections = connections
        self.connectionsPerUser = connectionsPerUser
        self.reservedConnections = reservedConnections
        self.bodyBytesPerUser = bodyBytesPerUser
        self.idleTimeoutSeconds = idleTimeoutSeconds
    }
}
