internal import WebSockets

/// The page at `/`: shows the topics' streams live in a browser.
enum Dashboard {
    static let page = HTTPResponse(
        contentType: "text/html; charset=utf-8",
        headers: [
            // Everything it needs is in it: nothing is loaded from elsewhere.
            QueryItem(
                name: "Content-Security-Policy",
                value: "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"
            )
        ],
        body: Array(html.utf8)
    )

    private static let html = #"""
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>fanout-relay</title>
        <style>
          :root { color-scheme: light dark; --line: #8884; --dim: #888; --good: #2a9d5c; --bad: #d1495b; }
          * { box-sizing: border-box; }
          body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem; font: 16px/1.5 system-ui, sans-serif; }
          header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap; }
          h1 { font-size: 1.4rem; margin: 0; }
          #state::before { content: "●"; margin-right: .4em; color: var(--bad); }
          #state.open::before { color: var(--good); }
          nav { display: flex; gap: .5rem; flex-wrap: wrap; margin: 1rem 0; }
          button { font: inherit; padding: .3rem .9rem; border: 1px solid var(--line); border-radius: 999px;
                   background: none; color: inherit; cursor: pointer; }
          button[aria-pressed=true] { background: CanvasText; color: Canvas; }
          dl { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; margin: 0 0 1rem; }
          dt { color: var(--dim); font-size: .8rem; } dd { margin: 0; font-size: 1.5rem;
               font-variant-numeric: tabular-nums; }
          pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
          pre, ol { font: 13px/1.6 ui-monospace, monospace; }
          ol { list-style: none; margin: 1rem 0; padding: 0; border-top: 1px solid var(--line); }
          li { padding: .25rem 0; border-bottom: 1px solid var(--line); display: flex; gap: 1rem; }
          li span { color: var(--dim); min-width: 5rem; text-align: right; }
          li code { overflow-wrap: anywhere; flex: 1; } li.gap code { color: var(--bad); }
          @media (max-width: 40rem) { dl { grid-template-columns: repeat(2, 1fr); } }
        </style>
        <header><h1>fanout-relay</h1><span id="state">connecting</span></header>
        <nav id="topics" aria-label="Topics"></nav>
        <dl>
          <div><dt>events</dt><dd id="count">0</dd></div>
          <div><dt>per second</dt><dd id="rate">0</dd></div>
          <div><dt>last number</dt><dd id="number">–</dd></div>
          <div><dt>gaps told</dt><dd id="gaps">0</dd></div>
        </dl>
        <pre id="document"></pre>
        <ol id="events" aria-live="off"></ol>
        <script>
          const $ = id => document.getElementById(id);
          const secure = location.protocol === 'https:' ? 'wss://' : 'ws://';
          let socket, topic, retry, counts, recent = [];
          function row(kind, number, text) {
            const item = document.createElement('li'), label = document.createElement('span'),
                  code = document.createElement('code');
            item.className = kind; label.textContent = number; code.textContent = text;
            item.append(label, code); $('events').prepend(item);
            while ($('events').childElementCount > 50) $('events').lastElementChild.remove();
          }
          function state(text, open) { $('state').textContent = text; $('state').className = open ? 'open' : ''; }
          function show() {
            const now = performance.now();
            recent = recent.filter(time => now - time < 2000);
            $('count').textContent = counts.events.toLocaleString('en');
            $('rate').textContent = (recent.length / 2).toLocaleString('en');
            $('number').textContent = counts.number ?? '–';
            $('gaps').textContent = counts.gaps;
          }
          function listen(next) {
            clearTimeout(retry);
            if (socket) { socket.onclose = null; socket.close(); }
            if (topic !== next) { topic = next; counts = { events: 0, gaps: 0 }; recent = [];
                                  $('events').replaceChildren(); }
            $('document').textContent = topic.document;
            for (const button of $('topics').children)
              button.setAttribute('aria-pressed', button.textContent === topic.name);
            state('connecting', false);
            socket = new WebSocket(secure + location.host + '/topics/' + topic.name, 'fanout.v1.json');
            socket.onopen = () => state('connected', true);
            socket.onclose = event => { state('closed with ' + event.code + ', trying again', false);
                                        retry = setTimeout(listen, 1000 + 2000 * Math.random(), topic); };
            socket.onmessage = event => {
              const frame = JSON.parse(event.data);
              if (frame.type === 'event') {
                counts.events++; counts.number = frame.sequence; recent.push(performance.now());
                row('event', frame.sequence, JSON.stringify(frame.payload.data ?? frame.payload));
              } else if (frame.type === 'gap') { counts.gaps++; row('gap', 'gap', frame.reason); }
              else if (frame.type === 'status') { state('upstream ' + frame.upstream, frame.upstream === 'live'); }
              else if (frame.type === 'error') { row('gap', 'error', JSON.stringify(frame.errors)); }
            };
          }
          setInterval(() => counts && show(), 250);
          fetch('topics').then(answer => answer.json()).then(({ topics }) => {
            for (const each of topics) {
              const button = document.createElement('button');
              button.textContent = each.name; button.onclick = () => listen(each); $('topics').append(button);
            }
            if (topics.length) listen(topics[0]); else state('this relay has no topics', false);
          });
        </script>
        </html>
        """#
}
