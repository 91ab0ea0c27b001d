"""What we measure against: two peers and aiortc's MediaRelay, which decodes and encodes everything again."""

import asyncio
import sys

import uvloop
from aiohttp import web
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay


async def serve(port: int) -> None:
    relay = MediaRelay()
    rooms: dict[str, list[RTCPeerConnection]] = {}
    tracks: dict[RTCPeerConnection, list[MediaStreamTrack]] = {}

    async def join(request: web.Request) -> web.Response:
        body = await request.json()
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        tracks[connection] = []
        connection.on("track", tracks[connection].append)
        offer = "\r\n".join(x for x in body["sdp"].split("\r\n") if "candidate" not in x)
        await connection.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        room = rooms.setdefault(request.match_info["room"], [])
        room.append(connection)
        while len(room) < 2:
            await asyncio.sleep(0.02)
        other = next(one for one in room if one is not connection)
        for track in tracks[other]:
            connection.addTrack(relay.subscribe(track))
        await connection.setLocalDescription(await connection.createAnswer())
        return web.json_response({"sdp": connection.localDescription.sdp})

    app = web.Application()
    app.router.add_post("/rooms/{room}/seats", join)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
