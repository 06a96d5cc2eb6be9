import * as ClusterError from "@creel/cluster/ClusterError"
import { assert, describe, it } from "@effect/vitest"

describe("ClusterError", () => {
  it("says what happened, where, and what to do", () => {
    const error = new ClusterError.ClusterError({
      reason: "NotSecured",
      address: "0.0.0.0:7000",
      detail: "it is not loopback, and there are no credentials."
    })
    assert.strictEqual(
      error.message,
      "NotSecured: 0.0.0.0:7000: it is not loopback, and there are no credentials. " +
        "What to do: give the cluster credentials (`security`), or listen on 127.0.0.1."
    )
    assert.isTrue(ClusterError.isClusterError(error))
    assert.isFalse(ClusterError.isClusterError({ _tag: "ClusterError" }))
  })
})
