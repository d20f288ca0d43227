import CommandSupport
import Testing

struct NearestNameTests {
    @Test(arguments: [
        ("max-topic", "max-topics"), ("max_topics", "max-topics"), ("lisen", "listen"), ("zebra", nil),
        ("", nil),
    ])
    func `the nearest name is found if it is near`(name: String, nearest: String?) {
        #expect(NearestName.find(name, among: ["listen", "max-topics", "upstream", "shards"]) == nearest)
    }
}
