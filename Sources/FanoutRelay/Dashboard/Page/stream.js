// What the page asks the relay for. An operator's token goes into a header: neither into an address nor into a cookie.
const $ = id => document.getElementById(id);
let credential = sessionStorage.getItem('token') ?? '';
function ask(path, options = {}) {
  const shown = credential ? { Authorization: `Bearer ${credential}` } : {};
  return fetch(path, { ...options, headers: { ...options.headers, ...shown } });
}
function clip(text) { return text.length > 2000 ? text.slice(0, 2000) + ' …' : text; }

// Server-sent events (HTML standard, section 9.2) by fetch(), since neither an EventSource nor a WebSocket can show a
// token. While it is open it comes back after each end, later each time, behind the last event that it got.
class EventStream {
  // 'receive' gets the data of each event, and 'tell' in words what becomes of the connection.
  constructor(path, receive, tell) {
    Object.assign(this, { path, receive, tell, failures: 0, base: 1000 + 2000 * Math.random() });
  }
  open() { if (!this.control) this.read(); }
  close() {
    clearTimeout(this.timer); this.control?.abort();
    this.control = undefined; this.failures = 0;
  }
  // Milliseconds until the next attempt; 'base' is what the relay asks for.
  static wait(base, failures) { return Math.min(Math.max(30000, base), base * 2 ** failures); }
  async read() {
    const control = this.control = new AbortController();
    let end = 'interrupted', later = 0;
    this.tell('connecting', false);
    try {
      const headers = { Accept: 'text/event-stream' };
      if (this.place) headers['Last-Event-ID'] = this.place;
      const answer = await ask(this.path, { headers, signal: control.signal, cache: 'no-store' });
      if (answer.ok) {
        this.failures = 0; this.tell('connected', true);
        await this.take(answer.body, control);
        end = 'ended';
      } else {
        later = 1000 * Number(answer.headers.get('Retry-After')) || 0;
        end = `answered with ${answer.status}: ${clip((await answer.text()).trim())}`;
      }
    } catch { /* It was interrupted, or closed here. */ }
    if (control !== this.control) return;
    this.timer = setTimeout(() => this.read(), Math.max(later, EventStream.wait(this.base, this.failures++)));
    this.tell(`${end}, trying again`, false);
  }
  async take(body, control) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    // What the event that is under way has so far; if its end never comes, it is none.
    let line = '', data, id;
    for (;;) {
      const { value, done } = await reader.read();
      if (done || control !== this.control) return;
      let start = 0, end;
      while ((end = value.indexOf('\n', start)) >= 0) {
        line += value.slice(start, end); start = end + 1;
        if (line === '') {
          this.place = id ?? this.place;
          if (data !== undefined) this.receive(data);
          data = undefined;
        } else if (line.startsWith('data: ')) data = line.slice(6);
        else if (line.startsWith('id: ')) id = line.slice(4);
        else if (line.startsWith('retry: ')) this.base = Number(line.slice(7)) || this.base;
        line = '';
      }
      line += value.slice(start);
    }
  }
}
