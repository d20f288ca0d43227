internal import AllowedDocuments
internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// The topics by name and document, as JSON: `{"topics":[{"name":…,"document":…}]}`; with the allowed subscriptions
/// that need no variables of a client.
enum TopicList {
    static func response(_ topics: [TopicDefinition], _ documents: [AllowedDocument] = []) -> HTTPResponse {
        var body = Array(#"{"topics":["#.utf8)
        let all = topics.map { (name: $0.name, text: $0.document) } + documents.map { (name: $0.name, text: $0.text) }
        for (index, topic) in all.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += Array(#"{"name":"#.utf8)
            JSONString.append(topic.name, to: &body)
            body += Array(#","document":"#.utf8)
            JSONString.append(topic.text, to: &body)
            body.append(UInt8(ascii: "}"))
        }
        body += Array("]}\n".utf8)
        return HTTPResponse(contentType: "application/json", body: body)
    }
}
