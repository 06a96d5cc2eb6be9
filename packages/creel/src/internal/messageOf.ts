/** What an error says. Anything can be thrown, also what does not turn into text. */
export const messageOf = (error: unknown): string => {
  try {
    // The type of a message is what most keep to.
    return error instanceof Error ? String(error.message) : String(error)
  } catch {
    return "an error that cannot be shown as text"
  }
}
