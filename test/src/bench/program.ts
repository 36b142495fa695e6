import { json, string, topology, type Topology, tumbling } from '@millrace/core'
import type { Click } from './clicks.ts'
import { isCached, WINDOW_MS, type Workload } from './workload.ts'

/** A workload as its user would write it. `onRecord` is called with each input record. */
export function program(workload: Workload, input: string, output: string, onRecord: () => void): Topology {
  return topology('bench', (t) => {
    const clicks = t.stream(input, { key: string(), value: json<Click>() }).peek(() => onRecord())
    if (workload === 'W1') {
      clicks
        .filter((click) => click.amount >= 50)
        .mapValues(({ page, amount }) => ({ page, amount }))
        .to(output)
      return
    }
    clicks
      .groupByKey()
      .windowedBy(tumbling({ size: WINDOW_MS, grace: '1m' }))
      .aggregate({
        as: 'w2',
        initial: () => ({ count: 0, sum: 0 }),
        add: (total, click) => ({ count: total.count + 1, sum: total.sum + click.amount }),
        retention: '1h',
        caching: isCached(workload),
      })
      .toStream((_total, { key, window }) => `${key}@${window.start}`, { key: string() })
      .to(output)
  })
}
