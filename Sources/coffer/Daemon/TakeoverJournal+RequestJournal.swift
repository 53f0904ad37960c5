public import CofferCore
public import Fuse

// The memory that processes share is what the manager takes for its journal: neither module knows the other.
extension TakeoverJournal: RequestJournal {}
