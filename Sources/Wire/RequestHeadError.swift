/// What is wrong with a request's head, and the answer to it.
package enum RequestHeadError: Error, Equatable, Sendable, CustomStringConvertible {
    // Lines.
    case controlByte, bareLineFeed, bareCarriageReturn
    case tooLarge, tooManyFields
    // The request line.
    case requestLine, unknownMethod, version, target, targetTooLong, tooManyParameters
    // Fields.
    case foldedLine, fieldWithoutColon, blankBeforeColon, fieldName
    case repeated(FieldName)
    case missingHost, host
    // The body's framing.
    case contentLength, lengthAndCoding, codingBeforeHTTP11
    // The WebSocket handshake.
    case upgradeMethod, upgradeBody, upgradeBeforeHTTP11, upgradeConnection, upgradeKey, upgradeVersion

    /// The status of the answer.
    package var status: Int {
        switch self {
        case .targetTooLong, .tooManyParameters: 414
        case .tooLarge, .tooManyFields: 431
        case .unknownMethod: 501
        case .version: 505
        case .upgradeMethod: 405
        case .upgradeVersion: 426
        default: 400
        }
    }

    /// Fields that the definition of the status requires in the answer.
    package var answerFields: [HTTPField] {
        switch self {
        case .upgradeMethod: [HTTPField(name: "Allow", value: "GET")]
        // RFC 9110, section 15.5.22, and RFC 6455, section 4.4.
        case .upgradeVersion:
            [
                HTTPField(name: "Upgrade", value: "websocket"), HTTPField(name: "Connection", value: "Upgrade"),
                HTTPField(name: "Sec-WebSocket-Version", value: "13"),
            ]
        default: []
        }
    }

    /// A message for the client, in one line.
    package var description: String {
        switch self {
        case .controlByte: "a head has no control characters"
        case .bareLineFeed: "lines end with CR LF"
        case .bareCarriageReturn: "a CR stands before a LF only"
        case .tooLarge: "a head of at most \(RequestHead.maximumSize) bytes is taken"
        case .tooManyFields: "at most \(RequestHead.maximumFieldCount) fields are taken"
        case .requestLine: "a request begins with METHOD TARGET HTTP/1.1"
        case .unknownMethod: "the method is unknown"
        case .version: "HTTP/1.1 is spoken here"
        case .target: "the target is neither a path nor a URL of this server, or has bytes that must be percent-encoded"
        case .targetTooLong: "a target of at most \(RequestHead.maximumSize) bytes is taken"
        case .tooManyParameters: "at most \(RequestHead.maximumParameterCount) parameters are taken"
        case .foldedLine: "a field takes one line"
        case .fieldWithoutColon: "a field is NAME: VALUE"
        case .blankBeforeColon: "no blank stands before a field's colon"
        case .fieldName: "a field's name has a byte that no name has"
        case .repeated(let name): "there is more than one \(name.spelling)"
        case .missingHost: "HTTP/1.1 needs a Host"
        case .host: "the Host is no host"
        case .contentLength: "the Content-Length is invalid"
        case .lengthAndCoding: "a Content-Length with a Transfer-Encoding is invalid"
        case .codingBeforeHTTP11: "HTTP/1.0 has no Transfer-Encoding"
        case .upgradeMethod: "a websocket handshake is a GET"
        case .upgradeBody: "a websocket handshake has no body"
        case .upgradeBeforeHTTP11: "a websocket handshake is HTTP/1.1"
        case .upgradeConnection: "a websocket handshake has Connection: Upgrade"
        case .upgradeKey: "the Sec-WebSocket-Key is not 16 bytes in base64"
        case .upgradeVersion: "version 13 of the websocket protocol is spoken here"
        }
    }
}
