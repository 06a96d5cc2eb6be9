/**
 * The handles of a row, kept in the row itself: one alone as it is, several in an array. Nearly every key has one.
 */
import type * as Machine from "@creel/core/Client"
import type { Handle } from "./handle.js"

type AnyHandle = Handle<any, any>

const none: ReadonlyArray<AnyHandle> = []

/** A list that does not change while it is walked. */
export const list = (row: Machine.Row): ReadonlyArray<AnyHandle> => {
  const handles = row.handles as AnyHandle | Array<AnyHandle> | undefined
  return handles === undefined ? none : Array.isArray(handles) ? handles.slice() : [handles]
}

/** The only one, where there is only one. */
export const single = (row: Machine.Row): AnyHandle | undefined => {
  const handles = row.handles as AnyHandle | Array<AnyHandle> | undefined
  return Array.isArray(handles) ? undefined : handles
}

export const any = (row: Machine.Row): boolean => row.handles !== undefined

export const add = (row: Machine.Row, handle: AnyHandle): void => {
  if (row.handles === undefined) row.handles = handle
  else if (Array.isArray(row.handles)) row.handles.push(handle)
  else row.handles = [row.handles, handle]
}

export const remove = (row: Machine.Row, handle: AnyHandle): void => {
  if (row.handles === handle) row.handles = undefined
  else if (Array.isArray(row.handles)) {
    const index = row.handles.indexOf(handle)
    if (index >= 0) row.handles.splice(index, 1)
    if (row.handles.length === 0) row.handles = undefined
  }
}
