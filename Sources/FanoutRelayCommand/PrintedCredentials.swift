import CommandSupport
import GraphQLTransport

/// The output of a credentials command: `{"headers":{"Name":"value"},"initPayload":{…}}`, both optional.
struct PrintedCredentials: Sendable {
    private(set) var headers: [HeaderLine] = []
    /// A JSON object.
    private(set) var initPayload: String?

    /// Reads the command's output; an error says where it is wrong, but not what it contains.
    init(parsing output: [UInt8]) throws(CredentialError) {
        let object: JSONObject
        do {
            object = try JSONObject(output.span)
        } catch {
            throw Self.error("it is no JSON object at byte \(error.offset)")
        }
        for (name, value) in object.members {
            switch (name, value.kind) {
            case ("headers", .object): headers = try Self.headers(Array(output[value.range]))
            case ("initPayload", .object): initPayload = String(decoding: output[value.range], as: UTF8.self)
            case ("headers", .null), ("initPayload", .null): continue
            case ("headers", _), ("initPayload", _): throw Self.error("'\(name)' is no object")
            default: throw Self.error("allowed are the members 'headers' and 'initPayload' only")
            }
        }
    }

    private static func headers(_ bytes: [UInt8]) throws(CredentialError) -> [HeaderLine] {
        var headers: [HeaderLine] = []
        do {
            for (index, member) in try JSONObject(bytes.span).members.enumerated() {
                guard let value = JSONString.decodeExactly(member.value, in: bytes.span),
                    let header = HeaderLine(name: member.name, value: value)
                else { throw error("header \(index + 1) isn't a name with one line of text") }
                headers.append(header)
            }
        } catch let error as CredentialError {
            throw error
        } catch {
            throw Self.error("'headers' is no object")
        }
        return headers
    }

    private static func error(_ problem: String) -> CredentialError {
        CredentialError(description: "--credentials-command: what it printed can't be used: \(problem)")
    }
}
