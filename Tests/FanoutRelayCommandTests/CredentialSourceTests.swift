import CommandSupport
import Glibc
import Testing
import WebSockets

@testable import FanoutRelayCommand

@Suite(.timeLimit(.minutes(1)))
struct CredentialSourceTests {
    private static func texts(_ source: CredentialSource) async throws -> [String] {
        try await source.headers().map { "\($0.name)=\($0.value)" }
    }

    @Test func `a command's headers replace the file's, and these the flags', by name`() async throws {
        let file = try TemporaryFile("# secrets\n\nB: file\nC:  file\r\n")
        let source = CredentialSource(
            headers: try ["a: flag", "b: flag", "c: flag"].map { try #require(HeaderLine($0)) },
            headerFile: file.path,
            command: ShellCommand(text: #"printf '{"headers":{"C":"command"}}'"#, outputLimit: 1000)
        )
        #expect(try await Self.texts(source) == ["a=flag", "B=file", "C=command"])
    }

    @Test func `files are read anew each time`() async throws {
        let headers = try TemporaryFile("Token: 1")
        let payload = try TemporaryFile(#"{"n":1}"#)
        let source = CredentialSource(headerFile: headers.path, initPayloadFile: payload.path)
        for number in 1...3 {
            try headers.write("Token: \(number)")
            try payload.write(#"{"n":\#(number)}"#)
            #expect(try await Self.texts(source) == ["Token=\(number)"])
            #expect(try source.initPayload() == #"{"n":\#(number)}"#)
        }
    }

    @Test func `a pipe is read to its end, and given up when nobody writes to it`() async throws {
        let file = try TemporaryFile("")
        unsafe _ = unlink(file.path)
        #expect(unsafe mkfifo(file.path, 0o600) == 0)
        let failure = #expect(throws: Failure.self) {
            try FileText.read(file.path, option: "--header-file", timeout: .milliseconds(20))
        }
        #expect(failure?.line.hasSuffix("nothing was written to it for 0.02 seconds") == true)
        let writer = OwnThread(name: "writer")
        let source = CredentialSource(headerFile: file.path)
        let writing = Task(executorPreference: writer) { [path = file.path] in
            let descriptor = unsafe open(path, O_WRONLY)
            unsafe _ = write(descriptor, "Token: 1\n", 9)
            close(descriptor)
        }
        #expect(try await Self.texts(source) == ["Token=1"])
        await writing.value
    }

    @Test func `a command runs anew each time, and its payload goes before the others`() async throws {
        let counter = try TemporaryFile("")
        let script = #"echo >> \#(counter.path); printf '{"initPayload":{"n":%d}}' $(wc -l < \#(counter.path))"#
        let source = CredentialSource(
            initPayload: #"{"n":0}"#,
            command: ShellCommand(text: script, outputLimit: 1000)
        )
        for number in 1...3 {
            #expect(try await Self.texts(source).isEmpty)
            #expect(try source.initPayload() == #"{"n":\#(number)}"#)
        }
    }

    @Test func `a command's failure is one line that names the flag`() async {
        let source = CredentialSource(command: ShellCommand(text: "echo hunter2; exit 7", outputLimit: 1000))
        let error = await #expect(throws: CredentialError.self) { try await source.headers() }
        #expect(error?.description == "--credentials-command: ended with exit code 7")
    }

    @Test func `a bad line of a file is named by its number, not its text`() async throws {
        let file = try TemporaryFile("A: b\nhunter2\n")
        let source = CredentialSource(headerFile: file.path)
        let error = await #expect(throws: CredentialError.self) { try await source.headers() }
        #expect(error?.description == "--header-file '\(file.path)': line 2 is no 'Name: value'")
    }

    @Test func `a file that is gone is an error`() async throws {
        let source = CredentialSource(headerFile: "/nowhere/at-all", initPayloadFile: "/nowhere/either")
        await #expect(throws: Failure.self) { try await source.headers() }
        #expect(throws: Failure.self) { try source.initPayload() }
    }
}

/// A file that is there as long as this is.
final class TemporaryFile {
    let path: String

    init(_ text: String) throws {
        var template = Array("/tmp/fanout-relay-XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&template)
        try #require(descriptor >= 0)
        close(descriptor)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        try write(text)
    }

    deinit { unsafe _ = unlink(path) }

    func write(_ text: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_TRUNC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }
}
