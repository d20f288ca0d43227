import ArgumentParser
import CommandSupport
import GraphQLTransport

/// Flags about the credentials that the server gets at each connect.
struct CredentialOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A header for the upstream handshake; may be repeated.", valueName: "'Name: value'"),
        as: Flags.value(HeaderLine.self)
    )
    var header: [HeaderLine] = []

    @Option(
        help: ArgumentHelp(
            "A file of headers, one 'Name: value' on each line, which is read at each connect. They replace those of "
                + "--header. A pipe must provide something every 5 s.",
            valueName: "file"
        )
    )
    var headerFile: String?

    @Option(help: ArgumentHelp("The payload of connection_init: a JSON object, or @FILE.", valueName: "json|@file"))
    var initPayload: String?

    @Option(
        help: ArgumentHelp("A file with that payload, which is read at each connect.", valueName: "file")
    )
    var initPayloadFile: String?

    @Option(
        help: ArgumentHelp(
            "A command for /bin/sh that is run at each connect and prints "
                + "{\"headers\":{NAME:VALUE},\"initPayload\":{…}}. Its output replaces the headers and payload of "
                + "other flags, and is never logged.",
            valueName: "command"
        )
    )
    var credentialsCommand: String?

    @Option(
        help: ArgumentHelp("How long the credentials command may take before it is killed.", valueName: "duration"),
        as: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var credentialsTimeout = Duration.seconds(10)

    /// The source of the session's credentials; fails with one line if it can never work.
    func source() throws -> CredentialSource {
        guard initPayload == nil || initPayloadFile == nil else {
            throw Failure(line: "--init-payload-file: allowed: either this or --init-payload", exitCode: 64)
        }
        if let headerFile { try FileText.checkReadable(headerFile, option: "--header-file") }
        if let initPayloadFile { try FileText.checkReadable(initPayloadFile, option: "--init-payload-file") }
        let payload = try initPayload.map { try FileText.resolve($0, option: "--init-payload") }
        if let payload {
            do {
                _ = try JSONScanner.scanObject(Array(payload.utf8).span)
            } catch {
                throw Failure(line: "--init-payload: allowed: a JSON object, but \(error)", exitCode: 64)
            }
        }
        return CredentialSource(
            headers: header,
            headerFile: headerFile,
            initPayload: payload,
            initPayloadFile: initPayloadFile,
            command: credentialsCommand.map { ShellCommand(text: $0, outputLimit: 64 * 1024) },
            timeout: credentialsTimeout
        )
    }
}
