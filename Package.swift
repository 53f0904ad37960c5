// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 mode, strict memory safety, explicit imports, no warning left standing.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// Resolve every symbol at start: the lazy resolver spills vector registers, and with them up to
/// 64 bytes of a secret being copied, to the stack.
let bindNow: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "coffer-secrets",
    products: [
        .executable(name: "coffer", targets: ["coffer"]),
        .executable(name: "coffer-supervisor", targets: ["coffer-supervisor"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "CFuse", pkgConfig: "fuse3"),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium"),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd"),

        library("CofferCore"),
        library("SecretMemory", ["CSodium"]),
        library("KeyService", ["CofferCore", "SecretMemory"]),
        library("SecretStore", [.product(name: "GRDB", package: "GRDB.swift")]),
        library("AuditTrail", ["CofferCore", "SecretMemory"]),
        library(
            "SecretsManager",
            ["CofferCore", "SecretMemory", "KeyService", "SecretStore", "AuditTrail"]),
        library("Fuse", ["CFuse"]),
        library("CofferFS", ["CofferCore", "SecretMemory", "SecretsManager", "Fuse"]),
        library("ControlSocket", ["CofferCore", "SecretMemory", "CMicroHTTPD"]),
        library("ControlAPI", ["CofferCore", "SecretMemory", "SecretsManager", "ControlSocket"]),
        library(
            "Supervision",
            ["CofferCore", "SecretMemory", "Fuse", .product(name: "Logging", package: "swift-log")]),
        .executableTarget(
            name: "coffer-supervisor", dependencies: ["Supervision"], swiftSettings: strict,
            linkerSettings: bindNow),
        .executableTarget(
            name: "coffer",
            dependencies: [
                "CofferCore", "SecretMemory", "KeyService", "SecretStore", "AuditTrail",
                "SecretsManager", "Fuse", "CofferFS", "ControlSocket", "ControlAPI", "Supervision",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict,
            linkerSettings: bindNow),

        tests("CofferCoreTests", ["CofferCore"]),
        tests("SecretMemoryTests", ["SecretMemory"]),
        tests("KeyServiceTests", ["KeyService", "CofferCore", "SecretMemory"]),
        tests("SecretStoreTests", ["SecretStore"]),
        tests("AuditTrailTests", ["AuditTrail", "CofferCore", "SecretMemory"]),
        tests("FuseTests", ["Fuse"]),
        tests("ControlSocketTests", ["ControlSocket", "CofferCore", "SecretMemory"]),
        tests(
            "ControlAPITests",
            [
                "ControlAPI", "ControlSocket", "SecretsManager", "KeyService", "SecretStore", "AuditTrail",
                "CofferCore", "SecretMemory",
            ]),
        tests(
            "CommandTests",
            [
                "coffer", "CofferCore", "SecretsManager",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        tests(
            "SecretsManagerTests",
            ["SecretsManager", "KeyService", "SecretStore", "AuditTrail", "CofferCore", "SecretMemory"]),
        tests(
            "CofferFSTests",
            [
                "CofferFS", "Fuse", "SecretsManager", "KeyService", "SecretStore", "AuditTrail", "CofferCore",
                "SecretMemory",
            ]),
        tests("StructureTests", []),
        tests("MountTests", [], exclude: ["Scenarios"]),
    ]
)
