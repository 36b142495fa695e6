import type { MemberData } from './group-data.ts'

/** A member of the group as the leader sees it. */
export interface AssignorMember extends MemberData {
  readonly memberId: string
}

/** Tasks that are alike (one sub-topology, one view): they cost about the same, so they are spread evenly. */
export interface AssignorGroup {
  readonly name: string
  readonly tasks: readonly string[]
}

/**
 * Gives every task to exactly one member.
 *
 * - Balanced: the members' numbers of tasks differ by one at most, in each group and in total.
 * - Sticky: with the same members and tasks, nothing moves; otherwise a task stays where it is open while its owner is
 *   within its share.
 * - A task that must move goes to a member that has its state, if one has room.
 *
 * Pure: the answer depends on the arguments alone, not on the order of the members.
 */
export function assignTasks(
  members: readonly AssignorMember[],
  groups: readonly AssignorGroup[],
): ReadonlyMap<string, readonly string[]> {
  const candidates = members
    .map((member) => ({ ...member, owned: new Set(member.owned), state: new Set(member.state), assigned: [] as string[] }))
    .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  if (candidates.length === 0) return new Map()
  for (const group of groups) assignGroup(candidates, group.tasks)
  return new Map(candidates.map((candidate) => [candidate.memberId, candidate.assigned]))
}

interface Candidate {
  readonly memberId: string
  readonly owned: ReadonlySet<string>
  readonly state: ReadonlySet<string>
  readonly assigned: string[]
}

function assignGroup(candidates: readonly Candidate[], tasks: readonly string[]): void {
  const room = shares(candidates, tasks)
  const left = new Set(tasks)
  const give = (candidate: Candidate, task: string): void => {
    candidate.assigned.push(task)
    room.set(candidate, (room.get(candidate) ?? 0) - 1)
    left.delete(task)
  }
  const hasRoom = (candidate: Candidate): boolean => (room.get(candidate) ?? 0) > 0
  for (const task of tasks) {
    const owner = candidates.find((candidate) => candidate.owned.has(task) && hasRoom(candidate))
    if (owner) give(owner, task)
  }
  for (const task of [...left]) {
    const holder = candidates.find((candidate) => candidate.state.has(task) && hasRoom(candidate))
    if (holder) give(holder, task)
  }
  for (const task of [...left]) {
    const anyone = candidates.find(hasRoom)
    if (anyone) give(anyone, task)
  }
}

/**
 * How many tasks of a group each candidate gets. The odd ones go to those with the fewest tasks so far, which keeps the
 * totals within one of each other; among equals to those who have the most to lose.
 */
function shares(candidates: readonly Candidate[], tasks: readonly string[]): Map<Candidate, number> {
  const count = (set: ReadonlySet<string>): number => tasks.reduce((sum, task) => sum + (set.has(task) ? 1 : 0), 0)
  const ranked = candidates
    .map((candidate) => ({ candidate, owned: count(candidate.owned), state: count(candidate.state) }))
    .sort((a, b) => a.candidate.assigned.length - b.candidate.assigned.length || b.owned - a.owned || b.state - a.state)
  const each = Math.floor(tasks.length / candidates.length)
  const odd = tasks.length % candidates.length
  return new Map(ranked.map(({ candidate }, rank) => [candidate, each + (rank < odd ? 1 : 0)]))
}
