import Benchmark
import GraphQLTransport

func registerDocuments() {
    let documents = [
        ("a subscription of one field", "subscription { tick { n at } }"),
        (
            "an operation with variables and a fragment",
            """
            # Prices of some symbols
            subscription Prices($symbols: [String!]!, $first: Int = 10) {
              prices(symbols: $symbols, first: $first) { ...Price history(last: 5) { at price } }
            }
            fragment Price on Price { symbol price change at }
            """
        ),
    ]
    for (name, text) in documents {
        let variables = Array(#"{"symbols":["b","a"],"first":10}"#.utf8)
        Benchmark("Document and OperationKey: \(name)") { benchmark in
            for _ in benchmark.scaledIterations {
                guard let document = try? Document(parsing: text),
                    let operation = try? document.operation(named: nil),
                    let key = try? OperationKey(document: document, operation: operation, variables: variables)
                else { return benchmark.error("the document was refused") }
                blackHole(key)
            }
        }
    }
}
