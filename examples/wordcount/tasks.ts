// What the threads can run: the words of a line, and what bags are computed by.
import { Bag } from "@creel/collections"
import { Task, TaskGroup } from "creel"

export const words = Task.sync(
  "words",
  (line: string): ReadonlyArray<string> => line.toLowerCase().match(/[a-z]+/g) ?? []
)

export default TaskGroup.make(words).merge(Bag.tasks)
