import asyncio
import random


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    page = f"<h1>The number is {random.randint(1, 100000)}</h1>".encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + page)
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(answer, "0.0.0.0", random.randint(2000, 9000))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
