const $ = id => document.getElementById(id);
const secure = location.protocol === 'https:' ? 'wss://' : 'ws://';
// PER_FRAME rows are drawn in an animation frame, and ROWS stay. When events come faster, the newest are
// shown.
const PER_FRAME = 20, ROWS = 50, LOSSES = 10, EVENT = '{"type":"event"';
const ring = new Array(ROWS);
let socket, topic, paused = false, indented = false, wanted = '',
     retry, asking, counts, upstream, loss, newest, drawing, notes = [];
// The ring's first entry, its number of entries, and how many events didn't fit since the last animation
// frame.
let first = 0, held = 0, passed = 0;
function reset() {
  counts = { events: 0, gaps: 0, samples: [] }; newest = undefined; loss = undefined;
  held = passed = 0; notes = []; $('events').replaceChildren(); $('losses').replaceChildren();
}
function state(text, open) { $('state').textContent = text; $('state').className = open ? 'light open' : 'light'; }
function clip(text) { return text.length > 2000 ? text.slice(0, 2000) + ' …' : text; }
function keep(text) {
  ring[(first + held) % ROWS] = text;
  if (held < ROWS) held++; else { first = (first + 1) % ROWS; passed++; }
  plan();
}
function note(entry) {
  notes.push(entry);
  if (notes.length > LOSSES) notes.shift();
  plan();
}
function plan() { if (!drawing && !document.hidden && !paused) drawing = requestAnimationFrame(draw); }
function draw() {
  drawing = undefined;
  if (document.hidden || paused) return;
  let room = PER_FRAME - notes.length;
  for (const entry of notes) entry.row = row($('losses'), LOSSES, 'gap', entry.label, entry.text());
  notes = [];
  if (passed > 0) { room--; row($('events'), ROWS, 'passed', '⋮', passed + ' more, too fast to be drawn'); }
  passed = 0;
  for (; room > 0 && held > 0; room--, held--, first = (first + 1) % ROWS) {
    if (wanted && !ring[first].includes(wanted)) continue;
    const { sequence, payload } = JSON.parse(ring[first]);
    row($('events'), ROWS, 'event', sequence, clip(JSON.stringify(payload.data ?? payload, null, indented ? 2 : 0)));
  }
  if (held > 0) plan();
}
function row(list, most, kind, number, text) {
  const item = document.createElement('li'), label = document.createElement('span'),
        code = document.createElement('code');
  item.className = kind; label.textContent = number; code.textContent = text;
  item.append(label, code); list.prepend(item);
  while (list.childElementCount > most) list.lastElementChild.remove();
  return code;
}
// The newest event's number and epoch, from which a new connection resumes.
function position() {
  if (typeof newest === 'string') {
    const { epoch, sequence } = JSON.parse(newest);
    newest = { epoch, sequence };
  }
  return newest;
}
function lose(frame) {
  const { epoch, sequence, reason } = frame, last = position(), time = new Date().toLocaleTimeString();
  // A connection that was lost right after a gap is told the same gap again.
  if (loss && loss.epoch === epoch && loss.sequence === sequence) return;
  const start = last && last.epoch !== epoch ? last.sequence + ' of the run before' : sequence;
  const entry = {
    label: 'gap', epoch, sequence, next: undefined,
    text() {
      const what = this.next === undefined ? 'after ' + start
        : start === sequence && this.next > sequence + 1 ? 'from ' + (sequence + 1) + ' to ' + (this.next - 1)
        : 'between ' + start + ' and ' + this.next;
      return time + '  ' + what + ': ' + clip(reason);
    },
  };
  counts.gaps++; loss = entry; note(entry);
}
function receive(text) {
  if (text.startsWith(EVENT)) {
    counts.events++; newest = text; keep(text);
    if (loss) {
      loss.next = position().sequence;
      if (loss.row) loss.row.textContent = loss.text();
      loss = undefined;
    }
    return;
  }
  const frame = JSON.parse(text);
  if (frame.type === 'gap') lose(frame);
  else if (frame.type === 'status') {
    upstream = frame.upstream; state('upstream ' + upstream, upstream === 'live');
    clearTimeout(asking);
    if (upstream !== 'live') why();
  } else if (frame.type === 'error') {
    const words = clip(JSON.stringify(frame.errors));
    note({ label: 'error', text: () => words });
  }
}
// Shows why the upstream is away, as the relay reports it, until it is back.
async function why() {
  const asked = socket;
  clearTimeout(asking);
  try {
    const answer = document.hidden ? undefined : await fetch('readyz');
    const words = answer?.status === 503 ? clip((await answer.text()).trim()) : '';
    if (asked !== socket || socket.readyState > 1 || upstream === 'live') return;
    if (answer) state('upstream ' + upstream + (words ? ': ' + words : ''), false);
  } catch { /* The relay is away too: the connection's end says so. */ }
  if (asked === socket && upstream !== 'live') asking = setTimeout(why, 2000);
}
function show() {
  if (document.hidden) return;
  counts.samples.push([performance.now(), counts.events]);
  while (counts.samples.length > 9) counts.samples.shift();
  const [[start, before]] = counts.samples, [now, events] = counts.samples[counts.samples.length - 1];
  const rate = now > start ? (events - before) * 1000 / (now - start) : 0;
  $('count').textContent = counts.events.toLocaleString('en');
  $('rate').textContent = (rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate)).toLocaleString('en');
  $('number').textContent = position()?.sequence ?? '–';
  $('gaps').textContent = counts.gaps;
}
function listen(next) {
  clearTimeout(retry); clearTimeout(asking);
  if (socket) { socket.onclose = socket.onmessage = null; socket.close(); }
  if (topic !== next) { topic = next; reset(); }
  $('document').textContent = topic.document;
  window.showExample?.();
  for (const button of $('topics').children)
    button.setAttribute('aria-pressed', button.textContent === topic.name);
  state('connecting', false);
  const at = position();
  const from = at ? 'after=' + encodeURIComponent(at.epoch + ':' + at.sequence) : 'last=' + ROWS;
  const path = '/topics/' + topic.name + '?lag=latest&' + from;
  socket = new WebSocket(secure + location.host + path, 'fanout.v1.json');
  socket.onopen = () => state('connected', true);
  socket.onclose = event => {
    clearTimeout(asking);
    state('closed with ' + event.code + ', trying again', false);
    retry = setTimeout(listen, 1000 + 2000 * Math.random(), topic);
  };
  socket.onmessage = event => receive(event.data);
}
document.addEventListener('visibilitychange', () => {
  if (document.hidden || !counts) return;
  counts.samples = []; show(); plan();
});
setInterval(() => counts && show(), 250);
function begin() {
  fetch('topics').then(answer => {
    if (answer.status === 401 || answer.status === 403) return state('shown where no token is needed', false);
    return answer.json();
  }).then(list => {
    if (!list) return;
    const { topics } = list;
    for (const each of topics) {
      const button = document.createElement('button');
      button.textContent = each.name; button.onclick = () => listen(each); $('topics').append(button);
    }
    if (topics.length) listen(topics[0]); else state('this relay has no topics', false);
  }, () => { state('not reached, trying again', false); setTimeout(begin, 2000); });
}
function toggle(button, change) {
  $(button).onclick = () => { $(button).setAttribute('aria-pressed', change()); plan(); };
}
toggle('pause', () => paused = !paused);
toggle('pretty', () => indented = !indented);
$('filter').oninput = () => { wanted = $('filter').value; };
begin();
