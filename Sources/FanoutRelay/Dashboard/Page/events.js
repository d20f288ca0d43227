// PER_FRAME rows are drawn in an animation frame, and ROWS stay. When events come faster, the newest are
// shown.
const PER_FRAME = 20, ROWS = 50, LOSSES = 10, EVENT = '{"type":"event"';
const ring = new Array(ROWS);
let stream, topic, known, paused = false, indented = false, wanted = '',
     asking, counts, upstream, loss, newest, drawing, notes = [];
// The ring's first entry, its number of entries, and how many events didn't fit since the last animation
// frame.
let first = 0, held = 0, passed = 0;
function reset() {
  counts = { events: 0, gaps: 0, samples: [] }; newest = undefined; loss = undefined;
  held = passed = 0; notes = []; $('events').replaceChildren(); $('losses').replaceChildren();
}
function state(text, open) { $('state').textContent = text; $('state').className = open ? 'light open' : 'light'; }
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
// The newest event's number and epoch.
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
  const asked = stream, isAway = () => asked === stream && upstream !== undefined && upstream !== 'live';
  clearTimeout(asking);
  try {
    const answer = await ask('readyz');
    const words = answer.status === 503 ? clip((await answer.text()).trim()) : '';
    if (isAway()) state('upstream ' + upstream + (words ? ': ' + words : ''), false);
  } catch { /* The relay is away too: the stream's end says so. */ }
  if (!isAway()) return;
  clearTimeout(asking); asking = setTimeout(why, 2000);
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
// What becomes of the connection; how the server is says the relay, once there is one.
function told(text, open) { clearTimeout(asking); upstream = undefined; state(text, open); }
function stop() { stream?.close(); told('', false); }
// Events are read while somebody looks at them.
function follow() {
  if (!stream) return;
  if (paused || document.hidden || !$('panel').open) stop(); else stream.open();
}
function listen(next) {
  stop();
  topic = next; reset(); mark();
  stream = new EventStream(`topics/${topic.name}?lag=latest&last=${ROWS}`, receive, told);
  follow();
}
function mark() {
  $('document').textContent = topic?.document ?? '';
  for (const button of $('topics').children)
    button.setAttribute('aria-pressed', button.textContent === topic?.name);
  showExample();
}
document.addEventListener('visibilitychange', () => {
  follow();
  if (document.hidden || !counts) return;
  counts.samples = []; show(); plan();
});
$('panel').addEventListener('toggle', follow);
setInterval(() => counts && show(), 250);
// Offers the topics once it is known which there are, and anew when these change; 'names' are those of the relay's
// report, none without one.
async function offer(names) {
  const now = names.join();
  if (known === now) return;
  known = now;
  try {
    const answer = await ask('topics');
    if (!answer.ok && answer.status !== 401 && answer.status !== 403) throw new Error(answer.statusText);
    const { topics } = answer.ok ? await answer.json() : { topics: [] };
    if (known !== now) return;
    $('topics').replaceChildren(...topics.map(each => {
      const button = document.createElement('button');
      button.textContent = each.name; button.onclick = () => listen(each);
      return button;
    }));
    const others = answer.ok ? names.filter(name => !topics.some(each => each.name === name)) : [];
    $('withheld').textContent = others.length
      ? `This token is no good for the events of ${others.join(', ')}: a client with it wouldn't get them either.` : '';
    if (topics.some(({ name, document }) => name === topic?.name && document === topic.document)) { mark(); follow(); }
    else if (topics.length) listen(topics[0]);
    else {
      stop();
      stream = topic = undefined; reset(); mark();
      const words = answer.ok ? ['this relay has no topics', 'no topic is for this token']
        : ['shown with a token', 'not shown with this token'];
      told(words[credential ? 1 : 0], false);
    }
  } catch {
    // The next report has it tried again.
    known = undefined;
    if (!stream) told('not reached, trying again', false);
  }
}
function toggle(button, change) {
  $(button).onclick = () => { $(button).setAttribute('aria-pressed', change()); plan(); };
}
toggle('pause', () => { paused = !paused; follow(); return paused; });
toggle('pretty', () => indented = !indented);
$('filter').oninput = () => { wanted = $('filter').value; };
