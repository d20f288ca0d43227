import CommandSupport
import Testing

@testable import FanoutRelayCommand

struct PrintedCredentialsTests {
    @Test func `headers and payload are taken as they are`() throws {
        let text = #" {"headers":{"Authorization":"Bearer a\u00e9b","X-Empty":""},"initPayload":{"n": 1.50} } "#
        let credentials = try PrintedCredentials(parsing: Array(text.utf8))
        #expect(credentials.headers.map(\.name) == ["Authorization", "X-Empty"])
        #expect(credentials.headers.map(\.value) == ["Bearer aéb", ""])
        #expect(credentials.initPayload == #"{"n": 1.50}"#)
    }

    @Test(arguments: ["{}", #"{"headers":null,"initPayload":null}"#])
    func `both may be missing`(text: String) throws {
        let credentials = try PrintedCredentials(parsing: Array(text.utf8))
        #expect(credentials.headers.isEmpty && credentials.initPayload == nil)
    }

    @Test(arguments: [
        "", "hunter2", "[]", #"{"headers":["hunter2"]}"#, #"{"headers":{"hunter2":1}}"#, #"{"initPayload":"hunter2"}"#,
        #"{"headers":{"A":"hunter2\r\nB: c"}}"#, #"{"headers":{"A:hunter2":"c"}}"#, #"{"headers":{"":"hunter2"}}"#,
        #"{"hunter2":{}}"#, #"{"headers":{"A":"hunter2"}"#, #"{"headers":{"A":"\ud800"}}"#,
    ])
    func `anything else is refused in one line without a secret`(text: String) {
        let error = #expect(throws: CredentialError.self) { try PrintedCredentials(parsing: Array(text.utf8)) }
        #expect(error?.description.hasPrefix("--credentials-command: ") == true)
        #expect(error?.description.contains("hunter2") == false)
    }
}
