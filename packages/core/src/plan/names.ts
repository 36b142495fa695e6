import { MillraceError } from '../errors.ts'

/** Kafka's own limit (org.apache.kafka.common.internals.Topic). */
const MAX_TOPIC_NAME = 249

/**
 * Checks a name that becomes part of topic names and folders.
 *
 * @param what whose name it is, for the message
 * @throws {MillraceError} TOPOLOGY_INVALID
 */
export function validName(name: string, what: string): string {
  const problem = problemOf(name)
  if (problem === null) return name
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    `${what}: "${name}" ${problem}. Names become topic names: use letters, digits, '.', '_' and '-', ${MAX_TOPIC_NAME} characters at most`,
  )
}

/** `<app>-<name>-<suffix>`: topics that belong to an application. */
export function internalTopic(app: string, name: string, suffix: 'repartition' | 'changelog' | 'feed' | 'view'): string {
  const topic = `${app}-${name}-${suffix}`
  const problem = problemOf(topic)
  if (problem === null) return topic
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    `The ${suffix} topic "${topic}" can't be created: its name ${problem}. Give the operator a ${suffix === 'feed' || suffix === 'view' ? 'topic' : "name with 'as' or 'name'"}`,
  )
}

/** The name of what belongs to an operator that the user did not name: its path in characters that topics may have. */
export function nameFromPath(id: string): string {
  return id.replaceAll('/', '-')
}

function problemOf(name: string): string | null {
  if (name === '') return 'is empty'
  if (name === '.' || name === '..') return 'is reserved'
  if (name.length > MAX_TOPIC_NAME) return `has ${name.length} characters`
  const illegal = /[^a-zA-Z0-9._-]/u.exec(name)
  return illegal === null ? null : `has the character ${JSON.stringify(illegal[0])}`
}
