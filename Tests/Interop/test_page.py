"""The relay's own page in a browser: it comes back where it was, tells what it lost, and draws no more than it can."""

import pytest
from browser import CHROMIUM, tab
from dashboard import COUNT, LIVE, NUMBERS, SHOWN, WITNESS, text
from probe import eventually, metric
from relay import TICK

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine")


async def test_the_page_begins_with_the_last_events_and_comes_back_where_it_was(start_demo, tmp_path):
    relay = start_demo("--interval", "100ms")
    await eventually(lambda: metric(relay, "fanout_topic_events_total", topic="tick") >= 30, "there is a past")
    async with tab(relay.url, tmp_path / "profile", WITNESS) as page:
        await page.becomes(f"{SHOWN} >= 30", "the past is shown")
        assert await page.value("streams") == [{"path": "topics/tick?lag=latest&last=50", "after": None, "shown": None}]
        for turn in (1, 2):
            before = await page.value(NUMBERS)
            await page.value("cut()")
            await page.becomes(f"streams.length === {turn + 1} && {LIVE}", "it is connected again")
            resumed = int((await page.value("streams"))[-1]["after"].rpartition(":")[2])
            assert resumed >= before[0]
            # Rows of before and of after stand together, and none is missing between them.
            await page.becomes(f"{NUMBERS}[0] > {resumed + 10}", "events come again")
            numbers = await page.value(NUMBERS)
            assert numbers == list(range(numbers[0], numbers[-1] - 1, -1))
        assert await page.value(text("gaps")) == "0"
        # What stands there are values, whatever they contain.
        await page.value("receive(JSON.stringify({type:'gap',epoch:'e',sequence:1,reason:'<b id=bold>x</b>'}))")
        await page.becomes(text("losses") + ".includes('<b id=bold>')", "text stays text")
        assert await page.value("document.getElementById('bold') === null")


async def test_the_page_says_what_it_lost_and_why_the_upstream_is_away(upstream, start_relay, tmp_path):
    relay = start_relay(upstream)
    async with tab(relay.url, tmp_path / "profile", WITNESS) as page:
        await page.becomes(f"{SHOWN} > 5 && {text('state')} === 'upstream live'", "events come")
        upstream.kill()
        away = f"/^upstream interrupted: the upstream is not connected: .+/.test({text('state')})"
        await page.becomes(away, "the page says why")
        last = (await page.value(NUMBERS))[0]
        upstream.start()
        await page.becomes(f"{text('state')} === 'upstream live' && {NUMBERS}[0] > {last + 3}", "it is back")
        await page.becomes(text("gaps") + " !== '0'", "the gap is counted")
        assert f"between {last} and {last + 1}: the upstream" in await page.value(text("losses"))
        assert len(await page.value("streams")) == 1


async def test_a_flood_costs_the_page_neither_frames_nor_its_connection(start_demo, tmp_path):
    relay = start_demo(
        "--interval", "2ms", "--burst", "20", "--payload-bytes", "500",
        "--lag-limit-bytes", "64KiB", "--send-buffer", "8192",
    )  # fmt: skip
    async with tab(relay.url, tmp_path / "profile", WITNESS) as page:
        await page.becomes(f"{COUNT} > 3000", "thousands of events come")
        assert 0 < await page.value("most") <= 20
        assert await page.value(SHOWN) <= 50
        await page.becomes("document.querySelector('#events .passed') !== null", "what isn't drawn is counted")
        # A page that does nothing else for a while loses events, is told which, and stays.
        for _ in range(6):
            await page.value("(() => { const end = Date.now() + 1500; while (Date.now() < end); })()")
            if await page.value("counts.gaps"):
                break
        await page.becomes(f"/from \\d+ to \\d+: /.test({text('losses')})", "the page says what it lost")
        count = await page.value(COUNT)
        await page.becomes(f"{COUNT} > {count}", "events come")
        assert len(await page.value("streams")) == 1
        assert metric(relay, "fanout_slow_clients_total") == 0
        assert metric(relay, "fanout_clients_closed_total", code="1013") == 0
        assert await page.value("most") <= 20


async def test_events_are_read_while_somebody_looks_at_them(start_demo, tmp_path):
    relay = start_demo("--interval", "10ms")

    def produced():
        return metric(relay, "fanout_topic_events_total", topic="tick")

    async with tab(relay.url, tmp_path / "profile", WITNESS) as page:
        await page.becomes("counts && counts.events > 0", "events come")
        before_all = await page.value("position().sequence - counts.events")
        for leaves, comes in (
            ("conceal(true)", "conceal(false)"),
            ("document.getElementById('pause').click()", "document.getElementById('pause').click()"),
            ("panel.open = false", "panel.open = true"),
        ):
            await page.becomes(f"{SHOWN} > 5 && {LIVE}", "rows are shown")
            await page.value(leaves)
            await eventually(lambda: metric(relay, "fanout_event_streams") == 0, f"{leaves}: nobody reads")
            # Whatever was planned for the next frames is drawn, or comes to nothing.
            await page.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            await page.becomes("held === 0 || paused || document.hidden", "all is drawn")
            before = await page.value(f"[{NUMBERS}, counts.events, {text('state')}]")
            assert before[2] == ""
            end = produced() + 100
            await eventually(lambda: produced() > end, "events come")
            assert await page.value(f"[{NUMBERS}, counts.events, {text('state')}]") == before, leaves
            await page.value(comes)
            await page.becomes(f"{NUMBERS}[0] > {before[0][0] + 100}", "the newest are shown")
        assert await page.value(text("gaps")) == "0"
        streams = await page.value("streams")
        assert [stream["after"] is None for stream in streams] == [True, False, False, False]
        assert await page.value("position().sequence - counts.events") == before_all, "none was missed"
        assert await page.value("most") <= 20


async def test_the_page_comes_back_later_each_time(start_demo, tmp_path):
    relay = start_demo("--interval", "100ms")
    before = """
    window.waits = [];
    const later = setTimeout;
    window.setTimeout = (call, wait, ...rest) => {
      if (!String(call).includes('this.read()')) return later(call, wait, ...rest);
      waits.push(wait);
      return later(call, 0, ...rest);
    };
    """
    async with tab(relay.url, tmp_path / "profile", WITNESS + before) as page:
        await page.becomes(LIVE, "events come")
        await page.value("window.whole = window.fetch; window.fetch = () => Promise.reject(new TypeError()); cut()")
        await page.becomes("waits.length > 8", "it tries again and again")
        first, *others = (await page.value("waits"))[:9]
        assert 1000 <= first <= 3000
        assert others == [min(30000, first * 2**turn) for turn in range(1, 9)]
        assert await page.value("EventStream.wait(60000, 0)") == 60000
        await page.value("window.fetch = window.whole; undefined")
        await page.becomes(LIVE, "events come again")
        await page.value("waits.length = 0; cut()")
        await page.becomes(f"waits.length === 1 && {LIVE}", "it comes back")
        assert 1000 <= (await page.value("waits"))[0] <= 3000


async def test_the_page_shows_how_the_relay_is_doing(upstream, start_relay, tmp_path):
    relay = start_relay(upstream, {"tick": TICK, "other": "subscription { tick }"})
    async with tab(relay.url, tmp_path / "profile") as page:
        await page.becomes(f"{text('health')} === 'ready'", "it is ready")
        await page.becomes("document.querySelectorAll('#topicRows tr').length === 2", "both topics are there")
        cells = "[...document.querySelectorAll('#topicRows tr:first-child td')].map(cell => cell.textContent)"
        await page.becomes(f"{cells}[0] === 'tick' && {cells}[1] === 'live' && {cells}[5] === '1'", "the page is a subscriber")
        await page.becomes(f"{text('outgoing')} !== '–' && {text('outgoing')} !== '0'", "there are deliveries")
        upstream.kill()
        await page.becomes(f"{text('health')}.startsWith('not connected: ')", "it says that the server is away")
        await page.becomes("document.querySelectorAll('#strip .down').length > 0", "the strip shows it")
        assert await page.value("document.querySelector('#strip .down').title")
        await page.becomes(f"{text('changes')} !== ''", "the cause is told")
        upstream.start()
        await page.becomes(f"{text('health')} === 'ready'", "it is back")
        await page.becomes("document.querySelector('#strip span:last-child').className === 'up'", "the strip shows that")
        # A restart of the relay: counters begin anew, and the page goes on.
        port = relay.port
        relay.stop()
        await page.becomes(f"{text('health')}.startsWith('not reached')", "the relay is away")
        start_relay(upstream, {"tick": TICK}, [("--listen", f"127.0.0.1:{port}")])
        await page.becomes(f"{text('health')} === 'ready'", "the page found it again")
        assert "-" not in await page.value(text("incoming"))


async def test_events_can_be_paused_filtered_and_indented(start_demo, tmp_path):
    relay = start_demo("--interval", "20ms")
    async with tab(relay.url, tmp_path / "profile", WITNESS) as page:
        await page.becomes(f"{SHOWN} > 5", "rows are shown")
        await page.value("document.getElementById('pause').click()")
        await page.value("document.getElementById('pretty').click()")
        await page.value("document.getElementById('pause').click()")
        await page.becomes("/\\n  /.test(document.querySelector('#events .event code').textContent)", "it is indented")
        await page.value("(box => { box.value = '\"n\":0,'; box.dispatchEvent(new Event('input')); })(filter)")
        now = await page.value("counts.events")
        last = await page.value(f"{NUMBERS}[0]")
        await page.becomes(f"counts.events > {now + 20}", "events come")
        # What was drawn while the filter was set is all there is.
        assert await page.value(f"{NUMBERS}[0]") <= last + 5
