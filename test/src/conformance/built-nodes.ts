import type { GlobalTable, GroupedStream, GroupedTable } from '@millrace/core'
import type { Cogrouped, Windowed } from './build-windows.ts'
import type { ScenarioNode } from './scenario.ts'
import type { TextKey, TextStream, TextTable } from './text.ts'
import { Unsupported } from './unsupported.ts'

/** What a node made, by its type in FORMAT.md. */
export type Built =
  | { readonly type: 'S'; readonly stream: TextStream }
  | { readonly type: 'T'; readonly table: TextTable }
  | { readonly type: 'G'; readonly global: GlobalTable<TextKey, string> }
  | { readonly type: 'GS'; readonly grouped: GroupedStream<TextKey, string> }
  | { readonly type: 'WS'; readonly windowed: Windowed }
  | { readonly type: 'CG'; readonly cogrouped: Cogrouped }
  | { readonly type: 'GT'; readonly groupedTable: GroupedTable<TextKey, string> }

/** The nodes of a scenario that are built, by id: parents come before their children. */
export class BuiltNodes {
  readonly #built = new Map<string, Built>()

  add(id: string, built: Built): void {
    this.#built.set(id, built)
  }

  /** @throws {Unsupported} when it could not be built */
  parent(node: ScenarioNode, index = 0): Built {
    const id = typeof node.from === 'string' ? node.from : node.from?.[index]
    const built = id === undefined ? undefined : this.#built.get(id)
    if (built === undefined) throw new Unsupported(node.op)
    return built
  }

  stream(node: ScenarioNode, index = 0): TextStream {
    const built = this.parent(node, index)
    if (built.type !== 'S') throw new Error(`"${node.id}" wants a stream`)
    return built.stream
  }

  grouped(node: ScenarioNode, index = 0): GroupedStream<TextKey, string> {
    const built = this.parent(node, index)
    if (built.type !== 'GS') throw new Error(`"${node.id}" wants a grouped stream`)
    return built.grouped
  }
}
