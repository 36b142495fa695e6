import { afterAll, describe, inject, it } from 'vitest'
import { kafkaLog } from '../../../packages/core/src/log/kafka/index.ts'
import { logSuite } from '../../../packages/core/src/log/suite/index.ts'

logSuite({
  name: 'Kafka',
  runner: { describe, it, afterAll },
  supports: { deleteRecordsExact: true, acceptedValueBytes: 1_000_000, refusedValueBytes: 2_000_000 },
  open: async () => kafkaLog({ brokers: inject('kafkaBrokers') }),
})
