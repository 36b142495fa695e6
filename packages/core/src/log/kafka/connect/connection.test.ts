import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Api } from '../wire/index.ts'
import { Connection } from './connection.ts'

/** A text there, a text back. */
const echo: Api<string, string> = {
  key: 99,
  version: 1,
  name: 'Echo',
  encode: (writer, text) => writer.bytes(Buffer.from(text)),
  decode: (reader) => reader.bytes().toString(),
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A connection to a peer that does with its socket what the test says. */
async function connectTo(peer: (socket: Socket) => void): Promise<Connection> {
  const server: Server = createServer(peer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const socket = connect(address.port, '127.0.0.1')
  await once(socket, 'connect')
  closing.push(() => {
    socket.destroy()
    server.close()
  })
  return new Connection({ socket, address: 'peer:1', versions: {}, isExpired: () => false }, 'client')
}

/** Calls back for each whole request with its correlation id and its text. */
function onRequest(socket: Socket, answer: (correlation: number, text: Buffer) => void): void {
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
      const frame = received.subarray(4, 4 + received.readInt32BE(0))
      received = received.subarray(4 + frame.length)
      const text = frame.subarray(10 + frame.readInt16BE(8) + 4)
      answer(frame.readInt32BE(4), text)
    }
  })
}

function answerFrame(correlation: number, text: Buffer): Buffer {
  const frame = Buffer.alloc(12 + text.length)
  frame.writeInt32BE(8 + text.length, 0)
  frame.writeInt32BE(correlation, 4)
  frame.writeInt32BE(text.length, 8)
  text.copy(frame, 12)
  return frame
}

describe('a connection', () => {
  it('matches answers to requests, however the bytes are cut', async () => {
    const connection = await connectTo((socket) => {
      socket.setNoDelay(true)
      onRequest(socket, (correlation, text) => {
        const frame = answerFrame(correlation, text)
        for (let at = 0; at < frame.length; at += 3) socket.write(frame.subarray(at, at + 3))
      })
    })
    const texts = Array.from({ length: 50 }, (_, i) => 'x'.repeat(i * 7))
    expect(await Promise.all(texts.map((text) => connection.send(echo, text, 5000)))).toEqual(texts)
  })

  it('takes large requests and answers whole', async () => {
    const connection = await connectTo((socket) => onRequest(socket, (id, text) => socket.write(answerFrame(id, text))))
    const text = 'y'.repeat(5_000_000)
    expect((await connection.send(echo, text, 5000)) === text).toBe(true)
  })

  it('breaks when an answer does not come in time, and everything that waits fails, as everything later', async () => {
    const connection = await connectTo((socket) => socket.resume())
    const late = connection.send(echo, 'late', 50)
    const behind = connection.send(echo, 'behind', 5000)
    await expect(late).rejects.toThrow('peer:1: no answer to Echo within 50 ms')
    await expect(behind).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE', retriable: true })
    expect(connection.usable).toBe(false)
    await expect(connection.send(echo, 'later', 5000)).rejects.toThrow('no answer')
  })

  it('fails what waits when the peer goes away in the middle of an answer', async () => {
    const connection = await connectTo((socket) => {
      onRequest(socket, (id, text) => {
        socket.write(answerFrame(id, text).subarray(0, 9))
        socket.end()
      })
    })
    await expect(connection.send(echo, 'hello', 5000)).rejects.toThrow('closed the connection')
  })

  it('breaks when an answer can not be read', async () => {
    const connection = await connectTo((socket) => {
      onRequest(socket, (id) => {
        const frame = Buffer.from([0, 0, 0, 5, 0, 0, 0, 0, 1])
        frame.writeInt32BE(id, 4)
        socket.write(frame)
      })
    })
    await expect(connection.send(echo, 'hello', 5000)).rejects.toThrow("can't be read")
    expect(connection.usable).toBe(false)
  })
})
