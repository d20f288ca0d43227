"""What the tests of the page share: a witness of what it does, and what people do there."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

# What the page does is seen from outside: the streams that it asks for, which can be cut, and how many rows appear in a
# frame.
WITNESS = """
window.streams = [];
window.reach = window.fetch;
window.fetch = (path, options = {}) => {
  if (!path.startsWith('topics/')) return reach(path, options);
  const headers = new Headers(options.headers), breaker = new AbortController();
  window.cut = () => breaker.abort();
  streams.push({ path, after: headers.get('Last-Event-ID'), shown: headers.get('Authorization') });
  return reach(path, { ...options, signal: AbortSignal.any([options.signal, breaker.signal]) });
};
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
KINDS = ["curl", "websockets", "graphql-ws", "gql", "Apollo"]
SHOWN = "document.querySelectorAll('#events li').length"
COUNT = "+document.getElementById('count').textContent.replaceAll(',', '')"
LIVE = "document.getElementById('state').textContent === 'upstream live'"


def text(element):
    return f"document.getElementById('{element}').textContent"


def operators_url(relay):
    return "http://" + relay.output.split("for operators on http://")[1].split()[0]


async def enter(page, token):
    await page.value(f"token.value = '{token}'; document.querySelector('#entrance button').click()")


async def shown_line(page, kind):
    buttons = "[...document.getElementById('clientKinds').children]"
    await page.value(f"{buttons}.find(each => each.textContent === '{kind}').click()")
    return await page.value(text("example"))


async def prints(line, word, **environment):
    """Runs a line for a shell until it prints a word; false when it ends without that."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", line, start_new_session=True,
        env={**os.environ, "PATH": path, "no_proxy": "*", "PYTHONUNBUFFERED": "1", **environment},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(20):
            output = b""
            while word not in output and (part := await process.stdout.read(200)):
                output += part
        return word in output
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
