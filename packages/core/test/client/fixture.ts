import { Client, Id, type Note, type Payload } from "@creel/core"
import { spec } from "../worker/fixture.js"

/** A client that checks its invariants after every step. */
export class Bench {
  readonly state: Client.State
  now = 1_000
  constructor(config?: Partial<Client.Config>) {
    this.state = Client.make({ id: "c1", name: "me", config })
    this.step({ _tag: "LinkReset" })
  }

  step(...events: ReadonlyArray<Client.Event>): ReadonlyArray<Client.Command> {
    const commands = Client.step(this.state, events, this.now)
    const wrong = Client.check(this.state)
    if (wrong.length > 0) throw new Error(`${wrong.join("\n")}\nafter ${JSON.stringify(events)}`)
    return commands
  }

  after(millis: number): ReadonlyArray<Client.Command> {
    this.now += millis
    return this.step({ _tag: "Tick" })
  }

  row(key: string): Client.Row {
    const row = this.state.rows.get(key)
    if (row === undefined) throw new Error(`no row ${key}`)
    return row
  }

  /** Submits these, each wanted once; `b<a` needs `a`. */
  submit(...names: ReadonlyArray<string>): ReadonlyArray<Client.Command> {
    const specs = names.map((name) => {
      const [key, inputs] = name.split("<")
      return spec(key!, { inputs: inputs === undefined ? [] : inputs.split(",") })
    })
    return this.step({ _tag: "Submit", specs, wants: specs.map((one) => one.key), keep: [] })
  }

  stored(key: string, more?: Partial<Note.TaskStored>): ReadonlyArray<Client.Command> {
    return this.step({
      _tag: "Notes",
      notes: [{
        _tag: "TaskStored",
        key,
        want: this.row(key).want,
        value: Id.valueId(key, 1),
        digest: `d-${key}`,
        bytes: 100,
        type: "number",
        holders: ["w1", "w2"],
        inline: undefined,
        ...more
      }]
    })
  }
}

export const release = (key: string, count = 1, answer = false): Client.Event => ({
  _tag: "Release",
  keys: [key],
  count,
  answer
})

export const need = (key: string): Client.Event => ({ _tag: "Need", keys: [key] })

export const got = (key: string, payload: Payload.Payload, from = "w1", attempt = 1): Client.Event => ({
  _tag: "FetchEnded",
  value: Id.valueId(key, attempt),
  from,
  payload
})

export const told = (commands: ReadonlyArray<Client.Command>): ReadonlyArray<Note.FromClient> =>
  commands.flatMap((command) => command._tag === "Tell" ? [command.note] : [])

/** What the commands come to, short. */
export const short = (commands: ReadonlyArray<Client.Command>): ReadonlyArray<string> =>
  commands.flatMap((command) => {
    switch (command._tag) {
      case "Tell":
        return [`tell ${command.note._tag}`]
      case "Changed":
        return [`${command.row.key} ${command.status}`]
      case "Settled":
        return [
          `${command.row.key} settled ` +
          (command.outcome._tag === "Value" ? command.outcome.value : command.outcome.failure.reason)
        ]
      case "Refused":
        return [`${command.key} refused ${command.failure.reason}`]
      case "Fetch":
        return [`fetch ${command.value} from ${command.from}`]
      case "StopFetch":
        return [`stop ${command.value}`]
      case "DropOffer":
        return [`drop ${command.value}`]
      case "Ended":
        return [`${command.key} ended ${command.want}`]
    }
  })
