// How the relay is doing: one report a second from /state, whose counters are compared with those of the last one.
(() => {
  const MINUTE = 60, HOUR = 3600;
  const number = value => Math.round(value).toLocaleString('en');
  const rate = value => value < 10 ? (Math.round(value * 10) / 10).toLocaleString('en') : number(value);
  const bytes = value => value < 1024 ? `${value} B` : value < 1 << 20 ? `${(value / 1024).toFixed(0)} KiB`
    : `${(value / (1 << 20)).toFixed(value < 10 << 20 ? 1 : 0)} MiB`;
  const time = seconds => seconds < 1 ? `${Math.round(seconds * 1000)} ms` : seconds < 90 ? `${Math.round(seconds)} s`
    : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
  const exactTime = seconds => seconds < .01 ? `${seconds * 1000} ms` : time(seconds);
  let last, next;
  // The row of each of the slowest clients, by its number.
  const slowRows = new Map();
  // The events per second of each topic, of the last minute.
  const pasts = new Map();

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }
  function row(...cells) {
    const made = element('tr');
    made.append(...cells.map(cell => cell instanceof Node ? cell : element('td', cell)));
    return made;
  }
  // The rows of a table, or a word where there are none.
  function fill(body, columns, rows) {
    const none = element('td', 'none so far');
    none.colSpan = columns;
    $(body).replaceChildren(...rows.length ? rows : [row(none)]);
  }
  // The least bound below which the share of the values is that came since the last report.
  function quantile(share, now, before) {
    const counts = now.counts.map((count, index) => count - (before?.counts[index] ?? 0));
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return undefined;
    let sum = 0;
    const index = counts.findIndex(count => (sum += count) >= share * total);
    return now.bounds[index] ?? Infinity;
  }
  // What 90 %, 99 % and all of the values are at most.
  function quantiles(write, over, now, before) {
    const values = [.9, .99, 1].map(share => quantile(share, now, before));
    return values[0] === undefined ? '–' : values.map(value => value === Infinity ? over : write(value)).join(' · ');
  }
  function spark(values) {
    const space = 'http' + '://www.w3.org/2000/svg';
    const svg = document.createElementNS(space, 'svg'), line = document.createElementNS(space, 'polyline');
    const top = Math.max(1, ...values);
    svg.setAttribute('viewBox', `0 0 ${MINUTE - 1} 20`); svg.setAttribute('preserveAspectRatio', 'none');
    line.setAttribute('points', values.map((value, index) =>
      `${index + MINUTE - values.length},${19 - 18 * value / top}`).join(' '));
    svg.append(line);
    return svg;
  }
  function strip({ history, connected }) {
    const parts = [];
    if (!history.length || history[0].ago < HOUR) parts.push({ share: HOUR - (history[0]?.ago ?? 0), kind: 'unknown' });
    history.forEach((change, index) => {
      const begin = Math.min(change.ago, HOUR), end = history[index + 1]?.ago ?? 0;
      if (begin > end) parts.push({ share: begin - end, kind: change.up ? 'up' : 'down', change });
    });
    $('strip').replaceChildren(...parts.map(({ share, kind, change }) => {
      const part = element('span', undefined, kind);
      part.style.flexGrow = share;
      if (change) part.title = change.up ? `connected ${time(change.ago)} ago` : `${time(change.ago)} ago: ${change.cause}`;
      return part;
    }));
    const down = history.filter(change => !change.up);
    $('strip').setAttribute('aria-label', `${connected ? 'connected' : 'not connected'}; lost or refused ${down.length} times`);
    $('changes').replaceChildren(...down.slice(-4).reverse().map(change => {
      const item = element('li', `${time(change.ago)} ago: `);
      item.append(element('b', change.cause ?? 'lost'));
      return item;
    }));
  }
  // Absent where the relay is by itself.
  function showGroup(group) {
    $('group').hidden = !group;
    if (!group) return;
    $('groupName').textContent = `${group.name}, of which this is ${group.node}`;
    $('groupFault').textContent = group.fault ?? (group.connected ? '' : 'no server of the group is connected');
    $('groupRows').replaceChildren(...group.partitions.map((partition, index) => {
      const leader = element('td', partition.leads ? `${group.node} (this relay)` : partition.leader ?? 'nobody',
        partition.leader === undefined && !partition.leads ? 'bad' : '');
      return row(index, leader, number(partition.term), number(partition.lag), `${time(partition.age)} ago`);
    }));
  }
  function topicRow(topic, seconds, before) {
    const former = before?.topics.find(({ name }) => name === topic.name);
    const speed = former && seconds > 0 ? Math.max(0, topic.events - former.events) / seconds : 0;
    const past = pasts.get(topic.name) ?? [];
    past.push(speed);
    if (past.length > MINUTE) past.shift();
    pasts.set(topic.name, past);
    const graph = element('td');
    graph.append(spark(past));
    const state = element('td', topic.status, topic.status === 'live' || topic.name === '*' ? '' : 'bad');
    if (topic.name === '*') state.textContent = '';
    return row(
      topic.name === '*' ? 'of clients' : topic.name, state, graph, rate(speed),
      topic.age === undefined ? '–' : `${time(topic.age)} ago`, number(topic.subscribers), number(topic.gaps),
      number(topic.interruptions));
  }
  async function closeClient(number) {
    try {
      const answer = await ask(`clients/${number}/close`, { method: 'POST' });
      const words = (await answer.text()).trim();
      $('closing').textContent = answer.ok ? words : `Client ${number} wasn't closed: ${words}`;
    } catch {
      $('closing').textContent = `Client ${number} wasn't closed: the relay isn't reached.`;
    }
  }
  function slowRow({ number: name, peer, protocol, lag }, mayClose) {
    const made = slowRows.get(name) ?? row(`${name} at ${peer}`, protocol, '', '');
    const [, , lacks, action] = made.children;
    lacks.textContent = bytes(lag);
    if (!mayClose) action.replaceChildren();
    else if (!action.firstChild) {
      const button = element('button', 'Close');
      button.setAttribute('aria-label', `Close client ${name}`);
      button.onclick = () => closeClient(name);
      action.append(button);
    }
    return made;
  }
  // Who stays at its place keeps its row, so that no button is replaced while it is clicked.
  function showSlowest({ slowest, mayClose }) {
    const rows = slowest.map(client => [client.number, slowRow(client, mayClose && credential !== '')]);
    slowRows.clear();
    for (const [name, made] of rows) slowRows.set(name, made);
    const shown = [...$('slowRows').children], next = rows.map(([, made]) => made);
    if (next.length && next.length === shown.length && next.every((made, index) => made === shown[index])) return;
    const focused = document.activeElement;
    fill('slowRows', 4, next);
    if (focused?.isConnected) focused.focus({ preventScroll: true });
  }
  function show(report) {
    // After a restart the counters begin anew.
    const before = last?.run === report.run ? last : undefined;
    const seconds = before ? report.time - before.time : 0;
    const speed = read => before && seconds > 0 ? rate((read(report) - read(before)) / seconds) : '–';
    const { upstream, clients } = report;
    $('version').textContent = report.version;
    $('health').textContent = report.draining ? 'draining' : report.ready ? 'ready'
      : `not connected: ${upstream.failure ?? 'no attempt has ended yet'}`
        + (upstream.retry !== undefined ? `; attempt ${upstream.attempt} in ${time(upstream.retry)}` : '');
    $('health').classList.toggle('open', report.ready && !report.draining);
    strip(upstream);
    showGroup(report.group);
    $('clients').textContent = number(clients.count);
    $('incoming').textContent = speed(({ topics }) => topics.reduce((sum, { events }) => sum + events, 0));
    $('outgoing').textContent = speed(({ deliveries }) => deliveries);
    $('latency').textContent = quantiles(exactTime, 'over 10 s', report.latency, before?.latency);
    $('lag').textContent = quantiles(lag => lag === 0 ? 'nothing' : bytes(lag), 'over 64 MiB', report.lag, before?.lag);
    const loops = before && seconds > 0 ? Object.entries(report.loops).map(([name, used]) =>
      [name, (used - (before.loops[name] ?? used)) / seconds]).sort((one, other) => other[1] - one[1]) : [];
    $('busiest').textContent = loops.length ? `${Math.round(loops[0][1] * 100)} %` : '–';
    $('busiest').title = loops.map(([name, share]) => `${name} ${Math.round(share * 100)} %`).join(', ');
    $('memory').textContent = bytes(report.memory.resident);
    $('memory').title = `of ${bytes(report.memory.limit)}`;
    $('slow').textContent = number(report.slow);
    $('topicRows').replaceChildren(...report.topics
      .filter(({ name, events, subscribers }) => name !== '*' || events > 0 || subscribers > 0)
      .map(topic => topicRow(topic, seconds, before)));
    $('protocolRows').replaceChildren(...Object.entries(clients.protocols).map(([name, count]) => row(name, number(count))));
    fill('closeRows', 2, Object.entries(clients.closes).sort((one, other) => other[1] - one[1])
      .slice(0, 10).map(([code, count]) => row(code, number(count))));
    showSlowest(clients);
    comeTo(clients);
    offer(report.topics.map(({ name }) => name).filter(name => name !== '*'));
    $('overview').hidden = false;
    last = report;
  }
  async function look() {
    let pause = 1000;
    try {
      if (document.hidden) return;
      const answer = await ask('state'), isRefused = answer.status === 401 || answer.status === 403;
      $('entrance').hidden = !isRefused;
      if (answer.ok) {
        show(await answer.json());
        $('notice').textContent = '';
      } else {
        pause = 5000;
        $('notice').textContent = isRefused
          ? 'How the relay is doing is for operators: their token is asked for.' : `The relay answers ${answer.status}.`;
        // A client's token is good for some events all the same.
        if (isRefused) { comeTo({ addresses: undefined, needToken: true }); offer([]); }
      }
    } catch {
      $('health').textContent = 'not reached, trying again'; $('health').classList.remove('open');
    } finally {
      clearTimeout(next);
      next = setTimeout(look, pause);
    }
  }
  $('entrance').addEventListener('submit', event => {
    event.preventDefault();
    credential = $('token').value; sessionStorage.setItem('token', credential); $('token').value = '';
    // What was read without it, or with another one, is asked for again.
    stop(); known = undefined;
    look();
  });
  look();
})();
