/** Brings every dist up to date. Returns undefined, or what the compiler said. */
export declare const build: (options?: { readonly quiet?: boolean }) => string | undefined
