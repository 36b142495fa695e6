import { describe, expect, it } from 'vitest'
import { driverOptions, mysqlOptions } from './index.ts'

describe('connection options', () => {
  it('a URL and its parts mean the same', () => {
    const wanted = { host: 'db.example', port: 3307, user: 'me@x', password: 'p/w', ssl: {} }
    expect(mysqlOptions.parse('mysql://me%40x:p%2Fw@db.example:3307/shop?ssl=true').source).toEqual(wanted)
    expect(mysqlOptions.parse({ ...wanted, ssl: true }).sink).toEqual(wanted)
  })

  it('two servers', () => {
    const { source, sink } = mysqlOptions.parse({ source: 'mysql://r@a', sink: { host: 'b', user: 'w' } })
    expect([source.host, source.port, sink.host, sink.user]).toEqual(['a', 3306, 'b', 'w'])
  })

  it.each([
    ['no url at all', 'not a URL'],
    ['postgres://u:secret@h', 'a URL of the kind postgres:'],
    ['mysql://u:secret@h?sll=true', "unknown parameter 'sll'"],
  ])('%s is refused, without its secrets', (url, message) => {
    const result = mysqlOptions.safeParse(url)
    expect(result.error?.message).toContain(message)
    expect(JSON.stringify(result.error)).not.toContain('secret')
  })

  it('an unknown key is named', () => {
    expect(mysqlOptions.safeParse({ host: 'h', user: 'u', passwort: 'secret' }).error?.message).toContain('passwort')
  })

  it('TLS checks the name of the host unless told not to', () => {
    const tls = (ssl: object | boolean): unknown => driverOptions(mysqlOptions.parse({ host: 'h', user: 'u', ssl }).source).ssl
    expect(tls(true)).toEqual({ rejectUnauthorized: true, verifyIdentity: true })
    expect(tls({ ca: 'PEM', verify: false })).toEqual({ ca: 'PEM', rejectUnauthorized: false, verifyIdentity: false })
    expect(tls(false)).toBeUndefined()
  })
})
