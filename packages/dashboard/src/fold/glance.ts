/** What the fold reads: the answers that a scheduler gives to those who look on. */
import type * as Door from "creel/Door"
import type * as Observe from "creel/Observe"

export type Glance = Observe.Glance
export type ActivityBatch = Observe.ActivityBatch
export type KeyView = Observe.KeyView
export type StoryLine = Door.StoryLine
export type GraphView = Observe.GraphView
export type Tree = Observe.Tree
export type Profile = Observe.Profile
export type CallTree = Observe.CallTree
export type WorkerGlance = Glance["workers"][number]
export type GroupGlance = Glance["groups"][number]
export type Entry = Glance["entries"][number]
