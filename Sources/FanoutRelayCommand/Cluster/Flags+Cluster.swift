import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc
internal import NATSLink

/// The grammars of flags about a group of relays.
extension Flags {
    /// The name of a group, which is a part of its streams' and subjects' names.
    static let groupName = FlagGrammar<String>(
        read: { text in
            guard StreamConfiguration.isName(text), text.utf8.count <= ClusterConfiguration.longestName else {
                throw ValidationError("allowed: 1 to \(ClusterConfiguration.longestName) letters, digits, - and _")
            }
            return text
        },
        write: { $0 }
    )

    /// The servers of a group.
    static func natsServers(_ text: String, of option: String) throws -> [NATSServer] {
        do throws(NATSServer.Fault) {
            return try NATSServer.list(parsing: text)
        } catch {
            let allowed = "allowed: nats://HOST:PORT or tls://HOST:PORT, several with commas between them"
            // A password isn't repeated to where others see it.
            guard error != .credentials else {
                throw ValidationError("\(option): \(error), as of --cluster-credentials; \(allowed)")
            }
            throw ValidationError("\(option) '\(text.prefix(200))': \(error); \(allowed)")
        }
    }

    /// The name of a relay among those of its group, as logs and the servers' monitoring show it.
    static func nodeName(_ text: String) throws -> String {
        // ASCII alone, so that two names that look the same are the same.
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValidationError("allowed: 1 to 255 letters, digits and signs of ASCII, without spaces")
        }
        return text
    }

    /// One of a few numbers.
    static func number(of numbers: [Int]) -> FlagGrammar<Int> {
        let allowed = numbers.map(String.init).joined(separator: ", ")
        return FlagGrammar(
            read: { text in
                guard let number = Int(text), numbers.contains(number) else {
                    throw ValidationError("allowed: \(allowed)")
                }
                return number
            },
            write: { "\($0)" },
            range: "values: \(allowed)"
        )
    }

    /// The name of this machine; in a container, of the pod.
    static var hostName: String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&bytes, bytes.count - 1) == 0 else { return "" }
        return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
