import OpenSSLCommand
import Testing

@testable import AccessTokens

/// What is remembered of tokens.
struct TokenCacheTests {
    private static func digest(_ number: Int) -> TokenDigest { TokenDigest(Array("\(number)".utf8).span) }

    /// The bytes of an object of a class: its metadata has them (docs/ABI/TypeMetadata.rst of Swift).
    ///
    /// The allocator's own answer depends on which free pieces other tests left it.
    private static func instanceSize(of type: AnyClass) -> UInt32 {
        let metadata = unsafe unsafeBitCast(type, to: UnsafeRawPointer.self)
        return unsafe metadata.load(fromByteOffset: 24, as: UInt32.self)
    }

    private static func entry(_ end: Double, bytes: Int = 2) -> TokenRules.Admitted {
        let identity = Identity(subject: "\(end)", claims: [UInt8](repeating: 0x20, count: bytes))
        return TokenRules.Admitted(identity: identity, validity: 0..<end)
    }

    @Test func `an entry is good while its token is`() {
        var cache = TokenCache(capacity: 4)
        cache.insert(Self.entry(10), for: Self.digest(1))
        #expect(cache.identity(of: Self.digest(1), at: 9.9)?.subject == "10.0")
        #expect(cache.identity(of: Self.digest(1), at: 10) == nil)
        // The clock was put back to before the token.
        #expect(cache.identity(of: Self.digest(1), at: -1) == nil)
        #expect(cache.identity(of: Self.digest(2), at: 5) == nil)
    }

    @Test func `two generations are kept, and who is used stays`() {
        var cache = TokenCache(capacity: 4)
        for number in 0..<100 {
            cache.insert(Self.entry(10), for: Self.digest(number))
            #expect(cache.count <= 8)
            #expect(cache.identity(of: Self.digest(0), at: 5) != nil, "\(number)")
        }
        #expect(cache.identity(of: Self.digest(1), at: 5) == nil)
        #expect(cache.identity(of: Self.digest(99), at: 5) != nil)
    }

    @Test func `an entry that is over makes room when it is asked for`() {
        var cache = TokenCache(capacity: 1)
        cache.insert(Self.entry(10), for: Self.digest(1))
        cache.insert(Self.entry(20), for: Self.digest(2))
        #expect(cache.count == 2)
        #expect(cache.identity(of: Self.digest(1), at: 15) == nil)
        #expect(cache.count == 1)
    }

    @Test func `claims that are large fill a generation sooner`() {
        var cache = TokenCache(capacity: 1000)
        let size = TokenCache.byteCapacity / 10
        for number in 0..<100 { cache.insert(Self.entry(10, bytes: size), for: Self.digest(number)) }
        #expect(cache.count <= 20)
        // The same token again is one entry, however often.
        var other = TokenCache(capacity: 1000)
        for _ in 0..<100 { other.insert(Self.entry(10, bytes: size), for: Self.digest(1)) }
        other.insert(Self.entry(10), for: Self.digest(2))
        #expect(other.count == 2)
    }

    @Test(.enabled(if: OpenSSL.isInstalled)) func `a verifier remembers good tokens until they expire`() throws {
        let verifier = TokenVerifier(keys: [try Issuer.secret.key()], cacheCapacity: 10)
        let token = try Issuer.secret.token(#"{"sub":"alice","exp":2000,"nbf":900}"#, by: .hs256)
        #expect(verifier.verify(token, at: 1000).refusal == nil)
        #expect(verifier.cachedCount == 1)
        #expect(verifier.verify(token, at: 2029).refusal == nil)
        #expect(verifier.verify(token, at: 2030).refusal == .expired)
        #expect(verifier.verify(token, at: 800).refusal == .notYetValid)
        // Bad ones and tickets take no room.
        let ticket = try Issuer.secret.token(#"{"exp":1100}"#, by: .hs256)
        #expect(verifier.verifyTicket(ticket, at: 1000).refusal == nil)
        #expect(verifier.verify(token + "A", at: 1000).refusal != nil)
        #expect(verifier.cachedCount == 1)
        #expect(TokenVerifier(keys: [try Issuer.secret.key()], cacheCapacity: 0).verify(token, at: 1000).refusal == nil)
    }

    @Test(.enabled(if: OpenSSL.isInstalled)) func `a token of its own costs 64 bytes, and equal topics nothing`() throws
    {
        let verifier = TokenVerifier(keys: [try Issuer.secret.key()])
        let identities = try ["a", "b", "c", "d", "e", "f"].map { subject in
            let claims = #"{"sub":"\#(subject)","exp":2000.5,"topics":["news","orders.*"]}"#
            return try verifier.verify(Issuer.secret.token(claims, by: .hs256), at: 1000).get()
        }
        let starts = identities.map { identity in
            #expect(identity.expiry == 2030.5)
            guard case .names(let names) = identity.topics else { return UInt(0) }
            return unsafe names.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        }
        // malloc adds eight bytes of its own and rounds up to sixteen.
        #expect((33...56).contains(Self.instanceSize(of: Identity.self)))
        #expect(Set(starts).count == 1 && starts[0] != 0)
    }

    @Test(.enabled(if: OpenSSL.isInstalled)) func `what ends before its token is remembered no longer`() throws {
        let verifier = TokenVerifier(keys: [try Issuer.secret.key()])
        let token = try Issuer.secret.token(#"{"exp":2000,"expire_at":1500}"#, by: .hs256)
        #expect(try verifier.verify(token, at: 1000).get().expiry == 1500)
        #expect(verifier.verify(token, at: 1499).refusal == nil)
        #expect(verifier.verify(token, at: 1500).refusal == .expired)
    }

    @Test(.enabled(if: OpenSSL.isInstalled)) func `every thread may verify at once`() async throws {
        let verifier = TokenVerifier(
            keys: [try Issuer.rsa.key(), try Issuer.p256.key(), try Issuer.ed25519.key()],
            cacheCapacity: 2
        )
        let tokens = try [JWTAlgorithm.rs256, .es256, .edDSA].flatMap { algorithm in
            try (0..<3).map { try algorithm.issuer.token(#"{"sub":"\#($0)","exp":2000}"#, by: algorithm) }
        }
        await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<300).count { step in
                        let number = (task + step) % tokens.count
                        let isGood = (try? verifier.verify(tokens[number], at: 1000).get().subject) == "\(number % 3)"
                        return isGood && verifier.verify(tokens[number] + "AAAA", at: 1000).refusal == .badSignature
                    }
                }
            }
            for await good in group { #expect(good == 300) }
        }
    }
}
