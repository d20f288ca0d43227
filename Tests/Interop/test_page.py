"""The relay's own page in a browser: it comes back where it was, tells what it lost, and draws no more than it can."""

import asyncio
import socket

import pytest
from browser import CHROMIUM, tab
from probe import eventually, metric
from relay import TICK, Relay

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine")

# What the page does is seen from outside: the addresses that it connects to, and how many rows appear in a frame.
WITNESS = """
window.addresses = [];
window.WebSocket = class extends WebSocket { constructor(url, ...rest) { super(url, ...rest); addresses.push(url); } };
window.most = 0;
window.rows = 0;
window.concealed = false;
Object.defineProperty(document, 'hidden', { get: () => window.concealed });
window.conceal = hides => { concealed = hides; document.dispatchEvent(new Event('visibilitychange')); };
const tick = () => { most = Math.max(most, rows); rows = 0; requestAnimationFrame(tick); };
document.addEventListener('DOMContentLoaded', () => {
  const witness = new MutationObserver(changes => { for (const { addedNodes } of changes) rows += addedNodes.length; });
  for (const id of ['events', 'losses']) witness.observe(document.getElementById(id), { childList: true });
  tick();
});
"""
NUMBERS = "[...document.querySelectorAll('#events .event span')].map(label => +label.textContent)"
SHOWN = "document.querySelectorAll('#events li').length"
COUNT = "+document.getElementById('count').textContent.replaceAll(',', '')"


def text(element):
    return f"document.getElementById('{element}').textContent"


@pytest.fixture
def start_demo(binary, tmp_path):
    relays = []

    def start(*options):
        relays.append(Relay(["demo", "--listen", "127.0.0.1:0", "--upstream-listen", "127.0.0.1:0", *options], tmp_path))
        return relays[-1]

    yield start
    for relay in relays:
        relay.stop()


async def test_the_page_begins_with_the_last_events_and_comes_back_where_it_was(start_demo, tmp_path):
    relay = start_demo("--interval", "100ms")
    await eventually(lambda: metric(relay, "fanout_topic_events_total", topic="tick") >= 30, "there is a past")
    async with tab(relay.url, tmp_path / "profile", WITNESS) as page:
        await page.becomes(f"{SHOWN} >= 30", "the past is shown")
        assert (await page.value("addresses"))[0].endswith("/topics/tick?lag=latest&last=50")
        for turn in (1, 2):
            before = await page.value(NUMBERS)
            await page.value("socket.close()")
            await page.becomes(f"addresses.length === {turn + 1} && socket.readyState === 1", "it is connected again")
            address = (await page.value("addresses"))[-1]
            resumed = int(address.partition("lag=latest&after=")[2].rpartition("%3A")[2])
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
        assert len(await page.value("addresses")) == 1


async def test_a_flood_costs_the_page_neither_frames_nor_its_connection(start_demo, tmp_path):
    relay = start_demo(
        "--interval", "2ms", "--burst", "20", "--payload-bytes", "500",
        "--lag-limit-bytes", "64KiB", "--client-ping-interval", "200ms", "--client-pong-timeout", "200ms",
        "--send-buffer", "8192",
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
        assert len(await page.value("addresses")) == 1
        assert metric(relay, "fanout_slow_clients_total") == 0
        assert metric(relay, "fanout_clients_closed_total", code="1013") == 0
        assert await page.value("most") <= 20


async def test_a_hidden_page_draws_nothing(start_demo, tmp_path):
    relay = start_demo("--interval", "10ms")
    async with tab(relay.url, tmp_path / "profile", WITNESS) as page:
        await page.becomes(f"{SHOWN} > 5", "rows are shown")
        await page.value("conceal(true)")
        # Whatever was planned for the next frame comes to nothing.
        await page.value("new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
        before = await page.value(f"[{NUMBERS}, {text('count')}, {text('rate')}, counts.events]")
        await page.becomes(f"counts.events > {before[3] + 100}", "it goes on to listen")
        assert (await page.value(f"[{NUMBERS}, {text('count')}, {text('rate')}]")) == before[:3]
        await page.value("conceal(false)")
        await page.becomes(f"{NUMBERS}[0] > {before[0][0] + 100}", "the newest are shown")
        assert await page.value("most") <= 20
        assert len(await page.value("addresses")) == 1


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
        before = await page.value(f"[{NUMBERS}[0], counts.events]")
        await page.becomes(f"counts.events > {before[1] + 20}", "it goes on to listen")
        assert await page.value(f"{NUMBERS}[0]") == before[0]
        await page.value("document.getElementById('pretty').click()")
        await page.value("document.getElementById('pause').click()")
        await page.becomes("/\\n  /.test(document.querySelector('#events .event code').textContent)", "it is indented")
        await page.value("(box => { box.value = '\"n\":0,'; box.dispatchEvent(new Event('input')); })(filter)")
        now = await page.value("counts.events")
        last = await page.value(f"{NUMBERS}[0]")
        await page.becomes(f"counts.events > {now + 20}", "events come")
        # What was drawn while the filter was set is all there is.
        assert await page.value(f"{NUMBERS}[0]") <= last + 5


async def test_lines_to_copy_name_the_topic(start_demo, tmp_path):
    relay = start_demo("--interval", "100ms")
    async with tab(relay.url, tmp_path / "profile") as page:
        await page.becomes(f"{text('example')}.includes('/topics/tick')", "the first topic's line is there")
        names = await page.value("[...document.getElementById('clientKinds').children].map(each => each.textContent)")
        assert names == ["curl", "websockets", "graphql-ws", "gql", "Apollo"]
        for name in names:
            click = f"[...document.getElementById('clientKinds').children].find(each => each.textContent === '{name}').click()"
            await page.value(click)
            assert "tick" in await page.value(text("example")), name
        await page.value("[...document.getElementById('topics').children][1].click()")
        await page.becomes(f"{text('example')}.includes('prices')", "it follows the topic")
        line = await page.value(
            "(() => { document.getElementById('clientKinds').children[0].click(); return example.textContent; })()"
        )
        process = await asyncio.create_subprocess_shell(
            line.replace("curl ", "curl -s --max-time 20 ") + " | head -c 200", stdout=asyncio.subprocess.PIPE
        )
        assert b"data: " in (await process.communicate())[0], line


async def test_operators_show_their_token(upstream, start_relay, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("an-operators-token scopes=admin,subscribe\nthe-token-of-a-reader\n")
    relay = start_relay(upstream, options=[("--token-file", tokens)])
    async with tab(relay.url, tmp_path / "profile") as page:
        await page.becomes("!document.getElementById('entrance').hidden", "the token is asked for")
        assert await page.value("document.getElementById('overview').hidden")
        for token, lets_in in (("the-token-of-a-reader", False), ("an-operators-token", True)):
            await page.value(f"token.value = '{token}'; document.querySelector('#entrance button').click()")
            shown = "!document.getElementById('overview').hidden"
            await page.becomes(shown if lets_in else f"{text('notice')} !== '' && token.value === ''", token)
        await page.becomes(f"{text('health')} === 'ready' && document.getElementById('entrance').hidden", "all is shown")


async def test_an_operator_closes_a_client(upstream, start_relay, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("an-operators-token subject=ops\n")
    fast = "subscription { tick(intervalMs: 1) { n at } }"
    options = [("--admin-listen", "127.0.0.1:0"), ("--admin-token-file", tokens), ("--send-buffer", "8192")]
    relay = start_relay(upstream, {"tick": fast}, [*options, ("--lag-limit-age", "60s")])
    operators = "http://" + relay.output.split("for operators on http://")[1].split()[0]
    button = "document.querySelector('#slowRows button')"
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", relay.port))
        slow.sendall(
            b"GET /topics/tick HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        async with tab(operators, tmp_path / "profile") as page:
            await page.becomes("!document.getElementById('entrance').hidden", "the token is asked for")
            await page.value("token.value = 'an-operators-token'; document.querySelector('#entrance button').click()")
            await page.becomes(f"{button} !== null", "the slow client has a button")
            assert await page.value(f"{button}.getAttribute('aria-label')") == "Close client 1"
            assert await page.value(text("lag")) != "–"
            # A failure is told by words, and the button keeps the keyboard while the rows are shown anew.
            await page.value("window.reach = window.fetch; window.fetch = () => Promise.reject(new TypeError())")
            await page.value(f"{button}.focus(); {button}.click()")
            await page.becomes(f"{text('closing')} === \"Client 1 wasn't closed: the relay isn't reached.\"", "it says so")
            lacks = "document.querySelector('#slowRows tr').children[2].textContent"
            before = await page.value(lacks)
            await page.value("window.fetch = window.reach; undefined")
            await page.becomes(f"{lacks} !== {before!r}", "it lacks more")
            assert await page.value(f"document.activeElement === {button}")
            for kind in ("keyDown", "keyUp"):
                enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
                await page.call("Input.dispatchKeyEvent", type=kind, **enter)
            await page.becomes(f"{text('closing')} === 'client 1 is being closed'", "it is closed")
            await page.becomes(f"{button} === null", "it isn't shown any more")
            await page.becomes("closeRows.textContent.includes('1008')", "it is counted")
            assert await page.value("[document.cookie, location.href]") == ["", operators + "/"]
    [line] = relay.log_lines("an operator closed a client")
    assert "client=1" in line and "token=ops" in line and "an-operators-token" not in relay.log
