import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Scenario } from './scenario.ts'

/** The project's own copy of the recorded answers. */
export const OWN_VECTORS: string = fileURLToPath(new URL('../../conformance-vectors', import.meta.url))

/** All scenarios of all *.json in the folders, in the order of file names. */
export async function loadScenarios(folders: readonly string[]): Promise<readonly Scenario[]> {
  const scenarios: Scenario[] = []
  for (const folder of folders) {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort()
    for (const file of files) scenarios.push(...(JSON.parse(await readFile(join(folder, file), 'utf8')) as Scenario[]))
  }
  return scenarios
}
