/** Brings dist up to date: all of it, or that of some workspaces. Returns undefined, or what the compiler said. */
export declare const build: (options?: {
  readonly only?: ReadonlyArray<string>
  readonly quiet?: boolean
}) => string | undefined

/** The repository's folder. */
export declare const root: string
