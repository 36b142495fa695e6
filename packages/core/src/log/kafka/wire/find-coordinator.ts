import type { Api } from './api.ts'

export type CoordinatorKind = 'group' | 'transaction'

export interface FindCoordinatorResponse {
  readonly error: number
  readonly node: number
  readonly host: string
  readonly port: number
}

export const findCoordinatorApi: Api<{ readonly kind: CoordinatorKind; readonly name: string }, FindCoordinatorResponse> = {
  key: 10,
  version: 2,
  name: 'FindCoordinator',
  encode(writer, { kind, name }) {
    writer.string(name).int8(kind === 'group' ? 0 : 1)
  },
  decode(reader) {
    reader.int32() // throttle time
    const error = reader.int16()
    reader.nullableString() // message
    return { error, node: reader.int32(), host: reader.string(), port: reader.int32() }
  },
}
