/** Tests of topologies without a log, a server or a timer: records in, records and stores out. */
export { TestInputTopic, type PipeOptions } from './test-input-topic.ts'
export { TestOutputTopic, type TestRecord } from './test-output-topic.ts'
export { TopologyTestDriver, type TestSerdes, type TopologyTestDriverOptions } from './topology-test-driver.ts'
