/** The lanes of the task stream as they stand below each other, and which rectangles each has. */
import type { Lane } from "../fold/lanes.js"
import type { Store, Worker } from "../fold/store.js"

/** Numbers of the rectangles in one lane, by their ends; what was written over is skipped from the front. */
class Numbers {
  list: Array<number> = []
  head = 0

  add(number: number): void {
    this.list.push(number)
  }

  forget(oldest: number): void {
    while (this.head < this.list.length && this.list[this.head]! < oldest) this.head++
    if (this.head > 4096 && this.head * 2 > this.list.length) {
      this.list = this.list.slice(this.head)
      this.head = 0
    }
  }
}

export interface Row {
  /** Of the store; -1 for a worker that has none yet. */
  readonly lane: number
  readonly worker: Worker
  readonly executor: string
  readonly moves: boolean
  /** Whether the lane above is another worker's. */
  readonly first: boolean
  y: number
  height: number
}

const natural = new Intl.Collator("en", { numeric: true })

export class StreamLanes {
  rows: Array<Row> = []
  /** What all rows take. */
  height = 0
  private readonly numbers: Array<Numbers> = []
  private next = 0
  private store: Store | undefined

  numbersOf(lane: number): Numbers {
    return this.numbers[lane] ??= new Numbers()
  }

  /** Sorts in what came since the last time. */
  read(store: Store): void {
    if (this.store !== store) {
      this.store = store
      this.numbers.length = 0
      this.next = 0
    }
    const { rects } = store
    for (let n = Math.max(this.next, rects.oldest); n < rects.next; n++) {
      this.numbersOf(rects.lane[n % rects.capacity]!).add(n)
    }
    this.next = rects.next
    for (const numbers of this.numbers) numbers?.forget(rects.oldest)
  }

  /** The rows that are seen, and their heights; `only`: one worker's. */
  arrange(store: Store, space: number, only: string | undefined): void {
    const byWorker = new Map<string, Array<{ readonly lane: number; readonly of: Lane }>>()
    store.lanes.forEach((of, lane) => {
      const numbers = this.numbers[lane]
      if (numbers === undefined || numbers.head >= numbers.list.length) return
      const list = byWorker.get(of[0])
      if (list === undefined) byWorker.set(of[0], [{ lane, of }])
      else list.push({ lane, of })
    })
    const rows: Array<Row> = []
    const workers = [...store.workers.list].sort((a, b) =>
      natural.compare(a.name, b.name) || natural.compare(a.id, b.id)
    )
    for (const worker of workers) {
      if (only !== undefined && worker.id !== only) continue
      this.ofWorker(rows, worker, byWorker.get(worker.id) ?? [])
    }
    this.rows = rows
    this.stretch(space)
  }

  private ofWorker(
    rows: Array<Row>,
    worker: Worker,
    lanes: Array<{ readonly lane: number; readonly of: Lane }>
  ): void {
    // Moves of values last: an empty executor.
    const rank = ({ of }: { readonly of: Lane }) => of[1] === "" ? 1 : 0
    lanes.sort((a, b) => rank(a) - rank(b) || natural.compare(a.of[1], b.of[1]) || a.of[2] - b.of[2])
    const computing = lanes.filter(({ of }) => of[1] !== "").length
    // Room for what runs before anything has ended.
    const running = Math.max(worker.gone === undefined ? 1 : 0, Math.min(worker.slots, worker.now.length))
    let first = true
    const push = (lane: number, executor: string, moves: boolean) => {
      rows.push({ lane, worker, executor, moves, first, y: 0, height: 0 })
      first = false
    }
    for (const { lane, of } of lanes.filter(({ of }) => of[1] !== "")) push(lane, of[1], false)
    for (let n = computing; n < running; n++) push(-1, "", false)
    for (const { lane } of lanes.filter(({ of }) => of[1] === "")) push(lane, "", true)
  }

  private stretch(space: number): void {
    const gaps = this.rows.reduce((sum, row, index) => sum + (row.first && index > 0 ? 1 : 0), 0)
    const weight = this.rows.reduce((sum, row) => sum + (row.moves ? 0.5 : 1), 0)
    const gap = 6
    const unit = Math.max(
      7,
      Math.min(Math.max(26, Math.min(96, space / 10)), Math.floor((space - gaps * gap) / Math.max(1, weight)))
    )
    let y = 0
    this.rows.forEach((row, index) => {
      if (row.first && index > 0) y += gap
      row.y = y
      row.height = row.moves ? Math.max(5, Math.round(unit / 2)) : unit
      y += row.height
    })
    this.height = y
  }
}
