import ArgumentParser
import CommandSupport
import DemoUpstream

extension Flags {
    /// A fault of the demo server: a word, some with `:` and a value.
    static func fault(_ text: String) throws -> DemoUpstream.Fault {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let value = parts.count > 1 ? parts[1] : nil
        if let fault = faults[parts[0]] {
            guard value == nil else { throw ValidationError("\(parts[0]) takes no value") }
            return fault
        }
        guard let value else { throw ValidationError("allowed: \(faultList)") }
        switch parts[0] {
        case "late-ack": return .acknowledgeLate(after: try duration(.milliseconds(1) ... .seconds(3_600)).read(value))
        case "close-before-ack": return .closeBeforeAck(code: UInt16(try integer(1000...4999).read(value)))
        case "refuse-upgrade": return .refuseUpgrade(status: try integer(400...599).read(value))
        case "huge-payload": return .hugePayload(bytes: try bytes(64...(64 << 20)).read(value))
        case "huge-ping": return .oversized(bytes: try bytes(64...(64 << 20)).read(value))
        default: throw ValidationError("allowed: \(faultList)")
        }
    }

    /// How the demo server ends a link: `cut`, `reset`, or a close code.
    static func linkEnding(_ text: String) throws -> DemoServer.LinkEnding {
        switch text {
        case "cut": return .cut
        case "reset": return .reset
        default:
            guard let code = UInt16(text), (1000...4999).contains(code) else {
                throw ValidationError("allowed: cut, reset or a close code of 1000 to 4999")
            }
            return .close(code)
        }
    }

    /// The faults without a value.
    private static let faults: [String: DemoUpstream.Fault] = [
        "refuse-init": .refuseInit, "never-ack": .neverAcknowledge, "next-before-ack": .nextBeforeAck,
        "silent": .silent, "garbage": .garbage, "invalid-json": .invalidMessage, "unknown-type": .unknownType,
        "unknown-id": .unknownID, "binary": .binary, "end-twice": .endTwice, "deny-id": .denyID,
    ]

    /// All faults, as the help lists them.
    static let faultList =
        "refuse-upgrade:STATUS, refuse-init, never-ack, late-ack:DURATION, close-before-ack:CODE, next-before-ack, "
        + "silent, garbage, invalid-json, unknown-type, unknown-id, binary, end-twice, deny-id, huge-payload:BYTES, "
        + "huge-ping:BYTES"
}
