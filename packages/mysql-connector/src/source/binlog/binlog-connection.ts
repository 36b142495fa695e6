import { randomInt } from 'node:crypto'
import ZongJi, { type AnyBinlogEvent } from '@vlasky/zongji'
import { driverOptions, type MysqlServer } from '../../connection/index.ts'
import { MysqlConnectorError } from '../../errors.ts'
import { ByteReader } from '../../types/columns/index.ts'
import type { StreamPosition } from '../stream-position.ts'
import { FORMAT_DESCRIPTION } from './event-code.ts'
import { streamFailure } from './stream-failure.ts'

/** What receives the events of a stream, in order. What it throws ends the stream. */
export interface BinlogReceiver {
  /**
   * Every event as it came. The reader is at the event's body, and ends before its checksum.
   * @returns true: that was all there is to it; false: it is wanted decoded
   */
  raw(code: number, flags: number, timestamp: number, body: ByteReader): boolean
  /** The events that zongji decodes, after `raw`. */
  decoded(event: AnyBinlogEvent): void
}

/** Bytes of an event's header, after the byte that says that no error follows (MySQL source, "Common-Header"). */
const HEADER = 19
const CHECKSUM = 4
const CRC32 = 1

/** The server says this often that it is still there when nothing happens. */
const HEARTBEAT_MS = 1000
/** A silence this long means that the other end is gone, though TCP does not say so. */
const SILENCE_MS = 20_000
const WEEK_S = 604_800

/**
 * The events that zongji decodes. Not the rows and what describes them: of those it loses or bends some (it rounds FLOAT, prints
 * JSON otherwise than the server, takes negative times, the year 0 and invalid ENUM values for others, misplaces character sets
 * after a geometry of MariaDB), so they are read from their bytes by src/types/columns.
 */
const DECODED_EVENTS = [
  'rotate',
  'format',
  'query',
  'xid',
  'gtid',
  'anonymousgtid',
  'mariadbgtid',
  'mariadbgtidlist',
  'previousgtids',
  'heartbeat',
  'xaprepare',
]

/**
 * One connection to the binlog, from a position on, used once: after any error a new one begins at the last commit.
 * zongji holds the protocol: connection, GTIDs, checksums, framing, control events. Any error ends the stream before anything
 * after it is delivered.
 */
export class BinlogConnection {
  /** Settles when the stream has ended; never without an error but after `close`. */
  readonly ended: Promise<void>
  readonly #receiver: BinlogReceiver
  readonly #zongji: ZongJi
  readonly #server: MysqlServer
  readonly #body = new ByteReader()
  readonly #finish: { resolve: () => void; reject: (error: Error) => void }
  #open = true
  #paused = false
  #heardAt = performance.now()
  #expectsChecksums = true
  readonly #watchdog: NodeJS.Timeout

  constructor(server: MysqlServer, from: StreamPosition, receiver: BinlogReceiver) {
    this.#server = server
    this.#receiver = receiver
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ended = promise
    this.#finish = { resolve, reject }
    this.#watchdog = setInterval(() => this.#checkSilence(), HEARTBEAT_MS)

    this.#zongji = new ZongJi(driverOptions(server))
    this.#zongji.on('error', (error) => this.#fail(streamFailure(server, error)))
    this.#zongji.on('binlog', (event) => this.#deliver(() => this.#receiver.decoded(event)))
    this.#zongji.on('ready', () => this.#deliver(() => this.#prepare()))
    this.#zongji.start({
      // Two readers with one id throw each other out, so every connection has its own.
      serverId: randomInt(2 ** 30, 2 ** 32 - 1),
      includeEvents: DECODED_EVENTS,
      ...(from.gtid === undefined ? { filename: from.file, position: from.offset } : { gtidSet: from.gtid }),
    })
  }

  /** No event is delivered until `resume`; the server waits. */
  pause(): void {
    if (!this.#open || this.#paused) return
    this.#paused = true
    this.#zongji.connection?.pause()
  }

  resume(): void {
    if (!this.#open || !this.#paused) return
    this.#paused = false
    this.#heardAt = performance.now()
    this.#zongji.connection?.resume()
  }

  /** Nothing is delivered afterwards. */
  close(): void {
    if (!this.#open) return
    this.#shut()
    this.#finish.resolve()
  }

  /** Runs on the binlog's connection before it asks for the stream. */
  #prepare(): void {
    const { connection, ctrlConnection } = this.#zongji
    if (connection === null || ctrlConnection === null) throw this.#changed()
    // Waits for us as long as we pause (the default is a minute); MySQL and MariaDB read the period by different names. That we
    // can read checksums must be said even where the server writes none any more: older files may have them.
    const period = HEARTBEAT_MS * 1_000_000
    const session =
      `SET SESSION net_write_timeout = 86400, @master_heartbeat_period = ${period}, @source_heartbeat_period = ${period}, ` +
      `@master_binlog_checksum = 'CRC32', @source_binlog_checksum = 'CRC32'`
    this.#expectsChecksums = this.#zongji.useChecksum
    this.#zongji.useChecksum = true
    const check = (error: unknown): void => {
      if (error !== null) this.#fail(streamFailure(this.#server, error))
    }
    connection.query(session, check)
    // It has nothing to do from here on, which the server would take for a reason to close it.
    ctrlConnection.query(`SET SESSION wait_timeout = ${WEEK_S}`, check)
    this.#tap(connection)
  }

  /**
   * zongji decodes or drops an event as soon as it comes, and does not hand out its bytes. So the command that it is about to
   * queue on the connection, which gets every packet, is given ours to look at first.
   */
  #tap(connection: object): void {
    const commands = connection as { addCommand: (command: BinlogCommand) => unknown }
    const { addCommand } = commands
    if (typeof addCommand !== 'function') throw this.#changed()
    commands.addCommand = (command) => {
      commands.addCommand = addCommand
      const { binlogData } = command
      if (typeof binlogData !== 'function' || typeof command.on !== 'function') throw this.#changed()
      const tapped: BinlogData = (packet, from) => {
        const isDone = this.#see(packet)
        if (!this.#open) return null
        if (isDone) return tapped
        const next = binlogData.call(command, packet, from)
        // The command names its prototype's own function as the one for the next packet.
        return next === null ? null : tapped
      }
      const { start } = command
      command.start = (packet, from) => (start.call(command, packet, from) === null ? null : tapped)
      // The server says goodbye with an EOF packet, and then nothing more.
      command.on('end', () => this.#fail(streamFailure(this.#server, undefined)))
      command.on('error', (error) => this.#fail(streamFailure(this.#server, error)))
      return addCommand.call(connection, command)
    }
  }

  #see(packet: EventPacket): boolean {
    this.#heardAt = performance.now()
    if (!this.#open || packet.isEOF() || packet.isError()) return false
    const { buffer, offset } = packet
    const header = offset + 1
    const timestamp = buffer.readUInt32LE(header) * 1000
    const code = buffer[header + 4] as number
    const flags = buffer.readUInt16LE(header + 17)
    // What a file begins with has a checksum in any case, and before it says whether the file's other events have one (MySQL
    // source, Format_description_event).
    if (code === FORMAT_DESCRIPTION) this.#zongji.useChecksum = buffer[packet.end - CHECKSUM - 1] === CRC32
    const end = packet.end - (this.#zongji.useChecksum ? CHECKSUM : 0)
    this.#correctLength(buffer, header + 9)
    this.#body.set(buffer, header + HEADER, end)
    try {
      return this.#receiver.raw(code, flags, timestamp, this.#body)
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
      return true
    }
  }

  /**
   * zongji takes the length of an event's text from its header, less a checksum if the server wrote one when the stream was
   * started; a file may have been written otherwise.
   */
  #correctLength(buffer: Buffer, position: number): void {
    const { useChecksum } = this.#zongji
    if (useChecksum === this.#expectsChecksums) return
    buffer.writeUInt32LE(buffer.readUInt32LE(position) + (useChecksum ? -CHECKSUM : CHECKSUM), position)
  }

  /** An exception must not reach the driver, which would tear the connection down and say nothing. */
  #deliver(action: () => void): void {
    if (!this.#open) return
    try {
      action()
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #checkSilence(): void {
    if (this.#paused || performance.now() - this.#heardAt < SILENCE_MS) return
    this.#fail(streamFailure(this.#server, new Error(`nothing was heard for ${SILENCE_MS / 1000} s`)))
  }

  #fail(error: Error): void {
    if (!this.#open) return
    this.#shut()
    this.#finish.reject(error)
  }

  #shut(): void {
    this.#open = false
    clearInterval(this.#watchdog)
    this.#zongji.removeAllListeners()
    this.#zongji.on('error', () => undefined)
    this.#zongji.stop()
  }

  #changed(): MysqlConnectorError {
    return new MysqlConnectorError(
      'MYSQL_EVENT_UNSUPPORTED',
      'The installed version of @vlasky/zongji works otherwise than the one that this connector was written for. Install 0.9.0.',
    )
  }
}

interface EventPacket {
  readonly buffer: Buffer
  readonly offset: number
  readonly end: number
  isEOF(): boolean
  isError(): boolean
}

type BinlogData = (packet: EventPacket, connection: unknown) => unknown

interface BinlogCommand {
  start: (packet: EventPacket | undefined, connection: unknown) => unknown
  readonly binlogData: BinlogData
  on(event: 'end' | 'error', listener: (error?: unknown) => void): void
}
