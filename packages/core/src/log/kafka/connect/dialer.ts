import type { Socket } from 'node:net'

/** Versions of each API that a broker speaks, by the API's key. */
export type ApiVersions = Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number } | undefined>>

/** A connection that is set up, encrypted and authenticated as configured, with nobody listening to it. */
export interface Dialed {
  readonly socket: Socket
  /** `host:port` */
  readonly address: string
  readonly versions: ApiVersions
  /** True when the broker will soon ask for a new authentication (KIP-368): use a new connection. */
  isExpired(): boolean
}

/** Opens connections: what we take from a Kafka client library. */
export interface Dialer {
  readonly clientId: string
  /**
   * Connects to a broker; without one, to the next of the bootstrap addresses.
   * @throws {ConnectionError} when it can't be reached; MillraceError BROKER_REFUSED when it rejects the credentials
   */
  dial(broker?: { readonly host: string; readonly port: number }): Promise<Dialed>
}
