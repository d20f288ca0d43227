"""A headless Chromium, driven by its DevTools protocol; there may be none on a machine."""

import asyncio
import json
import shutil
from contextlib import asynccontextmanager

from probe import get_json
from websockets.asyncio.client import connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


class Tab:
    """One page, and what its scripts complain of."""

    def __init__(self, connection):
        self.connection = connection
        self.number = 0
        self.answers = {}
        self.complaints = []
        self.reading = asyncio.create_task(self.read())

    async def read(self):
        async for text in self.connection:
            message = json.loads(text)
            if "id" in message:
                self.answers.pop(message["id"]).set_result(message)
            elif message["method"] == "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(message["params"])[:500])

    async def call(self, method, **parameters):
        self.number += 1
        answer = self.answers[self.number] = asyncio.get_running_loop().create_future()
        await self.connection.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        message = await answer
        assert "result" in message, message
        return message["result"]

    async def value(self, expression):
        """What an expression is in the page, awaited if it is a promise."""
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def becomes(self, expression, what, deadline=20):
        """Waits until an expression is true."""
        try:
            async with asyncio.timeout(deadline):
                while not await self.value(expression):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{what}; the page shows {await self.value('document.body.innerText')!r}") from None
        assert not self.complaints, f"{what}: {self.complaints}"


@asynccontextmanager
async def tab(url, directory, before="", flags=()):
    """A tab of a fresh browser at a URL; `before` runs in the page in front of its own scripts."""
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server",
        "--remote-debugging-port=0", f"--user-data-dir={directory}", *flags, "about:blank",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = directory / "DevToolsActivePort"
        async with asyncio.timeout(30):
            while not port.exists() or not port.read_text().strip():
                assert process.returncode is None, "the browser ended"
                await asyncio.sleep(0.05)
        pages = get_json(f"http://127.0.0.1:{port.read_text().split()[0]}/json/list")
        [address] = [page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"]
        async with connect(address, max_size=None, proxy=None, ping_interval=None) as connection:
            page = Tab(connection)
            for domain in ("Runtime", "Page"):
                await page.call(f"{domain}.enable")
            await page.call("Page.addScriptToEvaluateOnNewDocument", source=before)
            await page.call("Page.navigate", url=url)
            await page.becomes("document.readyState === 'complete' && location.href !== 'about:blank'", "it is loaded")
            try:
                yield page
            finally:
                page.reading.cancel()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
