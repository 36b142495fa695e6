import { kafkaLog } from '@millrace/core'

// Commits one transaction, sends records of another one, and waits to be killed.

const { KAFKA_BROKERS = '', TOPIC = '', TRANSACTIONAL_ID = '' } = process.env
const log = kafkaLog({ brokers: KAFKA_BROKERS.split(',') })
const writer = await log.openWriter({ name: 'killed', transactionalId: TRANSACTIONAL_ID })
await writer.prepare([TOPIC])
writer.append(TOPIC, 0, Date.now(), null, 'committed')
await writer.commit()
writer.append(TOPIC, 0, Date.now(), null, 'left open')
await writer.flush()
console.log('transaction is open')
setInterval(() => {}, 1000)
