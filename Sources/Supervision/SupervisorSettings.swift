internal import CofferCore

/// What the supervisor is told by the command that starts it: one JSON text among its arguments.
package struct SupervisorSettings: Sendable {
    /// Absolute, as given on the command line.
    package var mountPoint: String
    /// What the mount table shows as the source of the mount: the store's directory.
    package var fileSystemName: String
    package var allowsOther: Bool
    package var allowsUnlockedMemory: Bool
    package var keepsMountPoint: Bool
    package var asksToResend: Bool
    /// Whether a process that serves can unlock the store by itself, from a file.
    package var hasKeyFile: Bool
    /// Whether the mount is left to systemd at SIGTERM, which hands it to the next supervisor.
    package var usesDescriptorStore: Bool
    package var maxWrite: Int
    package var deadlineSeconds: Int
    /// Where the program that serves stands on the disk, and a descriptor of the one to begin with.
    package var program: String
    package var programDescriptor: Int32
    package var readyDescriptor: Int32?
    package var passphraseDescriptor: Int32?
    /// Where messages go once it serves; nil for standard error.
    package var logFile: String?
    /// Where it is written how processes ended.
    package var reportFile: String

    package init(
        mountPoint: String, fileSystemName: String, allowsOther: Bool, allowsUnlockedMemory: Bool,
        keepsMountPoint: Bool, asksToResend: Bool, hasKeyFile: Bool, usesDescriptorStore: Bool, maxWrite: Int,
        deadlineSeconds: Int, program: String, programDescriptor: Int32, readyDescriptor: Int32?,
        passphraseDescriptor: Int32?, logFile: String?, reportFile: String
    ) {
        self.mountPoint = mountPoint
        self.fileSystemName = fileSystemName
        self.allowsOther = allowsOther
        self.allowsUnlockedMemory = allowsUnlockedMemory
        self.keepsMountPoint = keepsMountPoint
        self.asksToResend = asksToResend
        self.hasKeyFile = hasKeyFile
        self.usesDescriptorStore = usesDescriptorStore
        self.maxWrite = maxWrite
        self.deadlineSeconds = deadlineSeconds
        self.program = program
        self.programDescriptor = programDescriptor
        self.readyDescriptor = readyDescriptor
        self.passphraseDescriptor = passphraseDescriptor
        self.logFile = logFile
        self.reportFile = reportFile
    }

    /// As one argument.
    package var text: String {
        JSONValue.members(
            ("MountPoint", .string(mountPoint)), ("FileSystemName", .string(fileSystemName)),
            ("AllowsOther", .bool(allowsOther)), ("AllowsUnlockedMemory", .bool(allowsUnlockedMemory)),
            ("KeepsMountPoint", .bool(keepsMountPoint)), ("AsksToResend", .bool(asksToResend)),
            ("HasKeyFile", .bool(hasKeyFile)), ("UsesDescriptorStore", .bool(usesDescriptorStore)),
            ("MaxWrite", .int(maxWrite)), ("DeadlineSeconds", .int(deadlineSeconds)),
            ("Program", .string(program)), ("ProgramDescriptor", .int(programDescriptor)),
            ("ReadyDescriptor", readyDescriptor.map { .int($0) }),
            ("PassphraseDescriptor", passphraseDescriptor.map { .int($0) }),
            ("LogFile", logFile.map { .string($0) }), ("ReportFile", .string(reportFile))
        ).text
    }

    /// From such an argument; nil where it isn't one.
    package init?(_ text: String) {
        guard let value = try? JSONValue(parsing: text), let mountPoint = value["MountPoint"]?.string,
            let fileSystemName = value["FileSystemName"]?.string, let program = value["Program"]?.string,
            let programDescriptor = value["ProgramDescriptor"]?.int, let maxWrite = value["MaxWrite"]?.int,
            let deadline = value["DeadlineSeconds"]?.int, let reportFile = value["ReportFile"]?.string
        else { return nil }
        func isSet(_ name: String) -> Bool { value[name]?.bool ?? false }
        func descriptor(_ name: String) -> Int32? { value[name]?.int.map { Int32(truncatingIfNeeded: $0) } }
        self.init(
            mountPoint: mountPoint, fileSystemName: fileSystemName, allowsOther: isSet("AllowsOther"),
            allowsUnlockedMemory: isSet("AllowsUnlockedMemory"), keepsMountPoint: isSet("KeepsMountPoint"),
            asksToResend: isSet("AsksToResend"), hasKeyFile: isSet("HasKeyFile"),
            usesDescriptorStore: isSet("UsesDescriptorStore"), maxWrite: Int(maxWrite),
            deadlineSeconds: Int(deadline), program: program,
            programDescriptor: Int32(truncatingIfNeeded: programDescriptor),
            readyDescriptor: descriptor("ReadyDescriptor"),
            passphraseDescriptor: descriptor("PassphraseDescriptor"), logFile: value["LogFile"]?.string,
            reportFile: reportFile)
    }
}
