/** Jobs in the order in which they arrived. What is taken leaves a gap in front that is closed now and then. */
import type * as Id from "@creel/core/Id"
import type { Job } from "../Executor.js"

const gapMax = 1024

export class JobQueue {
  private jobs: Array<Job> = []
  /** What is before it was taken. */
  private head = 0

  get isEmpty(): boolean {
    return this.head === this.jobs.length
  }

  push(job: Job): void {
    this.jobs.push(job)
  }

  shift(): Job | undefined {
    if (this.isEmpty) return undefined
    const job = this.jobs[this.head++]
    if (this.isEmpty) this.clear()
    else if (this.head > gapMax && this.head * 2 > this.jobs.length) {
      this.jobs = this.jobs.slice(this.head)
      this.head = 0
    }
    return job
  }

  has(attempt: Id.Attempt): boolean {
    return this.indexOf(attempt) >= 0
  }

  /** False if it is not here. */
  remove(attempt: Id.Attempt): boolean {
    const index = this.indexOf(attempt)
    if (index < 0) return false
    this.jobs.splice(index, 1)
    return true
  }

  clear(): void {
    this.jobs = []
    this.head = 0
  }

  private indexOf(attempt: Id.Attempt): number {
    for (let i = this.head; i < this.jobs.length; i++) if (this.jobs[i]!.attempt === attempt) return i
    return -1
  }
}
