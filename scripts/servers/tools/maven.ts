import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, runCommand } from '../process/index.ts'
import { ServerError } from '../server-error.ts'

export interface MavenArtifact {
  readonly group: string
  readonly artifact: string
  readonly version: string
}

/**
 * Copies the jars of some Maven artifacts and of everything they depend on into a folder.
 *
 * @throws ServerError SERVER_UNAVAILABLE without Maven; SERVER_FETCH_FAILED with Maven's own message
 */
export async function copyMavenJars(artifacts: readonly MavenArtifact[], folder: string): Promise<void> {
  const maven = findProgram('mvn')
  if (maven === null)
    throw new ServerError(
      'SERVER_UNAVAILABLE',
      'Maven (`mvn`) is not on the PATH, and it is what fetches Kafka. Install it (Debian: apt-get install maven), or set KAFKA_BROKERS to brokers you have.',
    )
  await writeFile(join(folder, 'pom.xml'), pom(artifacts))
  await runCommand(maven, ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${join(folder, 'libs')}`], {
    cwd: folder,
  })
}

function pom(artifacts: readonly MavenArtifact[]): string {
  const dependencies = artifacts.map(
    ({ group, artifact, version }) =>
      `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  )
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId>
  <artifactId>server-jars</artifactId>
  <version>1</version>
  <dependencies>
${dependencies.join('\n')}
  </dependencies>
</project>
`
}
