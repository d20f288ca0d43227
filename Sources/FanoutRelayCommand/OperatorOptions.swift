import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc

/// Flags about what is for operators.
struct OperatorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An address for operators alone, written like one of --listen; may be repeated. It has /metrics, /readyz "
                + "with reasons, /healthz, the page at / and what that shows, on a thread of its own and without the "
                + "limits for clients. --listen then serves none of it but /healthz, and /readyz as a status without "
                + "text. Web pages of other origins may connect if origins= of the address names them. An address of "
                + "loopback and a Unix socket need no token; others, and all with proxy-protocol, need one of the scope "
                + "admin.",
            valueName: "address"
        ),
        as: Flags.listener
    )
    var adminListen: [ListenerFlag] = []

    /// Writes the flags to a configuration, after those of listeners and access.
    func apply(to configuration: inout Configuration) throws {
        configuration.operatorListeners = try listeners(besides: configuration)
        for listener in configuration.operatorListeners where configuration.isClosed(toOperatorsAt: listener) {
            throw Failure(
                line: "\(Self.listenFlag) \(listener): others could see what operators see; allowed: with "
                    + "\(AccessOptions.credentialFlags)",
                exitCode: EX_USAGE
            )
        }
    }

    /// The listeners; none may have a socket that clients come to.
    func listeners(besides configuration: Configuration) throws -> [ListenerConfiguration] {
        let listeners = try ListenerAssembly(option: Self.listenFlag)
            .listeners(adminListen, configuration.trustedProxies)
        let taken = configuration.listeners.compactMap(\.passedDescriptor)
        for listener in listeners {
            guard let descriptor = listener.passedDescriptor, taken.contains(descriptor) else { continue }
            throw Failure(
                line: "\(Self.listenFlag) \(listener): --listen has this socket too; allowed: systemd:NAME with names "
                    + "that differ, for both",
                exitCode: EX_USAGE
            )
        }
        return listeners
    }

    static let listenFlag = "--admin-listen"
}

extension ListenerConfiguration {
    /// The descriptor of a socket that was passed; nil of others.
    fileprivate var passedDescriptor: Int32? { if case .adopted(let descriptor) = address { descriptor } else { nil } }
}
