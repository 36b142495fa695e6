import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Connector } from '../connect/index.ts'
import type { MillraceError } from '../errors.ts'
import { resolveOptions } from './resolve-options.ts'

const mysql: Connector = { name: 'mysql', options: z.union([z.url(), z.strictObject({ uri: z.string() })]) }

/** Options as a program in JavaScript could give them. */
function problem(options: object, connectors: readonly Connector[] = []): string {
  try {
    resolveOptions('shop', options, connectors)
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    return (error as MillraceError).message
  }
  throw new Error('the options were accepted')
}

describe('options', () => {
  it('have defaults for everything but the log', () => {
    expect(resolveOptions('shop', { log: 'embedded' }, [])).toMatchObject({
      app: 'shop',
      guarantee: 'exactly-once',
      commitInterval: 100,
      maxTaskIdle: 0,
      partitions: 4,
      stateDir: '.millrace/shop',
    })
  })

  it('commit every 30 s under at-least-once, unless told otherwise', () => {
    expect(resolveOptions('shop', { log: 'embedded', guarantee: 'at-least-once' }, []).commitInterval).toBe(30_000)
    expect(resolveOptions('shop', { log: 'embedded', commitInterval: '2s' }, []).commitInterval).toBe(2_000)
  })

  it('name an unknown key and the one that was meant', () => {
    expect(problem({ log: 'embedded', comitInterval: 10 })).toContain(
      '"comitInterval" is no option (did you mean "commitInterval"?)',
    )
    expect(problem({ kafka: { brokers: ['a:1'], sasll: {} } })).toContain('"kafka.sasll" is no option (did you mean "sasl"?)')
  })

  it('list what is known when nothing is near', () => {
    expect(problem({ log: 'embedded', flux: 1 })).toMatch(/"flux" is no option \(known are log, kafka, .*logger\)/)
  })

  it('say which key has the wrong type, and what was expected', () => {
    expect(problem({ log: 'embedded', partitions: '4' })).toMatch(/"partitions": .*expected number, received string/)
    expect(problem({ log: 'embedded', commitInterval: 'soon' })).toContain('"commitInterval": expected a duration')
    expect(problem({ log: 'embeded' })).toContain(`"log": expected 'embedded'`)
    expect(problem({ kafka: { brokers: ['localhost'] } })).toContain('"kafka.brokers.0": expected "host:port"')
    expect(problem({ log: 'embedded', guarantee: 'twice' })).toContain('"guarantee"')
  })

  it('need exactly one log', () => {
    expect(problem({})).toContain('say where the log is')
    expect(problem({ log: 'embedded', kafka: { brokers: ['a:1'] } })).toContain('say where the log is')
  })

  it('need the options of each connector that the topology uses', () => {
    expect(problem({ log: 'embedded' }, [mysql])).toContain('"mysql"')
    expect(problem({ log: 'embedded', mysql: 7 }, [mysql])).toContain('"mysql"')
    expect(resolveOptions('shop', { log: 'embedded', mysql: 'mysql://x' } as object, [mysql]).connectors.get('mysql')).toBe(
      'mysql://x',
    )
  })

  it('never repeat a secret', () => {
    const secret = 'hunter2'
    expect(problem({ kafka: { brokers: ['a:1'], sasl: { password: secret } }, logger: secret })).not.toContain(secret)
  })
})
