"""A relay that makes a link slow: each piece arrives late, and not faster than so many bytes a second. It can break as well."""

import asyncio
import threading


class SlowLink:
    def __init__(self, test, target, delay, bytes_a_second):
        self.target, self.delay, self.rate = target, delay, bytes_a_second
        self.loop, self.writers, self.carried = asyncio.new_event_loop(), [], 0
        started = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(started,), daemon=True)
        self.thread.start()
        started.wait(10)
        test.addCleanup(self.end)

    def run(self, started):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.address = self.server.sockets[0].getsockname()
        started.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection(*self.target)
        self.writers += [writer, far_writer]
        await asyncio.gather(self.carry(reader, far_writer), self.carry(far_reader, writer))

    async def carry(self, reader, writer):
        on_the_way, clock = asyncio.Queue(), self.loop.time

        async def deliver():
            while (piece := await on_the_way.get()) is not None:
                at, data = piece
                await asyncio.sleep(max(0, at - clock()))
                if not writer.is_closing():
                    writer.write(data)
            writer.close()
        delivering, free = asyncio.ensure_future(deliver()), clock()
        try:
            # Small pieces, so that the sender's own buffer is all that may run ahead.
            while data := await reader.read(256):
                free = max(free, clock()) + len(data) / self.rate
                self.carried += len(data)
                await on_the_way.put((free + self.delay, data))
                await asyncio.sleep(max(0, free - clock()))
        except ConnectionError:
            pass
        await on_the_way.put(None)
        await delivering

    def cut(self):
        """Both ends see a reset, and what is on the way is lost."""
        def abort():
            for writer in self.writers:
                writer.transport.abort()
            self.writers.clear()
        self.loop.call_soon_threadsafe(abort)

    def end(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
