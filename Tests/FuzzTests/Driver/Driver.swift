import Glibc

// Built by deploy/fuzz.sh only: with LIBFUZZER as that one's target, which FANOUT_FUZZ_TARGET names, else as a runner
// of its own: fanout-fuzz TARGET COUNT SEED.

#if LIBFUZZER
private let chosen: FuzzTarget = {
    guard let name = unsafe getenv("FANOUT_FUZZ_TARGET"), let target = FuzzTarget.named(unsafe String(cString: name))
    else { fatalError("FANOUT_FUZZ_TARGET is one of \(FuzzTarget.all.map(\.name))") }
    return target
}()

/// libFuzzer's input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    do throws(Violation) {
        _ = try chosen.run(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(chosen.name): \(error)")
    }
    return 0
}
#else
@main
enum Driver {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let target = FuzzTarget.named(arguments[1]), let count = Int(arguments[2]),
            let seed = UInt64(arguments[3])
        else {
            print("fanout-fuzz TARGET COUNT SEED, with a target of \(FuzzTarget.all.map(\.name))")
            exit(64)
        }
        let report = FuzzRun(target: target, seed: seed).run(Corpus.inputs(of: target.name), count: count)
        print("\(target.name): \(report.inputs) inputs, \(report.ways) ways, seed \(seed)")
        guard let (input, violation) = report.finding else { return }
        print("\(violation) for the bytes \(input)")
        exit(1)
    }
}
#endif
