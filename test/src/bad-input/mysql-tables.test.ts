import { startMysql } from '@millrace/scripts/servers'
import { describe, expect, it } from 'vitest'
import { PaymentShop } from './payment-shop.ts'

describe('A table that cannot be read exactly stops the app before anything is read', () => {
  it('without a primary key: the statement that gives it one is in the message, and helps', async () => {
    await using shop = await PaymentShop.open({ table: 'id BIGINT NOT NULL' })
    await shop.pay(1, 20)
    const { exitCode, failure } = await shop.refusal({})
    expect(exitCode).toBe(1)
    expect(failure.code).toBe('MYSQL_NO_PRIMARY_KEY')
    const add = `ALTER TABLE \`${shop.database.name}\`.\`payments\` ADD PRIMARY KEY (…);`
    expect(failure.error).toContain(`${shop.database.name}.payments has no primary key, so its rows cannot be told apart`)
    expect(failure.error).toContain(add)
    await shop.sql(add.replace('…', 'id'))
    await shop.catchUp()
  })

  it('on a server without row-based binlog: the statement that sets it is in the message, and helps', async () => {
    const server = await startMysql()
    try {
      await using shop = await PaymentShop.open({ mysql: server.url })
      await shop.pay(1, 20)
      await shop.catchUp()
      await shop.pay(21, 40)
      await shop.sql('SET GLOBAL binlog_format = STATEMENT')
      const { exitCode, failure } = await shop.refusal({})
      expect(exitCode).toBe(1)
      expect(failure.code).toBe('MYSQL_BINLOG_FORMAT')
      // The source and the sink meet it at the same time; whoever is first says so.
      expect(failure.error).toMatch(
        /binlog_format is STATEMENT: changes are logged as statements, not as rows|its server logs changes as statements/,
      )
      const mend = /Run: (SET PERSIST binlog_format = ROW;)/.exec(failure.error ?? '')?.[1]
      expect(mend).toBeDefined()
      await shop.sql(mend as string)
      await shop.catchUp()
    } finally {
      await server.stop()
    }
  })
})
