// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// Benchmarks are left out unless they are asked for: nobody who uses the package should have to fetch what they need.
let hasBenchmarks = Context.environment["FANOUT_BENCHMARKS"] == "1"

/// The fuzzer is made by deploy/fuzz.sh, in a build of its own without tests.
let hasFuzzer = Context.environment["FANOUT_FUZZ"] == "1"

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let deques = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let httpServer = [
    Target.Dependency.product(name: "FlyingFox", package: "FlyingFox"),
    .product(name: "FlyingSocks", package: "FlyingFox"),
]

let package = Package(
    name: "fanout-relay",
    products: [
        .library(name: "Backoffs", targets: ["Backoffs"]),
        // GraphQLTransport has the names of subprotocols and close codes.
        .library(name: "GraphQLSession", targets: ["GraphQLSession", "GraphQLTransport"]),
        .library(name: "GraphQLSessionCodable", targets: ["GraphQLSessionCodable"]),
        // The programs are built from here only. As products they would have whoever depends on a library fetch what
        // they need.
    ],
    traits: [
        .trait(name: "Logging", description: "Sessions log to a Logger of swift-log: SessionConfiguration.logger."),
        // Without it nothing of libnats is compiled or linked, and it need not be there.
        .trait(name: "Cluster", description: "Relays form a group on NATS JetStream, by libnats."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibwebsockets",
            pkgConfig: "libwebsockets",
            providers: [.apt(["libwebsockets-dev", "libwebsockets-evlib-uv", "libcap-dev"])]
        ),
        .systemLibrary(name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CTLS", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CNats", pkgConfig: "libnats", providers: [.apt(["libnats-dev"])]),
        .systemLibrary(name: "CEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "Backoffs", swiftSettings: settings),
        .target(name: "GraphQLTransport", dependencies: ["Wire"], swiftSettings: settings),
        .target(name: "Wire", swiftSettings: settings),
        .target(
            name: "AccessTokens",
            dependencies: ["COpenSSL", "GraphQLTransport"],
            swiftSettings: settings
        ),
        .target(
            name: "AllowedDocuments",
            dependencies: ["AccessTokens", "Fanout", "GraphQLTransport"],
            swiftSettings: settings
        ),
        .target(
            name: "WebSockets",
            dependencies: ["CCurl", "CEpoll", "CLibwebsockets", "CLibuv", "Wire", deques],
            swiftSettings: settings
        ),
        .target(
            name: "NATSLink",
            dependencies: [
                "Backoffs", "COpenSSL", "GraphQLTransport", "WebSockets", "Wire",
                .target(name: "CNats", condition: .when(traits: ["Cluster"])),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "GraphQLSession",
            dependencies: [
                "Backoffs", "GraphQLTransport", "WebSockets", "Wire",
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Logging"])),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "GraphQLSessionCodable",
            dependencies: ["GraphQLSession", "GraphQLTransport"],
            swiftSettings: settings
        ),
        .target(name: "Fanout", dependencies: ["GraphQLTransport", "Wire", deques], swiftSettings: settings),
        .target(name: "EventLog", dependencies: [deques], swiftSettings: settings),
        .target(
            name: "FanoutRelay",
            dependencies: [
                "AccessTokens", "AllowedDocuments", "Backoffs", "EventLog", "Fanout", "GraphQLSession",
                "GraphQLTransport", "NATSLink", "WebSockets", "Wire", deques, logging,
            ],
            resources: [.embedInCode("Dashboard/Page")],
            swiftSettings: settings
        ),
        .target(
            name: "DemoUpstream",
            dependencies: ["GraphQLTransport", "WebSockets", "Wire"],
            swiftSettings: settings
        ),
        // What the two programs have in common is how they are called, and nothing of what they do.
        .target(name: "CommandSupport", dependencies: ["Backoffs", argumentParser], swiftSettings: settings),
        .target(
            name: "Settings",
            dependencies: ["CYaml", "CommandSupport", argumentParser],
            swiftSettings: settings
        ),
        .target(
            name: "FanoutRelayCommand",
            dependencies: [
                "AccessTokens", "AllowedDocuments", "Backoffs", "CEdit", "CommandSupport", "DemoUpstream", "Fanout",
                "FanoutRelay", "GraphQLSession", "GraphQLTransport", "NATSLink", "Settings", "WebSockets", "Wire",
                argumentParser, logging,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "FanoutLoad",
            dependencies: [
                "CEpoll", "CTLS", "CommandSupport", "GraphQLTransport", "Settings", argumentParser, histogram,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fanout-relay",
            dependencies: ["FanoutRelayCommand"],
            path: "Sources/Programs/fanout-relay",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fanout-load",
            dependencies: ["FanoutLoad"],
            path: "Sources/Programs/fanout-load",
            swiftSettings: settings
        ),
        // They see what a user of the products sees: the public API.
        .executableTarget(
            name: "ContinentConsole",
            dependencies: ["GraphQLSession"],
            path: "Sources/Examples/Console",
            packageAccess: false,
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ContinentService",
            dependencies: ["Backoffs", "GraphQLSession"] + httpServer,
            path: "Sources/Examples/Service",
            packageAccess: false,
            swiftSettings: settings
        ),
        .target(
            name: "Snippets",
            dependencies: ["Backoffs", "GraphQLSession", "GraphQLSessionCodable", "GraphQLTransport"],
            path: "Tests/Snippets",
            packageAccess: false,
            swiftSettings: settings
        ),
        .testTarget(
            name: "SnippetsTests",
            dependencies: [
                "AllowedDocuments", "Backoffs", "DemoUpstream", "FanoutRelay", "GraphQLSession", "GraphQLTransport",
                "Snippets", "WebSockets",
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "BackoffsTests", dependencies: ["Backoffs", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "GraphQLTransportTests",
            dependencies: ["GraphQLTransport", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .target(name: "OpenSSLCommand", path: "Tests/OpenSSLCommand", swiftSettings: settings),
        // What tests of several modules need.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(name: "TestSupportTests", dependencies: ["TestSupport"], swiftSettings: settings),
        // Judged as values and again over sockets.
        .target(name: "HeadCases", dependencies: ["Wire"], path: "Tests/HeadCases", swiftSettings: settings),
        .testTarget(name: "WireTests", dependencies: ["HeadCases", "Wire"], swiftSettings: settings),
        .testTarget(
            name: "AccessTokensTests",
            dependencies: ["AccessTokens", "GraphQLTransport", "OpenSSLCommand", "Wire"],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AllowedDocumentsTests",
            dependencies: ["AccessTokens", "AllowedDocuments", "GraphQLTransport", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "WebSocketsTests",
            dependencies: ["CLibwebsockets", "HeadCases", "OpenSSLCommand", "TestSupport", "WebSockets", "Wire"],
            swiftSettings: settings
        ),
        .target(
            name: "NATSServers",
            dependencies: ["NATSLink", "TestSupport"],
            path: "Tests/NATSServers",
            swiftSettings: settings
        ),
        .testTarget(
            name: "NATSLinkTests",
            dependencies: [
                "Backoffs", "GraphQLTransport", "NATSLink", "NATSServers", "OpenSSLCommand", "TestSupport",
                "WebSockets",
            ],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "GraphQLSessionTests",
            dependencies: ["Backoffs", "GraphQLSession", "GraphQLTransport", "TestSupport", "WebSockets", "Wire"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "GraphQLSessionCodableTests",
            dependencies: ["GraphQLSession", "GraphQLSessionCodable", "GraphQLTransport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FanoutTests",
            dependencies: ["Fanout", "GraphQLTransport", "TestSupport", "Wire"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EventLogTests",
            dependencies: ["EventLog", "TestSupport", deques],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FanoutRelayTests",
            dependencies: [
                "AccessTokens", "AllowedDocuments", "EventLog", "Fanout", "FanoutRelay", "GraphQLSession",
                "GraphQLTransport", "WebSockets", "Wire", logging,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DemoUpstreamTests",
            dependencies: ["DemoUpstream", "GraphQLTransport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["Settings", argumentParser],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CommandSupportTests",
            dependencies: ["CommandSupport", argumentParser],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FanoutRelayCommandTests",
            dependencies: [
                "AccessTokens", "AllowedDocuments", "Backoffs", "CommandSupport", "Fanout", "FanoutRelay",
                "FanoutRelayCommand", "GraphQLSession", "GraphQLTransport", "NATSLink", "TestSupport", "WebSockets",
                "Wire", argumentParser,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FanoutLoadTests",
            dependencies: ["CommandSupport", "FanoutLoad", "TestSupport", argumentParser],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "AccessTokens", "AllowedDocuments", "Backoffs", "BlockedPool", "DemoUpstream", "Fanout", "FanoutRelay",
                "GraphQLSession", "GraphQLTransport", "NATSLink", "NATSServers", "OpenSSLCommand", "TestSupport",
                "WebSockets", "Wire", logging,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "AccessTokens", "EventLog", "Fanout", "FanoutRelay", "GraphQLSession", "GraphQLTransport",
                "TestSupport", "WebSockets", "Wire",
            ],
            exclude: ["Corpora", "Driver"],
            swiftSettings: settings
        ),
        // A process of its own, since what it blocks it can't give back.
        .executableTarget(
            name: "BlockedPool",
            dependencies: [
                "Backoffs", "DemoUpstream", "Fanout", "FanoutRelay", "GraphQLSession", "WebSockets", logging,
            ],
            path: "Tests/BlockedPool",
            swiftSettings: settings
        ),
    ]
)

if hasFuzzer {
    // It looks inside the modules, in a release build, and has a `main` of libFuzzer's or its own.
    package.targets.removeAll(where: \.isTest)
    package.targets.append(
        .executableTarget(
            name: "fanout-fuzz",
            dependencies: [
                "AccessTokens", "EventLog", "Fanout", "FanoutRelay", "GraphQLSession", "GraphQLTransport",
                "TestSupport", "WebSockets", "Wire",
            ],
            path: "Tests/FuzzTests",
            exclude: ["Corpora", "Rules"],
            swiftSettings: settings
        )
    )
}

if hasBenchmarks {
    // They look inside the modules, in a release build; `traits: []` leaves out its interposers of malloc and ARC.
    for target in package.targets where ["Fanout", "FanoutRelay", "GraphQLSession", "WebSockets"].contains(target.name)
    {
        target.swiftSettings?.append(.unsafeFlags(["-enable-testing"], .when(configuration: .release)))
    }
    package.dependencies.append(.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []))
    let suites: [(name: String, dependencies: [Target.Dependency])] = [
        ("MachineBenchmarks", ["AccessTokens", "GraphQLTransport"]),
        ("FanoutBenchmarks", ["Fanout", "FanoutRelay", "GraphQLSession", "GraphQLTransport", "WebSockets", logging]),
    ]
    for suite in suites {
        package.targets.append(
            .executableTarget(
                name: suite.name,
                dependencies: suite.dependencies + [.product(name: "Benchmark", package: "benchmark")],
                path: "Sources/Benchmarks/\(suite.name)",
                swiftSettings: settings,
                plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
            )
        )
    }
}
