import { AssignerProtocol } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { assignmentUserData, encodeAssignment, encodeSubscription, subscriptionUserData } from './consumer-protocol.ts'

const userData = Buffer.from([1, 2, 3])

describe('the metadata of a consumer group', () => {
  it('carries our data, and is what other clients understand', () => {
    const subscription = encodeSubscription(['orders', 'payments'], userData)
    expect(subscriptionUserData(subscription)).toEqual(userData)
    expect(AssignerProtocol.MemberMetadata.decode(subscription)).toMatchObject({
      version: 1,
      topics: ['orders', 'payments'],
      userData,
    })
    const assignment = encodeAssignment(userData)
    expect(assignmentUserData(assignment)).toEqual(userData)
    expect(AssignerProtocol.MemberAssignment.decode(assignment)).toMatchObject({ version: 1, assignment: {}, userData })
  })

  it('is empty for a member that was left out', () => {
    expect(assignmentUserData(Buffer.alloc(0))).toEqual(Buffer.alloc(0))
  })
})
