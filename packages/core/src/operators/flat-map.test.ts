import type { Pending } from '@millrace/state-store'
import { expect, it } from 'vitest'
import { NO_HEADERS } from '../log/records/index.ts'
import type { FlatMapNode } from '../plan/nodes/node.ts'
import { CurrentRecord } from './current-record.ts'
import { FlatMap } from './flat-map.ts'
import type { OperatorScope } from './operator-scope.ts'
import type { StreamReceiver } from './operator.ts'

it('takes the next record only when the descendants are done with the one before, and takes the blame for its generator', async () => {
  const log: string[] = []
  const record = new CurrentRecord()
  const next: StreamReceiver<unknown, unknown> = {
    process(key): Pending {
      record.operator = 'below'
      log.push(`${String(key)} begins`)
      return Promise.resolve().then(() => void log.push(`${String(key)} ends`))
    },
  }
  const node: FlatMapNode = {
    kind: 'flat-map',
    id: 'in/flat-map',
    parents: ['in'],
    *mapper() {
      yield ['a', 1]
      yield ['b', 2]
      log.push(`resumed in ${record.operator}`)
    },
  }
  const scope = { record } as OperatorScope
  await new FlatMap(node, scope, next).process('k', 'v', 1, NO_HEADERS)
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'resumed in in/flat-map'])
})
