/** The scenario needs something that the DSL does not have. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
  readonly feature: string

  constructor(feature: string) {
    super(`The DSL has no ${feature}`)
    this.feature = feature
  }
}
