import { MillraceError } from '../../../errors.ts'
import * as wire from '../wire/index.ts'
import type { ApiVersions } from './dialer.ts'

const NEEDED: readonly { readonly key: number; readonly version: number; readonly name: string }[] = [
  wire.produceApi,
  wire.fetchApi,
  wire.listOffsetsApi,
  wire.metadataApi,
  wire.offsetCommitApi,
  wire.offsetFetchApi,
  wire.findCoordinatorApi,
  wire.joinGroupApi,
  wire.heartbeatApi,
  wire.leaveGroupApi,
  wire.syncGroupApi,
  wire.createTopicsApi,
  wire.deleteTopicsApi,
  wire.deleteRecordsApi,
  wire.initProducerIdApi,
  wire.addPartitionsToTxnApi,
  wire.addOffsetsToTxnApi,
  wire.endTxnApi,
  wire.txnOffsetCommitApi,
  wire.describeConfigsApi,
]

/**
 * Compares what a broker speaks with what we speak.
 * @throws {MillraceError} BROKER_TOO_OLD below Kafka 2.5; BROKER_REFUSED when a broker has dropped a version that we need
 */
export function checkVersions(versions: ApiVersions, address: string): void {
  const old = NEEDED.filter(({ key, version }) => (versions[key]?.maxVersion ?? -1) < version)
  if (old.length > 0) {
    const names = old.map(({ name, version }) => `${name} v${version}`).join(', ')
    throw new MillraceError('BROKER_TOO_OLD', `Broker ${address} does not speak ${names}. Kafka 2.5 or newer is needed.`)
  }
  const dropped = NEEDED.filter(({ key, version }) => (versions[key]?.minVersion ?? 0) > version)
  if (dropped.length > 0) {
    const names = dropped.map(({ name, version }) => `${name} v${version}`).join(', ')
    throw new MillraceError('BROKER_REFUSED', `Broker ${address} no longer speaks ${names}. Use a newer release of Millrace.`)
  }
}
