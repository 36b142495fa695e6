import { planTopology } from '@millrace/core'
import { buildTopology } from '../build-topology.ts'
import type { Scenario, ScenarioNode } from '../scenario.ts'
import type { Way } from './way.ts'

/**
 * Why a scenario cannot be run on the runtime in this way; null: it can. Read off the kinds of its nodes and steps.
 */
export function whyNot(scenario: Scenario, { partitions, loseState }: Way): string | null {
  if (scenario.expect.some((step) => step.some(({ out }) => !TOPIC_NAME.test(out)))) return 'a topic is named as none can be'
  if (scenario.optimize === true && keylessTableInput(scenario)) {
    return 'a compacted topic, from which a table is restored, takes no records without a key'
  }
  if (showsTaskTime(scenario) && taskCount(scenario) > 1) return 'stream time of one task (rule E1), where there are several'
  if (loseState && hasSchedules(scenario)) return 'schedules begin anew with the app, as in Kafka Streams'
  if (partitions === 1) return null
  const unplaced = unplacedNodes(scenario)
  for (const node of scenario.nodes) {
    const reason = needsOnePartition(node, unplaced)
    if (reason !== null) return reason
  }
  return null
}

/** Kafka's rule for names of topics. */
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/

/** FORMAT.md: `optimize` restores tables from their own topics, which must be compacted. */
function keylessTableInput({ nodes, steps }: Scenario): boolean {
  const tables = new Set(nodes.flatMap(({ op, topic }) => (op === 'table' && topic !== undefined ? [topic] : [])))
  return steps.some((step) => 'in' in step && step.key === null && tables.has(step.in))
}

/** Whether a processor goes by, or shows, the time of the records that its task has taken. */
function showsTaskTime({ nodes }: Scenario): boolean {
  return nodes.some(({ processor = '' }) => /^(clock|ticks)\b|:streamTime:/.test(processor))
}

/** Whether a processor has schedules. */
function hasSchedules({ nodes }: Scenario): boolean {
  return nodes.some(({ processor = '' }) => /^(ticks|ticksFrom|bufferAndFlush|countAndForward)\b/.test(processor))
}

/** Tasks of a partition: parts of the topology between which there is a topic. */
function taskCount(scenario: Scenario): number {
  if (scenario.expectError?.at === 'build') return 1
  return planTopology(buildTopology(scenario)).subtopologies.length
}

/** Processors of FORMAT.md that look at one key alone, never at the time or at other keys. */
const KEYED_PROCESSORS = new Set(['dedupe', 'put', 'lookup', 'stamp', 'header'])
/** Those of them that have a store. */
const STORE_PROCESSORS = new Set(['dedupe', 'put', 'lookup'])

function needsOnePartition(node: ScenarioNode, unplaced: ReadonlySet<string>): string | null {
  switch (node.op) {
    case 'windowedBy':
      return node.window?.type === 'unlimited' ? null : 'windows close by the stream time of all keys'
    case 'suppress':
      return 'suppress goes by the stream time of all keys'
    case 'table':
    case 'toTable':
      return node.versioned === undefined ? null : 'history is kept by the stream time of all keys'
    case 'store':
      return (node.kind ?? 'kv') === 'kv' ? null : 'windows are retained by the stream time of all keys'
    case 'join':
    case 'leftJoin':
    case 'outerJoin':
      if (node.grace !== undefined) return 'records wait by the stream time of all keys'
      return node.window === undefined ? null : 'join windows close by the stream time of all keys'
    case 'process':
    case 'processValues': {
      const [name = ''] = (node.processor ?? '').split(':')
      if (!KEYED_PROCESSORS.has(name)) return 'processor that looks at the time or at all keys'
      const moved = parentsOf(node).some((parent) => unplaced.has(parent))
      return STORE_PROCESSORS.has(name) && moved ? "processor's store where keys were changed" : null
    }
    default:
      return null
  }
}

const KEY_CHANGING = new Set(['map', 'flatMap', 'selectKey', 'process'])
/** Their results are where their keys belong, whatever came in. */
const KEY_PLACING = new Set(['repartition', 'toTable', 'count', 'reduce', 'aggregate'])

/** Nodes, and branches of nodes, whose records may not be in the partition of their key. */
function unplacedNodes({ nodes }: Scenario): ReadonlySet<string> {
  const unplaced = new Set<string>()
  for (const node of nodes) {
    const { id, op, key, branches = [], default: rest } = node
    const changes = KEY_CHANGING.has(op) || (op === 'toStream' && key !== undefined)
    const inherits = !KEY_PLACING.has(op) && parentsOf(node).some((parent) => unplaced.has(parent))
    if (!changes && !inherits) continue
    unplaced.add(id)
    for (const [branch] of branches) unplaced.add(`${id}.${branch}`)
    if (rest !== undefined) unplaced.add(`${id}.${rest}`)
  }
  return unplaced
}

function parentsOf({ from }: ScenarioNode): readonly string[] {
  if (from === undefined) return []
  return typeof from === 'string' ? [from] : from
}
