import Testing

@testable import GraphQLSession

struct ClosureLineTests {
    @Test func `one question is in flight at a time, dials first`() {
        var line = ClosureLine()
        line.want(request: 1)
        let answer1 = line.next()
        #expect(answer1 == .requests([1]))
        line.want(request: 2)
        line.want(dial: 7)
        line.want(request: 3)
        let answer2 = line.next()
        #expect(answer2 == nil)
        let answer3 = line.answered()
        #expect(answer3 == .requests([1]))
        let answer4 = line.next()
        #expect(answer4 == .dial(7))
        let answer5 = line.answered()
        #expect(answer5 == .dial(7))
        let answer6 = line.next()
        #expect(answer6 == .requests([2, 3]))
        let answer7 = line.answered()
        #expect(answer7 == .requests([2, 3]))
        let answer8 = line.next()
        #expect(answer8 == nil)
    }

    @Test func `what is given up while it waits is never asked`() {
        var line = ClosureLine()
        line.want(dial: 1)
        let answer9 = line.next()
        #expect(answer9 == .dial(1))
        let answer10 = line.giveUpDial()
        #expect(answer10)
        line.want(dial: 2)
        #expect(line.wantsDial(2))
        _ = line.giveUpDial()
        #expect(!line.wantsDial(2))
        line.want(dial: 3)
        line.want(request: 4)
        line.want(request: 5)
        let answer11 = line.giveUp(request: 4)
        #expect(!answer11)
        let answer12 = line.answered()
        #expect(answer12 == .dial(1))
        let answer13 = line.next()
        #expect(answer13 == .dial(3))
        #expect(line.wantsDial(3))
        _ = line.answered()
        let answer14 = line.next()
        #expect(answer14 == .requests([5]))
    }

    @Test func `requests in flight are stopped when the last of them is given up`() {
        var line = ClosureLine()
        line.want(request: 1)
        line.want(request: 2)
        let answer15 = line.next()
        #expect(answer15 == .requests([1, 2]))
        let answer16 = line.giveUp(request: 1)
        #expect(!answer16)
        let answer17 = line.giveUp(request: 1)
        #expect(!answer17)
        let answer18 = line.giveUp(request: 2)
        #expect(answer18)
        let answer19 = line.answered()
        #expect(answer19 == .requests([]))
    }
}
