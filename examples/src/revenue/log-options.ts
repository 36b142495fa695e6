/** Where the log is, from the environment: Kafka when KAFKA_BROKERS is set, else the embedded log in the state folder. */
export function logOptions(
  environment: Readonly<Record<string, string | undefined>>,
): { readonly log: 'embedded' } | { readonly kafka: { readonly brokers: string[] } } {
  const brokers = environment['KAFKA_BROKERS']
  return brokers === undefined || brokers === '' ? { log: 'embedded' } : { kafka: { brokers: brokers.split(',') } }
}
