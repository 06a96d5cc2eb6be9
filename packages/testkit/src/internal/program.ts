/**
 * What a running task does as a client: it submits its children and waits for them. It belongs to the attempt and ends
 * with it.
 *
 * @since 0.1.0
 */
import type { Attempt } from "@creel/core/Id"
import type { Spec } from "@creel/core/Spec"
import { ClientPeer, textOfOutcome, type User } from "./clientPeer.js"
import { checkFailure } from "./judge.js"
import type { Work } from "./model.js"
import type { World } from "./world.js"
import { Wrong } from "./wrong.js"

export class Program implements User {
  readonly client: ClientPeer
  /** The children's values, in order; undefined for one that failed, or has not answered. */
  readonly answers: Array<string | undefined>
  private readonly settledKeys = new Set<string>()
  ended_ = false
  constructor(
    readonly world: World,
    node: string,
    readonly attempt: Attempt,
    readonly children: ReadonlyArray<Work>,
    readonly done: () => void
  ) {
    this.answers = children.map(() => undefined)
    this.client = new ClientPeer(world, world.clientId(), node, this)
    world.clients.set(this.client.id, this.client)
    world.model.pardon()
    const keys = children.map((x) => x.key)
    this.client.tell(
      {
        _tag: "Submit",
        specs: children.map((x) => x.spec).filter((x): x is Spec => x !== undefined).map((spec) => ({
          ...spec,
          parent: attempt
        })),
        wants: keys,
        keep: []
      },
      { _tag: "Need", keys }
    )
  }
  settled({ outcome, row }: Parameters<User["settled"]>[0]): void {
    const i = this.children.findIndex((x) => x.key === row.key)
    const child = this.children[i]
    if (child === undefined) throw new Wrong("settled", `${this.client.id} never asked for ${row.key}`, [row.key])
    const text = textOfOutcome(outcome)
    const { model } = this.world
    if (outcome._tag === "Failure" && outcome.failure.reason === "ClusterClosed" && this.ended_) return
    if (outcome._tag === "Value") model.checkValue(child.digest, text ?? "", this.client.id)
    else checkFailure({ model, client: this.client.id, of: child, failure: outcome.failure })
    if (this.settledKeys.has(row.key)) return
    this.settledKeys.add(row.key)
    this.answers[i] = text
    if (this.settledKeys.size === new Set(this.children.map((x) => x.key)).size) this.done()
  }
  refused({ failure, key }: Parameters<User["refused"]>[0]): void {
    if (!this.ended_) throw new Wrong("refused", `${this.client.id} was refused ${key}: ${failure.detail}`, [key])
  }
  ended(): void {}

  /** The attempt is over: so is what it wanted. */
  end(): void {
    if (this.ended_) return
    this.ended_ = true
    this.world.programs.delete(this)
    this.client.close()
    this.world.clientCloses(this.client)
  }
  /** The executor went. Whoever looks after it says so to the scheduler, sooner or later. */
  crash(): void {
    if (this.ended_) return
    this.ended_ = true
    this.world.programs.delete(this)
    this.world.clientDies(this.client)
  }
}
