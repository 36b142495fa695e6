import { run } from '@millrace/core'
import { joins } from './joins-topology.ts'

// The program that the test kills: environment in (APP_ID BROKERS STATE_DIR), runs until it is killed.

const { APP_ID = '', BROKERS = '', STATE_DIR = '' } = process.env
await run(joins(APP_ID), {
  kafka: { brokers: BROKERS.split(',') },
  appId: APP_ID,
  stateDir: STATE_DIR,
  commitInterval: 30,
  replicas: 1,
})
