/** A way to run scenarios as apps. */
export interface Way {
  readonly title: string
  /** Of every topic. */
  readonly partitions: number
  /** Half-way through the steps the app is stopped, its state folder deleted, and the app started again: its changelogs restore it. */
  readonly loseState: boolean
}

export const WAYS: readonly Way[] = [
  { title: '1 partition', partitions: 1, loseState: false },
  { title: '1 partition, state lost half-way', partitions: 1, loseState: true },
  { title: '4 partitions', partitions: 4, loseState: false },
]
