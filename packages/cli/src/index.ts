/**
 * Creel from the command line.
 *
 * @since 0.1.0
 */

/**
 * The command line itself.
 *
 * @since 0.1.0
 */
export * as Cli from "./Cli.js"

/**
 * What can go wrong on a command line.
 *
 * @since 0.1.0
 */
export * as CliError from "./CliError.js"

/**
 * Where the commands print.
 *
 * @since 0.1.0
 */
export * as Output from "./Output.js"

/**
 * What the commands print, as lines made from data.
 *
 * @since 0.1.0
 */
export * as Render from "./Render.js"
