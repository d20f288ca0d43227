import CommandSupport
import Synchronization

/// Provides headers and init payload for the upstream, at each connect.
///
/// Two closures of the session share it, so that headers and payload come from the same run of a command.
final class CredentialSource: Sendable {
    private let fixedHeaders: [HeaderLine]
    private let headerFile: String?
    private let fixedPayload: String?
    private let initPayloadFile: String?
    private let command: ShellCommand?
    private let timeout: Duration
    private let printed = Mutex<PrintedCredentials?>(nil)

    init(
        headers: [HeaderLine] = [],
        headerFile: String? = nil,
        initPayload: String? = nil,
        initPayloadFile: String? = nil,
        command: ShellCommand? = nil,
        timeout: Duration = .seconds(10)
    ) {
        fixedHeaders = headers
        self.headerFile = headerFile
        fixedPayload = initPayload
        self.initPayloadFile = initPayloadFile
        self.command = command
        self.timeout = timeout
    }

    /// The option to name in an error when the headers don't come in time.
    var headersName: String { command == nil ? "--header-file" : "--credentials-command" }

    /// The headers of the flags; those of the file replace them by name, and those of the command both.
    func headers() async throws -> [(name: String, value: String)] {
        var headers = fixedHeaders
        if let headerFile { Self.replace(&headers, with: try Self.lines(of: headerFile)) }
        if let command {
            let credentials = try await run(command)
            printed.withLock { $0 = credentials }
            Self.replace(&headers, with: credentials.headers)
        }
        return headers.map { ($0.name, $0.value) }
    }

    /// The payload of the command that `headers` has run, or else of the file, or else of the flag.
    func initPayload() throws -> String? {
        if let payload = printed.withLock({ $0?.initPayload }) { return payload }
        return try initPayloadFile.map { try FileText.read($0, option: "--init-payload-file") } ?? fixedPayload
    }

    private func run(_ command: ShellCommand) async throws(CredentialError) -> PrintedCredentials {
        let output: [UInt8]
        do {
            output = try await command.output(within: timeout)
        } catch {
            throw CredentialError(description: "--credentials-command: \(error)")
        }
        return try PrintedCredentials(parsing: output)
    }

    private static func lines(of file: String) throws -> [HeaderLine] {
        let text = try FileText.read(file, option: "--header-file")
        var headers: [HeaderLine] = []
        // The content is secret, so that an error names the line's number only.
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
        where !line.allSatisfy(\.isWhitespace) && !line.hasPrefix("#") {
            guard let header = HeaderLine(String(line)) else {
                throw CredentialError(description: "--header-file '\(file)': line \(index + 1) is no 'Name: value'")
            }
            headers.append(header)
        }
        return headers
    }

    private static func replace(_ headers: inout [HeaderLine], with others: [HeaderLine]) {
        let names = Set(others.map { $0.name.lowercased() })
        headers.removeAll { names.contains($0.name.lowercased()) }
        headers += others
    }
}

/// Credentials that could not be read this time; the error contains none of them.
struct CredentialError: Error, CustomStringConvertible {
    /// One line.
    let description: String
}
