import { run } from '@millrace/core'
import { wordcount } from './wordcount.ts'

// The program that the tests kill: environment in (APP_ID LINES COUNTS BROKERS STATE_DIR), runs until SIGTERM.

const { APP_ID = '', LINES = '', COUNTS = '', BROKERS = '', STATE_DIR = '' } = process.env
await run(wordcount(LINES, COUNTS), {
  kafka: { brokers: BROKERS.split(',') },
  appId: APP_ID,
  stateDir: STATE_DIR,
  commitInterval: 50,
  sessionTimeout: '6s',
  replicas: 1,
})
console.log('stopped')
