/** What each command is for: in the overview, in its own help, in completions. */

export const summaries = {
  node:
    "Brings workers to a cluster, and carries its scheduler when that is put here: the first node makes the cluster. Told to end (SIGTERM, Ctrl-C) it hands over what it has; told twice, it ends at once.",
  status: "The cluster at a glance: its scheduler, who takes part, how far the work is.",
  workers: "The workers: what runs there, and what they hold.",
  tasks: "The tasks that somebody wants, by name: how many wait, run, are done.",
  top: "The cluster, live: drawn anew each second until Ctrl-C; without a terminal, printed again and again.",
  memory: "What is held where, in bytes: by worker, by task, and the largest values.",
  explain: "Why a task is where it is: what it waits for, where it runs, why it cannot.",
  story: "What the scheduler decided about a key or a worker, in order.",
  cancel: "Stops tasks and what depends on them, whoever wants them: their futures end as Cancelled. For operators.",
  retire:
    "Has a worker leave without losing anything: what runs may end, what only it holds goes to others. For operators.",
  restart:
    "Begins the scheduler anew, here or on another node: all who take part tell it what they want, hold and run. For operators.",
  secret: "Draws a new secret for a cluster (256 bits); or prints the key of one role, made from the secret.",
  certs:
    "Makes an authority of one's own in DIR, and certificates for all roles or for one. Again, it issues more of the same authority."
} as const
