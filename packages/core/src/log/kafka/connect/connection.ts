import { ConnectionError } from '../errors.ts'
import { type Api, Reader, Writer } from '../wire/index.ts'
import type { Dialed } from './dialer.ts'

interface Waiting {
  resolve(response: Buffer): void
  reject(error: Error): void
}

/**
 * One connection to one broker: requests go out in order, answers come back in order (Kafka protocol, "Network"). It is used
 * until it breaks; a request that gets no answer in time breaks it, since all later answers would wait too.
 */
export class Connection {
  readonly #dialed: Dialed
  readonly #clientId: string
  readonly #frames = new FrameReader()
  readonly #waiting = new Map<number, Waiting>()
  #correlation = 0
  #broken: ConnectionError | null = null

  constructor(dialed: Dialed, clientId: string) {
    this.#dialed = dialed
    this.#clientId = clientId
    const { socket } = dialed
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.#break(`the connection broke (${error.message})`, error))
    socket.on('close', () => this.#break('closed the connection'))
    socket.resume()
    if (socket.destroyed) this.#break('closed the connection')
  }

  get address(): string {
    return this.#dialed.address
  }

  /** False when the next request needs a new connection. */
  get usable(): boolean {
    return this.#broken === null && !(this.#waiting.size === 0 && this.#dialed.isExpired())
  }

  async send<Request, Response>(api: Api<Request, Response>, request: Request, timeoutMs: number): Promise<Response> {
    if (this.#broken !== null) throw this.#broken
    const correlation = this.#correlation
    this.#correlation = (correlation + 1) & 0x7fffffff
    const parts = this.#encode(api, request, correlation)
    const response = await new Promise<Buffer>((resolve, reject) => {
      const timer = setTimeout(() => this.#break(`no answer to ${api.name} within ${timeoutMs} ms`), timeoutMs)
      const settle = (): void => clearTimeout(timer)
      this.#waiting.set(correlation, {
        resolve(bytes) {
          settle()
          resolve(bytes)
        },
        reject(error) {
          settle()
          reject(error)
        },
      })
      const { socket } = this.#dialed
      socket.cork()
      for (const part of parts) socket.write(part)
      socket.uncork()
    })
    const reader = new Reader(response, 4)
    if (api.flexible === true) reader.skipTags()
    try {
      return api.decode(reader)
    } catch (cause) {
      this.#break(`sent an answer to ${api.name} that can't be read`, cause)
      throw new ConnectionError(this.address, `sent an answer to ${api.name} that can't be read`, cause)
    }
  }

  close(): void {
    this.#break('the connection was closed on our side')
  }

  #encode<Request, Response>(api: Api<Request, Response>, request: Request, correlation: number): readonly Buffer[] {
    const writer = new Writer()
    writer.int16(api.key).int16(api.version).int32(correlation).string(this.#clientId)
    if (api.flexible === true) writer.noTags()
    api.encode(writer, request)
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(writer.size)
    return [length, ...writer.finish()]
  }

  #receive(chunk: Buffer): void {
    this.#frames.push(chunk, (frame) => {
      const correlation = frame.readInt32BE(0)
      const waiting = this.#waiting.get(correlation)
      this.#waiting.delete(correlation)
      waiting?.resolve(frame)
    })
  }

  #break(reason: string, cause?: unknown): void {
    if (this.#broken !== null) return
    const broken = new ConnectionError(this.address, reason, cause)
    this.#broken = broken
    this.#dialed.socket.destroy()
    for (const waiting of this.#waiting.values()) waiting.reject(broken)
    this.#waiting.clear()
  }
}

/** Puts answers together from the chunks in which they arrive; each answer is copied once, into memory of its own size. */
class FrameReader {
  readonly #prefix = Buffer.alloc(4)
  #prefixFilled = 0
  #frame: Buffer | null = null
  #filled = 0

  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame === null) {
        const taken = chunk.copy(this.#prefix, this.#prefixFilled, at)
        at += taken
        this.#prefixFilled += taken
        if (this.#prefixFilled < 4) return
        this.#prefixFilled = 0
        this.#frame = Buffer.allocUnsafeSlow(this.#prefix.readInt32BE(0))
        this.#filled = 0
      }
      const taken = chunk.copy(this.#frame, this.#filled, at)
      at += taken
      this.#filled += taken
      if (this.#filled === this.#frame.length) {
        const frame = this.#frame
        this.#frame = null
        onFrame(frame)
      }
    }
  }
}
