import { describe, expect, it } from 'vitest'
import { FirstContact } from './first-contact.ts'

describe('The first contact with a system outside', () => {
  it('is given up when nothing has answered for a while', () => {
    const contact = new FirstContact()
    expect(contact.givesUp(1_000)).toBe(false)
    expect(contact.givesUp(10_999)).toBe(false)
    expect(contact.givesUp(11_000)).toBe(true)
  })

  it('is waited for however long once there was an answer', () => {
    const contact = new FirstContact()
    contact.made()
    expect(contact.givesUp(0)).toBe(false)
    expect(contact.givesUp(1e9)).toBe(false)
  })
})
