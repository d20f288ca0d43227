import ArgumentParser
import CommandSupport
import GraphQLTransport

/// Flags about what the server is shown at each connect.
struct CredentialOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A header for the upstream handshake; may be repeated.", valueName: "'Name: value'"),
        as: Flags.value(HeaderLine.self)
    )
    var header: [HeaderLine] = []

    @Option(
        help: ArgumentHelp(
            "A file of headers, one 'Name: value' a line, read anew at each connect. They replace those of --header. A "
                + "pipe has to bring something every 5 s.",
            valueName: "file"
        )
    )
    var headerFile: String?

    @Option(help: ArgumentHelp("The payload of connection_init: a JSON object, or @FILE.", valueName: "json|@file"))
    var initPayload: String?

    @Option(
        help: ArgumentHelp("The same from a file that is read anew at each connect.", valueName: "file")
    )
    var initPayloadFile: String?

    @Option(
        help: ArgumentHelp(
            "A command for /bin/sh, run at each connect, that prints {\"headers\":{NAME:VALUE},\"initPayload\":{…}}. "
                + "What it prints replaces the above and is never logged.",
            valueName: "command"
        )
    )
    var credentialsCommand: String?

    @Option(
        help: ArgumentHelp("How long the command may take before it is killed.", valueName: "duration"),
        as: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var credentialsTimeout = Duration.seconds(10)

    /// Where the session gets its credentials from; fails with one line for what can't be had at all.
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
