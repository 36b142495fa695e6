import { join } from 'node:path'
import { findProgram, runCommand } from '../process/index.ts'
import { ServerError } from '../server-error.ts'
import { copyMavenJars, notice, toolFolder } from '../tools/index.ts'

const KAFKA_VERSION = '4.3.0'
const OLDEST_JAVA = 17

/** What starts a Kafka broker: a Java and the class path. */
export interface KafkaDistribution {
  readonly java: string
  readonly classPath: string
  readonly version: string
}

/**
 * Kafka's jars from Maven Central under .tools/, fetched at the first call.
 *
 * @throws ServerError SERVER_UNAVAILABLE without Java 17 or Maven
 */
export async function kafkaDistribution(): Promise<KafkaDistribution> {
  const java = await findJava()
  const folder = await toolFolder(`kafka-${KAFKA_VERSION}`, async (partial) => {
    notice(`Fetching Kafka ${KAFKA_VERSION} from Maven Central into .tools/ (45 MB, once)`)
    await copyMavenJars(
      [
        { group: 'org.apache.kafka', artifact: 'kafka_2.13', version: KAFKA_VERSION },
        { group: 'org.slf4j', artifact: 'slf4j-simple', version: '1.7.36' },
      ],
      partial,
    )
  })
  return { java, classPath: join(folder, 'libs', '*'), version: KAFKA_VERSION }
}

async function findJava(): Promise<string> {
  const advice = `Install Java ${OLDEST_JAVA} or newer (Debian: apt-get install openjdk-17-jre-headless), or set KAFKA_BROKERS to brokers you have.`
  const home = process.env['JAVA_HOME']
  const java = home ? join(home, 'bin', 'java') : findProgram('java')
  if (java === null) throw new ServerError('SERVER_UNAVAILABLE', `Java is not on the PATH, and Kafka needs it. ${advice}`)
  const banner = await runCommand(java, ['--version']).catch(() => '') // Java 8 does not know --version
  const version = Number(/^\S+ (\d+)/.exec(banner)?.[1] ?? 0)
  if (version < OLDEST_JAVA) {
    const found = banner === '' ? 'does not say its version' : `is ${banner.split('\n')[0]}`
    throw new ServerError('SERVER_UNAVAILABLE', `${java} ${found}, and Kafka needs Java ${OLDEST_JAVA}. ${advice}`)
  }
  return java
}
