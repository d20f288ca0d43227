"""The relay's own page in a browser: what it shows to whom, the lines to copy, and the clients that are closed."""

import socket

import pytest
from browser import CHROMIUM, tab
from dashboard import KINDS, LIVE, SHOWN, WITNESS, enter, operators_url, prints, shown_line, text
from relay import TICK

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine")


async def test_lines_to_copy_name_the_topic(start_demo, tmp_path):
    relay = start_demo("--interval", "100ms")
    async with tab(relay.url, tmp_path / "profile") as page:
        await page.becomes(f"{text('example')}.includes('/topics/tick')", "the first topic's line is there")
        names = await page.value("[...document.getElementById('clientKinds').children].map(each => each.textContent)")
        assert names == KINDS
        for name in names:
            assert "tick" in await shown_line(page, name), name
        await page.value("[...document.getElementById('topics').children][1].click()")
        await page.becomes(f"{text('example')}.includes('prices')", "it follows the topic")
        for kind in ("curl", "websockets", "gql"):
            line = await shown_line(page, kind)
            assert await prints(line, b'"prices"'), line


async def test_operators_show_their_token(upstream, start_relay, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("an-operators-token scopes=admin,subscribe\nthe-token-of-a-reader\n")
    relay = start_relay(upstream, options=[("--token-file", tokens)])
    # The timers of reports that are to be asked for.
    before = """
    window.reports = new Set();
    const [set, clear] = [setTimeout, clearTimeout];
    window.setTimeout = (call, ...rest) => {
      const timer = set(() => { reports.delete(timer); call(); }, ...rest);
      if (call.name === 'look') reports.add(timer);
      return timer;
    };
    window.clearTimeout = timer => { reports.delete(timer); clear(timer); };
    """
    async with tab(relay.url, tmp_path / "profile", WITNESS + before) as page:
        await page.becomes("!document.getElementById('entrance').hidden", "the token is asked for")
        assert await page.value("document.getElementById('overview').hidden")
        await page.becomes(f"{text('state')} === 'shown with a token'", "events need one too")
        await enter(page, "not-a-token-of-anybody")
        await page.becomes(f"{text('state')} === 'not shown with this token'", "another one won't do")
        assert await page.value("streams") == []
        # A client's token shows what a client with it gets, and no more.
        await enter(page, "the-token-of-a-reader")
        await page.becomes(f"{text('notice')} !== '' && token.value === '' && {SHOWN} > 5 && {LIVE}", "events come")
        assert await page.value("document.getElementById('overview').hidden")
        await enter(page, "an-operators-token")
        await page.becomes("!document.getElementById('overview').hidden", "the overview is shown")
        await page.becomes(f"{text('health')} === 'ready' && document.getElementById('entrance').hidden", "all is shown")
        await page.becomes(f"streams.length === 2 && {LIVE}", "events are read with the new token")
        first, second = await page.value("streams")
        assert (first["shown"], first["after"]) == ("Bearer the-token-of-a-reader", None)
        assert second["shown"] == "Bearer an-operators-token" and second["after"]
        assert await page.value(text("gaps")) == "0" and await page.value(text("withheld")) == ""
        # However many tokens were entered, reports come at their pace.
        await page.becomes("reports.size === 1", "one report is to come")
        for kind in ("curl", "websockets", "gql"):
            line = await shown_line(page, kind)
            assert "$TOKEN" in line or "environ" in line
            assert await prints(line, b'"tick"', TOKEN="the-token-of-a-reader"), line


async def test_a_token_shows_the_events_that_a_client_with_it_gets(upstream, start_relay, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("the-token-of-metrics scopes=admin\nan-operators-token scopes=admin,subscribe topics=tick\n")
    relay = start_relay(upstream, {"tick": TICK, "other": "subscription { tick }"}, [("--token-file", tokens)])
    async with tab(relay.url, tmp_path / "profile", WITNESS) as page:
        await enter(page, "the-token-of-metrics")
        await page.becomes(f"{text('state')} === 'no topic is for this token'", "it says so")
        others = "This token is no good for the events of {}: a client with it wouldn't get them either."
        assert await page.value(text("withheld")) == others.format("tick, other")
        assert await page.value("streams.length") == 0
        await enter(page, "an-operators-token")
        await page.becomes(f"{SHOWN} > 5 && {LIVE}", "events come")
        assert await page.value(text("topics")) == "tick"
        assert await page.value(text("withheld")) == others.format("other")


async def test_operators_with_an_address_of_their_own_see_events_there(upstream, start_relay, tmp_path):
    clients, operators = tmp_path / "clients", tmp_path / "operators"
    clients.write_text("the-token-of-a-reader\n")
    operators.write_text("an-operators-token subject=ops\n")
    options = [("--admin-listen", "127.0.0.1:0"), ("--admin-token-file", operators), ("--token-file", clients)]
    relay = start_relay(upstream, options=options)
    async with tab(operators_url(relay), tmp_path / "profile", WITNESS) as page:
        await page.becomes(f"{text('state')} === 'shown with a token'", "the token is asked for")
        assert await page.value(text("example")) == ""
        await enter(page, "an-operators-token")
        await page.becomes(f"{SHOWN} > 5 && {LIVE}", "events come")
        await page.value("cut()")
        await page.becomes(f"streams.length === 2 && {LIVE}", "they come again")
        first, second = await page.value("streams")
        assert first == {
            "path": "topics/tick?lag=latest&last=50", "after": None, "shown": "Bearer an-operators-token",
        }  # fmt: skip
        assert second["shown"] == "Bearer an-operators-token" and second["after"]
        assert await page.value("[document.cookie, location.href]") == ["", operators_url(relay) + "/"]
        for kind in KINDS:
            line = await shown_line(page, kind)
            assert f"127.0.0.1:{relay.port}" in line and "an-operators-token" not in line, line
            if kind in ("curl", "websockets", "gql"):
                assert await prints(line, b'"tick"', TOKEN="the-token-of-a-reader"), line
    assert "an-operators-token" not in relay.log


async def test_lines_to_copy_name_a_listener_that_a_browser_reaches(upstream, start_relay, tmp_path):
    options = [("--admin-listen", "127.0.0.1:0"), ("--allow-host", "relay.example")]
    relay = start_relay(upstream, options=options)
    flags = ["--host-resolver-rules=MAP relay.example 127.0.0.1"]
    cases = {
        "127.0.0.1": [
            (["http://127.0.0.1:8080", "http://0.0.0.0:8081"], "http://127.0.0.1:8080/", "ws://127.0.0.1:8080/"),
            (["http://[::]:8080"], "http://127.0.0.1:8080/", "ws://127.0.0.1:8080/"),
        ],
        "relay.example": [
            (["http://127.0.0.1:8080", "https://0.0.0.0:843"], "https://relay.example:843/", "wss://relay.example:843/"),
            (["http://[::1]:8080", "http://10.0.0.5"], "http://10.0.0.5/", "ws://10.0.0.5/"),
            # Whoever is on the relay's machine can use it.
            (["http://127.0.0.1:8080"], "http://127.0.0.1:8080/", "ws://127.0.0.1:8080/"),
            ([], "Clients come by a Unix socket", "Clients come by a Unix socket"),
        ],
    }  # fmt: skip
    for host, expected in cases.items():
        url = operators_url(relay).replace("127.0.0.1", host)
        async with tab(url, tmp_path / host, WITNESS, flags) as page:
            await page.becomes(f"{SHOWN} > 5 && {LIVE}", "events come")
            assert f":{relay.port}/topics/tick" in await shown_line(page, "curl")
            # No other report comes between.
            await page.value("window.fetch = () => new Promise(() => {}); undefined")
            await page.value("new Promise(resolve => setTimeout(resolve))")
            for addresses, curl, other in expected:
                await page.value(f"comeTo({{ addresses: {addresses}, needToken: false }})")
                assert curl in await shown_line(page, "curl"), addresses
                assert other in await shown_line(page, "graphql-ws"), addresses


async def test_an_operator_closes_a_client(upstream, start_relay, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("an-operators-token subject=ops\n")
    fast = "subscription { tick(intervalMs: 1) { n at } }"
    options = [("--admin-listen", "127.0.0.1:0"), ("--admin-token-file", tokens), ("--send-buffer", "8192")]
    relay = start_relay(upstream, {"tick": fast}, [*options, ("--lag-limit-age", "60s")])
    operators = operators_url(relay)
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
            await enter(page, "an-operators-token")
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
                key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
                await page.call("Input.dispatchKeyEvent", type=kind, **key)
            await page.becomes(f"{text('closing')} === 'client 1 is being closed'", "it is closed")
            await page.becomes(f"{button} === null", "it isn't shown any more")
            await page.becomes("closeRows.textContent.includes('1008')", "it is counted")
            assert await page.value("[document.cookie, location.href]") == ["", operators + "/"]
    [line] = relay.log_lines("an operator closed a client")
    assert "client=1" in line and "token=ops" in line and "an-operators-token" not in relay.log
