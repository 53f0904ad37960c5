/// What programs are known to do with a file that they replace, by the name that the kernel gives them (`comm`).
///
/// A value can't be removed. These programs remove or rename it only to put another in its place at once, so they
/// are shown what they expect. docs/filesystem.md has the same table, for people.
enum ProgramHabits {
    /// Remove the name, then make it again.
    private static let replacers: Set = [
        "install", "ginstall", "cp", "mv", "tar", "bsdtar", "unzip", "cpio", "bsdcpio",
    ]
    /// Rename it to a backup, then make it again.
    private static let savers: Set = [
        "vi", "ex", "view", "rvim", "rview", "gvim", "nvim", "editor", "nano", "rnano", "pico", "ed", "sed",
        "perl",
        "patch", "rsync", "install", "ginstall", "cp",
    ]
    /// Beginnings of the names that editors with several builds go by: `vim.basic`, `emacs-nox`.
    private static let saverFamilies = ["vim", "emacs"]
    /// Make files under the names that they are told, never under names of their own.
    private static let copiers: Set = [
        "install", "ginstall", "cp", "mv", "tar", "bsdtar", "unzip", "cpio", "bsdcpio", "tee", "dd", "touch",
    ]

    /// Set modes, owners and times along with the content that they copy, and fail where they can't.
    private static let attributeCopiers: Set = [
        "cp", "mv", "rsync", "tar", "bsdtar", "unzip", "cpio", "bsdcpio",
    ]

    /// Whether a program sets attributes because what it copies has them, not because somebody asked for these.
    static func copiesAttributes(_ program: String) -> Bool { attributeCopiers.contains(program) }

    /// Whether a program that removes a name makes it again.
    static func replaces(_ program: String) -> Bool { replacers.contains(program) }

    /// Whether a program that has read a file removes it because it is elsewhere now: `mv`, `tar --remove-files`.
    static func movesAway(_ program: String) -> Bool { ["mv", "tar"].contains(program) }

    /// Whether a program that renames a file to another name makes it again.
    static func savesAside(_ program: String) -> Bool {
        savers.contains(program) || saverFamilies.contains { program.hasPrefix($0) }
    }

    /// Whether a program makes no temporary names.
    static func copiesNames(_ program: String) -> Bool { copiers.contains(program) }
}
