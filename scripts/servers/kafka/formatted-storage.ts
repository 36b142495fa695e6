import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../process/index.ts'
import { toolFolder } from '../tools/index.ts'
import type { KafkaDistribution } from './distribution.ts'
import { type NodePorts, nodeProperties, toPropertiesFile } from './node-properties.ts'

const CLUSTER_ID = 'bWlsbHJhY2UtY2x1c3Rlcg' // 16 bytes in base64, any will do
const LARGEST_CLUSTER = 3

/**
 * Formatted, empty data folders of node 1, 2 and 3. They hold no port, so every cluster can begin with a copy of them,
 * which saves each start the Java process that formats.
 */
export async function formattedStorage({ java, classPath, version }: KafkaDistribution): Promise<readonly string[]> {
  const nodes = Array.from({ length: LARGEST_CLUSTER }, (_, index) => index)
  const folder = await toolFolder(`kafka-${version}-formatted`, async (partial) => {
    const ports: readonly NodePorts[] = nodes.map(() => ({ broker: 1, controller: 2 }))
    for (const index of nodes) {
      const file = join(partial, `node-${index + 1}.properties`)
      await writeFile(file, toPropertiesFile(nodeProperties({ ports, index, logFolder: join(partial, `node-${index + 1}`) })))
      await runCommand(java, ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file])
    }
  })
  return nodes.map((index) => join(folder, `node-${index + 1}`))
}
